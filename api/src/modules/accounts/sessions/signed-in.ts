import type { FastifyInstance } from 'fastify';
import { ACCESS_TOKEN_SECONDS } from '../../../access/access-tokens.ts';
import { signAccessToken } from '../../../plugins/authentication.ts';
import type { UserRow } from '../people/queries.ts';
import { presentUser } from '../people/schemas.ts';

/** What whoever signs in is answered, in whichever way that was. */
export const answerSignedIn = async (app: FastifyInstance, user: UserRow) => ({
  accessToken: await signAccessToken(app, user),
  expiresIn: ACCESS_TOKEN_SECONDS,
  user: presentUser(user),
});
