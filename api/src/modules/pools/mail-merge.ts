import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../config.ts';
import type { Database } from '../../database/connection.ts';
import { Problem } from '../../problems.ts';
import { type Addressee, sendMailMerge } from '../accounts/access-links/mail-merge.ts';
import { ownOrigin } from '../accounts/sessions/same-origin.ts';
import { mailMerge, mailMergeFile, noAnswerKept } from '../accounts/sessions/schemas.ts';
import { findPool, listMembersToMail } from './queries.ts';
import { poolId } from './schemas.ts';

const PEOPLE_AT_ONCE = 500;

/** A file by which the members of a pool are written to. */
export function poolMailMergeRoute(fastify: FastifyInstance, { config }: { config: Config }): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();
  app.post(
    '/api/v1/pools/:id/mail-merge',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags: ['pools'],
        operationId: 'mailMergePool',
        summary: 'Make a mail-merge file of the members of a pool, with access links',
        description:
          'A row for each enabled member: e-mail, name, and a new access link for those who are to get one. The links are in this ' +
          'file alone. When it breaks off, make it again: whoever was to get a link and has not got it gets one then.',
        params: poolId,
        headers: noAnswerKept,
        body: mailMerge,
        response: { 200: mailMergeFile },
      },
    },
    async (request, reply) => {
      const pool = await findPool(app.db, request.params.id);
      if (!pool) throw new Problem('not-found', 'no-such-pool');
      const parts = membersInParts(app.db, pool.id);
      const origin = ownOrigin(request, config);
      return sendMailMerge(request, reply, { name: 'people', origin, wish: request.body, parts }) as never;
    },
  );
}

async function* membersInParts(db: Database, id: string) {
  let afterId: string | undefined;
  do {
    const members = await listMembersToMail(db, id, { afterId, limit: PEOPLE_AT_ONCE });
    if (members.length === 0) return;
    const piece: Addressee[] = members.map((member) => ({ ...member, code: null }));
    yield { userIds: members.map(({ userId }) => userId), pieces: [piece] };
    afterId = members.length === PEOPLE_AT_ONCE ? members.at(-1)!.userId : undefined;
  } while (afterId !== undefined);
}
