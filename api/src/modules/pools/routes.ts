import { createHash } from 'node:crypto';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { jsonAnswer } from '../../answers/answer.ts';
import { filePreview } from '../../files/schemas.ts';
import { describeLayout } from '../../files/describe.ts';
import { allowLongWork } from '../../deadline.ts';
import { readClaim, write } from '../../answers/idempotency.ts';
import { fieldProblem, Problem } from '../../problems.ts';
import { ageKey, decodeCursor, readAgeCursor, ref, toPage } from '../../schemas.ts';
import { foldEmailPrefix } from '../../email.ts';
import { addMembers, removeMembers } from './members.ts';
import { deletePool, findPool, listMembers, listPools } from './queries.ts';
import { previewPeople, readLists, readPeople } from './read-people.ts';
import { changePool, createPool } from './save.ts';
import {
  addQuery,
  additionSchema,
  formerMembers,
  listQuery,
  memberPage,
  membersQuery,
  newMembers,
  newPool,
  poolChanges,
  poolId,
  poolPage,
  poolSchema,
  presentMember,
  presentPool,
  previewQuery,
  removalSchema,
} from './schemas.ts';

const tags = ['pools'];
const MAX_CSV_BYTES = 16 * 1024 * 1024;
/** A file comes as bytes, which have no schema. */
const file = { type: 'string', format: 'binary' };
const isFile = (schema: unknown) => (schema as { format?: string }).format === 'binary';
const isEmail = (part: unknown): part is string => typeof part === 'string';

