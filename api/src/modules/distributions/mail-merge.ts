import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../config.ts';
import type { Database } from '../../database/connection.ts';
import { Problem } from '../../problems.ts';
import { type Addressee, sendMailMerge } from '../accounts/access-links/mail-merge.ts';
import { ownOrigin } from '../accounts/sessions/same-origin.ts';
import { mailMerge, mailMergeFile, noAnswerKept } from '../accounts/sessions/schemas.ts';
import { findJob } from '../jobs/queries.ts';
import type { DistributionInput } from './distribute.ts';
import { findHolders, type GivenCoupon, listGivenCoupons, listShares } from './queries.ts';
import { jobId } from './schemas.ts';

const PEOPLE_AT_ONCE = 500;
const COUPONS_AT_ONCE = 1_000;

/** A file by which those who were given something by a distribution are told their codes. */
export function distributionMailMergeRoute(fastify: FastifyInstance, { config }: { config: Config }): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();
  app.post(
    '/api/v1/jobs/:id/mail-merge',
    {
      config: { access: 'admin', problems: ['not-found', 'conflict'] },
      schema: {
        tags: ['distributions'],
        operationId: 'mailMergeDistribution',
        summary: 'Make a mail-merge file of a distribution: who got which code, with access links',
        description:
          'A row for each coupon that the distribution gave and that its person still has: e-mail, name, a new access link for those ' +
          'who are to get one (the same in all rows of a person), and the code. Disabled accounts are left out. The links are in ' +
          'this file alone. When it breaks off, make it again: whoever was to get a link and has not got it gets one then.',
        params: jobId,
        headers: noAnswerKept,
        body: mailMerge,
        response: { 200: mailMergeFile },
      },
    },
    async (request, reply) => {
      const job = await findJob(app.db, request.params.id);
      if (job?.kind !== 'distribute') throw new Problem('not-found', 'no-such-distribution');
      if (!job.finishedAt) throw new Problem('conflict', 'distribution-running');
      const { bookId } = job.input as unknown as DistributionInput;
      const parts = servedInParts(app.db, { id: job.id, bookId });
      const origin = ownOrigin(request, config);
      return sendMailMerge(request, reply, { name: 'codes', origin, wish: request.body, parts }) as never;
    },
  );
}

async function* servedInParts(db: Database, job: { id: string; bookId: string }) {
  for (let afterLot = 0, full = true; full;) {
    const shares = await listShares(db, job.id, { afterLot, limit: PEOPLE_AT_ONCE });
    const served = shares.filter(({ given }) => given > 0).map(({ userId }) => userId);
    const userIds = await findHolders(db, job, served);
    if (userIds.length > 0) yield { userIds, pieces: couponsInPieces(db, job, userIds) };
    afterLot = shares.at(-1)?.lot ?? 0;
    full = shares.length === PEOPLE_AT_ONCE;
  }
}

async function* couponsInPieces(
  db: Database,
  job: { id: string; bookId: string },
  userIds: readonly string[],
): AsyncGenerator<Addressee[]> {
  let after: GivenCoupon | undefined;
  do {
    const coupons = await listGivenCoupons(db, job, userIds, { after, limit: COUPONS_AT_ONCE });
    yield coupons;
    after = coupons.length === COUPONS_AT_ONCE ? coupons.at(-1) : undefined;
  } while (after);
}
