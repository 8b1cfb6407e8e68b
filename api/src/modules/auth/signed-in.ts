import type { FastifyInstance } from 'fastify';
import { ACCESS_TOKEN_SECONDS } from '../../plugins/access-tokens.ts';
import { signAccessToken } from '../../plugins/authentication.ts';
import type { UserRow } from '../users/queries.ts';
import { presentUser } from '../users/schemas.ts';

/** What whoever signs in is answered, in whichever way that was. */
export const answerSignedIn = async (app: FastifyInstance, user: UserRow) => ({
  accessToken: await signAccessToken(app, user),
  expiresIn: ACCESS_TOKEN_SECONDS,
  user: presentUser(user),
});
