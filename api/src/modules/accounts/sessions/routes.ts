import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import type { Config } from '../../../config.ts';
import { jsonAnswer } from '../../../answers/answer.ts';
import { callerOf } from '../../../access/caller.ts';
import { writeWithPassword } from '../../../answers/idempotency.ts';
import { addressScope } from '../../../plugins/rate-limit.ts';
import { Problem } from '../../../problems.ts';
import { ref } from '../../../schemas.ts';
import { createUser } from '../people/change.ts';
import { requireEmail } from '../../../email.ts';
import { findUser } from '../people/queries.ts';
import { presentUser, userSchema } from '../people/schemas.ts';
import { preparePassword, storePassword } from './change-password.ts';
import { readDeviceCookie, setDeviceCookie } from './device-cookie.ts';
import { hashPassword, requireGoodPassword } from './passwords.ts';
import { endSession } from './queries.ts';
import { requireSameOrigin } from './same-origin.ts';
import {
  credentials,
  keySet,
  noAnswerKept,
  passwordChange,
  registration,
  signedIn,
  signInOptions,
} from './schemas.ts';
import {
  clearSessionCookie,
  hashToken,
  readSessionCookie,
  refreshSession,
  setSessionCookie,
} from './session.ts';
import { answerSignedIn } from './signed-in.ts';
import { isPasswordOf, refuseInCrowd, signIn, strangerAt } from './sign-in.ts';

const tags = ['auth'];