export function poolRoutes(fastify: FastifyInstance): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/api/v1/pools',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'createPool',
        summary: 'Create a pool',
        body: newPool,
        response: { 201: ref(poolSchema) },
      },
    },
    async (request, reply) =>
      write(request, reply, async (trx) => {
        const pool = await createPool(trx, request.body);
        return jsonAnswer(201, presentPool(pool), `/api/v1/pools/${pool.id}`);
      }),
  );

  app.get(
    '/api/v1/pools',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'listPools',
        summary: 'List pools, newest first',
        querystring: listQuery,
        response: { 200: ref(poolPage) },
      },
    },
    async (request) => {
      const { limit, cursor, q } = request.query;
      const rows = await listPools(app.db, { q, after: readAgeCursor(cursor), limit: limit + 1 });
      return toPage(rows, limit, presentPool, ageKey);
    },
  );

  app.get(
    '/api/v1/pools/:id',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'getPool',
        summary: 'Read a pool',
        params: poolId,
        response: { 200: ref(poolSchema) },
      },
    },
    async (request) => presentPool(await requirePool(request.params.id)),
  );

  app.patch(
    '/api/v1/pools/:id',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'changePool',
        summary: 'Rename or describe a pool',
        params: poolId,
        body: poolChanges,
        response: { 200: ref(poolSchema) },
      },
    },
    async (request, reply) =>
      write(request, reply, async (trx) =>
        jsonAnswer(200, presentPool(await changePool(trx, request.params.id, request.body))),
      ),
  );

  app.delete(
    '/api/v1/pools/:id',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'deletePool',
        summary: 'Delete a pool',
        description: 'Its members keep their accounts and coupons.',
        params: poolId,
        response: { 204: Type.Null({ description: 'deleted' }) },
      },
    },
    async (request, reply) =>
      write(request, reply, async (trx) => {
        if (!(await deletePool(trx, request.params.id))) throw new Problem('not-found', 'no-such-pool');
        return jsonAnswer(204, undefined);
      }),
  );

  app.get(
    '/api/v1/pools/:id/users',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'listPoolMembers',
        summary: 'List the members of a pool, by e-mail',
        params: poolId,
        querystring: membersQuery,
        response: { 200: ref(memberPage) },
      },
    },
    async (request) => {
      const { limit, cursor, q } = request.query;
      await requirePool(request.params.id);
      const rows = await listMembers(app.db, request.params.id, {
        emailPrefix: q === undefined ? undefined : foldEmailPrefix(q),
        afterEmail: cursor === undefined ? undefined : decodeCursor<[string]>(cursor, [isEmail])[0],
        limit: limit + 1,
      });
      return toPage(rows, limit, presentMember, ({ email }) => [email]);
    },
  );

  app.post(
    '/api/v1/pools/:id/users',
    {
      bodyLimit: MAX_CSV_BYTES,
      config: { access: 'admin', problems: ['not-found'] },
      validatorCompiler: (route) =>
        isFile(route.schema) ? () => true : app.validatorCompiler!(route as never),
      schema: {
        tags,
        operationId: 'addPoolMembers',
        summary: 'Add users to a pool',
        description:
          'By id, by external id, by e-mail, or as `text/csv`, which is read like a file of codes: the e-mails are in the column that `column` names, ' +
          'or in the one with a known title (e-mail, mail, correo, courriel …), or in the only one with e-mails; a list such as ' +
          '`"Doe, Ann" <ann@example.org>; bob@example.org` is read whole. Names are kept for new accounts. Who is in it already stays; ' +
          'who has no account is reported, or gets one with `invite=true`. An account that somebody registered with one of these e-mails ' +
          'and nobody confirmed is reported, and added only with `includeUnconfirmed=true`.',
        params: poolId,
        querystring: addQuery,
        body: {
          content: { 'application/json': { schema: newMembers }, 'text/csv': { schema: file } },
        },
        response: { 200: ref(additionSchema) },
      },
    },
    async (request, reply) => {
      allowLongWork(request);
      const { body, query, params } = request;
      if (!Buffer.isBuffer(body)) {
        const rows = readLists(body as Parameters<typeof readLists>[0]);
        return write(request, reply, async (trx) =>
          jsonAnswer(200, { ...(await addMembers(trx, params.id, rows, query)), file: null }),
        );
      }
      const people = await readPeople(body, query);
      const file = describeLayout(people.layout);
      const claim = readClaim(request, createHash('sha256').update(body).digest());
      return write(
        request,
        reply,
        async (trx) => jsonAnswer(200, { ...(await addMembers(trx, params.id, people, query)), file }),
        claim,
      );
    },
  );

  app.post(
    '/api/v1/pools/:id/users/preview',
    {
      bodyLimit: MAX_CSV_BYTES,
      config: { access: 'admin', problems: ['not-found'] },
      validatorCompiler: (route) =>
        isFile(route.schema) ? () => true : app.validatorCompiler!(route as never),
      schema: {
        tags,
        operationId: 'previewPoolMembers',
        summary: 'Look at a file of people before they are added',
        description:
          'Answers how the file is read, its first rows and columns, and how many people it names. Nobody is added.',
        params: poolId,
        querystring: previewQuery,
        body: { content: { 'text/csv': { schema: file } } },
        response: { 200: ref(filePreview) },
      },
    },
    async (request) => {
      await requirePool(request.params.id);
      allowLongWork(request);
      if (Buffer.isBuffer(request.body)) return previewPeople(request.body, request.query);
      throw new Problem('unsupported-media-type', 'not-csv');
    },
  );

  app.delete(
    '/api/v1/pools/:id/users',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'removePoolMembers',
        summary: 'Remove users from a pool',
        description: 'What they were given stays theirs.',
        params: poolId,
        body: formerMembers,
        response: { 200: ref(removalSchema) },
      },
    },
    async (request, reply) => {
      const { userIds = [], externalUserIds = [], emails = [], all = false } = request.body;
      if (all === userIds.length + externalUserIds.length + emails.length > 0) {
        throw fieldProblem({ in: 'body', pointer: '' }, 'users-or-all');
      }
      return write(request, reply, async (trx) =>
        jsonAnswer(
          200,
          await removeMembers(trx, request.params.id, all ? null : { userIds, externalUserIds, emails }),
        ),
      );
    },
  );

  async function requirePool(id: string) {
    const pool = await findPool(app.db, id);
    if (!pool) throw new Problem('not-found', 'no-such-pool');
    return pool;
  }
}
