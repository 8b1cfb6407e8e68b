import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../../config.ts';
import { jsonAnswer } from '../../../answers/answer.ts';
import { callerOf } from '../../../access/caller.ts';
import { write, writeWithPassword } from '../../../answers/idempotency.ts';
import { addressScope } from '../../../plugins/rate-limit.ts';
import { Problem } from '../../../problems.ts';
import { ageKey, readAgeCursor, ref, toPage } from '../../../schemas.ts';
import { hashPassword, requireGoodPassword } from '../sessions/passwords.ts';
import { isPasswordOf } from '../sessions/sign-in.ts';
import { changeUser, createUser } from './change.ts';
import { foldEmailPrefix, requireEmail } from '../../../email.ts';
import { findUser, listUsers } from './queries.ts';
import { listQuery, newUser, presentUser, userChanges, userId, userPage, userSchema } from './schemas.ts';

const tags = ['users'];

export function userRoutes(fastify: FastifyInstance, { config }: { config: Config }): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/v1/users',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'listUsers',
        summary: 'List accounts, newest first',
        querystring: listQuery,
        response: { 200: ref(userPage) },
      },
    },
    async (request) => {
      const { limit, cursor, q, ...filter } = request.query;
      const rows = await listUsers(app.db, {
        emailPrefix: q === undefined ? undefined : foldEmailPrefix(q),
        ...filter,
        after: readAgeCursor(cursor),
        limit: limit + 1,
      });
      return toPage(rows, limit, presentUser, ageKey);
    },
  );

  app.post(
    '/api/v1/users',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'createUser',
        summary: 'Create an account',
        description:
          'Without a password it cannot sign in before it is given an access link; your own backend can act for it.',
        body: newUser,
        response: { 201: ref(userSchema) },
      },
    },
    async (request, reply) => {
      const { password, name, role } = request.body;
      const email = requireEmail(request.body.email);
      return writeWithPassword(request, reply, {
        async prepare() {
          if (password === undefined) return null;
          requireGoodPassword(password, email, '/password');
          return hashPassword(password, { name: callerOf(request).id, isKnown: true });
        },
        async work(trx, passwordHash) {
          const user = await createUser(trx, {
            email,
            name: name?.trim(),
            role,
            passwordHash,
            confirmed: true,
          });
          return jsonAnswer(201, presentUser(user), `/api/v1/users/${user.id}`);
        },
        async fits() {
          if (password === undefined) return true;
          const guess = { email, password, address: addressScope(request.ip) };
          return isPasswordOf(app.db, guess, config.rateLimitScale);
        },
      });
    },
  );

  app.get(
    '/api/v1/users/:id',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'getUser',
        summary: 'Read an account',
        params: userId,
        response: { 200: ref(userSchema) },
      },
    },
    async (request) => {
      const user = await findUser(app.db, request.params.id);
      if (!user) throw new Problem('not-found', 'no-such-user');
      return presentUser(user);
    },
  );

  app.patch(
    '/api/v1/users/:id',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'changeUser',
        summary: 'Change the role or name of an account, confirm or disable it',
        description:
          'Changes the fields that are given. Disabling an account, or taking the role of ADMIN from it, ends its sessions; ' +
          'what it does as ADMIN is refused at once, all else within 15 minutes. The last enabled ADMIN stays: 409.',
        params: userId,
        body: userChanges,
        response: { 200: ref(userSchema) },
      },
    },
    async (request, reply) =>
      write(request, reply, async (trx) =>
        jsonAnswer(200, presentUser(await changeUser(trx, request.params.id, request.body))),
      ),
  );
}