export function authRoutes(fastify: FastifyInstance, { config }: { config: Config }): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();
  const strangerOf = (request: FastifyRequest) =>
    strangerAt(addressScope(request.ip), readDeviceCookie(request));
  const refuseCrowd = (request: FastifyRequest, _reply: FastifyReply, done: () => void) => {
    refuseInCrowd(strangerOf(request), config.rateLimitScale);
    done();
  };

  app.get(
    '/api/v1/auth/options',
    {
      config: { access: 'public' },
      schema: {
        tags,
        operationId: 'getSignInOptions',
        summary: 'How one gets in here',
        description: 'For a page that lets people sign in.',
        security: [],
        response: { 200: ref(signInOptions) },
      },
    },
    async () => ({ registration: config.registration }),
  );

  app.post(
    '/api/v1/auth/register',
    {
      config: { access: 'public', ratePolicy: 'register', problems: ['forbidden'] },
      onRequest: refuseCrowd,
      schema: {
        tags,
        operationId: 'register',
        summary: 'Make an account of your own',
        description:
          'With the role USER. It does not sign in: follow with `/auth/login`. A taken e-mail answers 409. Where registration is ' +
          'closed (see `/auth/options`) it answers 403: there an administrator makes accounts and gives access links.',
        body: registration,
        response: { 201: ref(userSchema) },
      },
    },
    async (request, reply) => {
      if (config.registration === 'closed') {
        throw new Problem('forbidden', 'registration-closed');
      }
      const { password, name } = request.body;
      const email = requireEmail(request.body.email);
      const address = addressScope(request.ip);
      return writeWithPassword(request, reply, {
        prepare() {
          requireGoodPassword(password, email, '/password');
          return hashPassword(password, strangerOf(request));
        },
        async work(trx, passwordHash) {
          const user = await createUser(trx, { email, name: name?.trim(), passwordHash, confirmed: false });
          return jsonAnswer(201, presentUser(user), '/api/v1/auth/me');
        },
        fits: () => isPasswordOf(app.db, { email, password, address }, config.rateLimitScale),
      });
    },
  );

  app.post(
    '/api/v1/auth/login',
    {
      config: { access: 'public', ratePolicy: 'login', problems: ['unauthenticated', 'forbidden'] },
      onRequest: refuseCrowd,
      schema: {
        tags,
        operationId: 'login',
        summary: 'Sign in with e-mail and password',
        description:
          'Answers an access token and sets the session cookie. Too many failures answer 429, for any e-mail alike; ' +
          'an address or a device (a cookie that is set here) from which the account was signed in to is not stopped by the ' +
          'failures of others, and does not wait for them.',
        headers: noAnswerKept,
        body: credentials,
        response: { 200: ref(signedIn) },
      },
    },
    async (request, reply) => {
      requireSameOrigin(request, config);
      const attempt = {
        ...request.body,
        address: addressScope(request.ip),
        device: readDeviceCookie(request),
        userAgent: request.headers['user-agent'] ?? null,
      };
      const { user, token, device } = await signIn(app.db, attempt, config.rateLimitScale);
      setSessionCookie(reply, token, config);
      setDeviceCookie(reply, device, config);
      return answerSignedIn(app, user);
    },
  );

  app.post(
    '/api/v1/auth/refresh',
    {
      config: { access: 'public', problems: ['unauthenticated', 'forbidden'] },
      schema: {
        tags,
        operationId: 'refresh',
        summary: 'Get the next access token',
        description:
          'By the session cookie, which it replaces. The cookie before still works for a minute, so that two tabs and ' +
          'repeats after a lost answer are fine; after that its use ends the session. Only for pages of the same origin.',
        security: [{ session: [] }],
        headers: noAnswerKept,
        response: { 200: ref(signedIn) },
      },
    },
    async (request, reply) => {
      requireSameOrigin(request, config);
      const token = readSessionCookie(request);
      const refreshed =
        token === null ? ({ outcome: 'refused' } as const) : await refreshSession(app.db, token);
      if (refreshed.outcome === 'reused') {
        request.log.warn(
          { user: refreshed.user.id },
          'a replaced session token came back: the session has been ended',
        );
      }
      if (refreshed.outcome !== 'refreshed') throw new Problem('unauthenticated', 'no-session');
      setSessionCookie(reply, refreshed.token, config);
      return answerSignedIn(app, refreshed.user);
    },
  );

  app.post(
    '/api/v1/auth/logout',
    {
      config: { access: 'public', problems: ['forbidden'] },
      schema: {
        tags,
        operationId: 'logout',
        summary: 'Sign out',
        description:
          'Ends the session of the cookie, if there is one. An access token that is out works until it expires. ' +
          'Only for pages of the same origin.',
        security: [{ session: [] }],
        headers: noAnswerKept,
        response: { 204: Type.Null({ description: 'signed out' }) },
      },
    },
    async (request, reply) => {
      requireSameOrigin(request, config);
      const token = readSessionCookie(request);
      if (token !== null) await endSession(app.db, hashToken(token));
      clearSessionCookie(reply, config);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/api/v1/auth/me',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'getMe',
        summary: 'The account that is signed in',
        response: { 200: ref(userSchema) },
      },
    },
    async (request) => {
      const user = await findUser(app.db, callerOf(request).id);
      if (!user || user.disabledAt) throw new Problem('unauthenticated');
      return presentUser(user);
    },
  );

  app.post(
    '/api/v1/auth/password',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'changePassword',
        summary: 'Change your password',
        description: 'Ends all other sessions of the account; without the session cookie, all.',
        body: passwordChange,
        response: { 204: Type.Null({ description: 'changed' }) },
      },
    },
    async (request, reply) => {
      const { id: userId } = callerOf(request);
      const address = addressScope(request.ip);
      const { newPassword } = request.body;
      return writeWithPassword(request, reply, {
        prepare: () => preparePassword(app.db, { ...request.body, userId, address }, config.rateLimitScale),
        async work(trx, hashes) {
          await storePassword(trx, userId, hashes, readSessionCookie(request));
          return jsonAnswer(204, undefined);
        },
        async fits() {
          const { email } = (await findUser(app.db, userId))!;
          const guess = { email: email!, password: newPassword, address };
          return isPasswordOf(app.db, guess, config.rateLimitScale);
        },
      });
    },
  );

  app.get(
    '/.well-known/jwks.json',
    {
      config: { access: 'public' },
      schema: {
        tags,
        operationId: 'getKeySet',
        summary: 'Public keys of access tokens',
        description:
          'So that any service verifies them without asking: ES256, `typ` at+jwt, `iss` and `aud` coupon-book.',
        security: [],
        response: { 200: ref(keySet) },
      },
    },
    async (_request, reply) => {
      reply.header('cache-control', 'public, max-age=60');
      return { keys: await app.accessTokens.publicKeys() };
    },
  );
}
