import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../../config.ts';
import { jsonAnswer } from '../../../answers/answer.ts';
import { callerOf } from '../../../access/caller.ts';
import { write, writeWithPassword } from '../../../answers/idempotency.ts';
import { addressScope } from '../../../plugins/rate-limit.ts';
import { type Place, Problem } from '../../../problems.ts';
import { ageKey, readAgeCursor, ref, toPage } from '../../../schemas.ts';
import { hashPassword, requireGoodPassword } from '../sessions/passwords.ts';
import { isPasswordOf } from '../sessions/sign-in.ts';
import { changeUser, createUser, saveUserOfExternalId } from './change.ts';
import { requireExternalId } from './external-ids.ts';
import { foldEmailPrefix, requireEmail } from '../../../email.ts';
import { findUser, findUserByExternalId, listUsers } from './queries.ts';
import {
  byExternalId,
  listQuery,
  newUser,
  presentUser,
  userChanges,
  userId,
  userOfExternalId,
  userPage,
  userSchema,
} from './schemas.ts';

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
        begins: q === undefined ? undefined : { email: foldEmailPrefix(q), externalId: q.trim() },
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
      const externalId = readExternalId(request.body.externalId) ?? undefined;
      return writeWithPassword(request, reply, {
        async prepare() {
          if (password === undefined) return null;
          requireGoodPassword(password, email, '/password');
          return hashPassword(password, { name: callerOf(request).id, isKnown: true });
        },
        async work(trx, passwordHash) {
          const user = await createUser(trx, {
            email,
            externalId,
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
        summary: 'Change the role, name or external id of an account, confirm or disable it',
        description:
          'Changes the fields that are given. Disabling an account, or taking the role of ADMIN from it, ends its sessions; ' +
          'what it does as ADMIN is refused at once, all else within 15 minutes. The last enabled ADMIN stays: 409.',
        params: userId,
        body: userChanges,
        response: { 200: ref(userSchema) },
      },
    },
    async (request, reply) => {
      readExternalId(request.body.externalId);
      return write(request, reply, async (trx) =>
        jsonAnswer(200, presentUser(await changeUser(trx, request.params.id, request.body))),
      );
    },
  );

  app.get(
    '/api/v1/users/by-external-id/:externalId',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'getUserByExternalId',
        summary: 'Read the account of an external id',
        params: byExternalId,
        response: { 200: ref(userSchema) },
      },
    },
    async (request) => {
      const user = await findUserByExternalId(app.db, requireExternalId(request.params.externalId, inPath));
      if (!user) throw new Problem('not-found', 'no-such-user');
      return presentUser(user);
    },
  );

  app.put(
    '/api/v1/users/by-external-id/:externalId',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'saveUserByExternalId',
        summary: 'Create or change the account of an external id',
        description:
          'Creates the account if no account has this external id; then `email` is required. Otherwise changes the fields that are ' +
          'given. An e-mail that another account has is refused: give that account the external id with PATCH /users/{id}.',
        params: byExternalId,
        body: userOfExternalId,
        response: { 200: ref(userSchema), 201: ref(userSchema) },
      },
    },
    async (request, reply) => {
      const externalId = requireExternalId(request.params.externalId, inPath);
      const { email, ...changes } = request.body;
      const fields = { ...changes, email: email === undefined ? undefined : requireEmail(email) };
      return write(request, reply, async (trx) => {
        const { user, isNew } = await saveUserOfExternalId(trx, externalId, fields);
        return isNew
          ? jsonAnswer(201, presentUser(user), `/api/v1/users/${user.id}`)
          : jsonAnswer(200, presentUser(user));
      });
    },
  );
}

const inPath: Place = { in: 'path', pointer: '/externalId' };

/** Of a body, where it may be missing. */
const readExternalId = (text: string | null | undefined) =>
  typeof text === 'string' ? requireExternalId(text, { in: 'body', pointer: '/externalId' }) : text;
