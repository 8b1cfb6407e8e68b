import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../../config.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { requireAdminNow } from '../../../access/admin-rights.ts';
import { callerOf } from '../../../access/caller.ts';
import { addressScope } from '../../../plugins/rate-limit.ts';
import { ref } from '../../../schemas.ts';
import { userId } from '../people/schemas.ts';
import { accessLinkOf, giveAccessLink, requireAccessLink, resetPassword } from './access-links.ts';
import { ownOrigin, requireSameOrigin } from '../sessions/same-origin.ts';
import {
  accessLink,
  knownLink,
  linkToken,
  noAnswerKept,
  passwordReset,
  signedIn,
} from '../sessions/schemas.ts';
import { setDeviceCookie } from '../sessions/device-cookie.ts';
import { setSessionCookie } from '../sessions/session.ts';
import { answerSignedIn } from '../sessions/signed-in.ts';

const tags = ['auth'];

/** Access links: given by administrators, opened by those who have no password, or have lost it. */
export function accessLinkRoutes(fastify: FastifyInstance, { config }: { config: Config }): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/api/v1/users/:id/access-link',
    {
      config: { access: 'admin', problems: ['not-found', 'conflict'] },
      schema: {
        tags: ['users'],
        operationId: 'giveAccessLink',
        summary: 'Give an access link: to set a password',
        description:
          'For who was invited and has no password, and for who is locked out. The link works once, for 7 days, and ends the one ' +
          'before. It is in this answer alone: give it to the person it is for, and to nobody else.',
        params: userId,
        headers: noAnswerKept,
        response: { 201: ref(accessLink) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { token, expiresAt } = await inTransaction(app.db, async (trx) => {
        await requireAdminNow(trx, caller); // The body may have taken minutes to arrive.
        return giveAccessLink(trx, request.params.id, caller.id);
      });
      request.log.info({ account: request.params.id }, 'gave an access link');
      const link = accessLinkOf(ownOrigin(request, config), token);
      return reply.code(201).send({ link, expiresAt: expiresAt.toISOString() });
    },
  );

  app.post(
    '/api/v1/auth/password/reset/check',
    {
      config: { access: 'public', ratePolicy: 'login', problems: ['link-not-valid'] },
      schema: {
        tags,
        operationId: 'checkAccessLink',
        summary: 'Whether an access link works, and for which account',
        description: 'Does not use it up.',
        security: [],
        body: linkToken,
        response: { 200: ref(knownLink) },
      },
    },
    async (request) => {
      const address = addressScope(request.ip);
      const link = await requireAccessLink(app.db, request.body.token, address, config.rateLimitScale);
      const { email, name, expiresAt } = link;
      return { email, name, expiresAt: expiresAt.toISOString() };
    },
  );

  app.post(
    '/api/v1/auth/password/reset',
    {
      config: { access: 'public', ratePolicy: 'login', problems: ['link-not-valid', 'forbidden'] },
      schema: {
        tags,
        operationId: 'resetPassword',
        summary: 'Set a password by an access link, and sign in',
        description:
          '`token` is what follows the # of the link. Confirms the account and ends all its other sessions. Works once: of two at ' +
          'once, one is refused. A link that does not work any more answers 410 with `reason`: `link-used`, `link-expired`, ' +
          '`link-unknown` or `link-disabled`. Only for pages of the same origin, since it sets the session cookie.',
        security: [],
        headers: noAnswerKept,
        body: passwordReset,
        response: { 200: ref(signedIn) },
      },
    },
    async (request, reply) => {
      requireSameOrigin(request, config);
      const use = {
        ...request.body,
        address: addressScope(request.ip),
        userAgent: request.headers['user-agent'] ?? null,
      };
      const { user, token, device } = await resetPassword(app.db, use, config.rateLimitScale);
      setSessionCookie(reply, token, config);
      setDeviceCookie(reply, device, config);
      return answerSignedIn(app, user);
    },
  );
}
