import { randomBytes } from 'node:crypto';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Database } from '../../database/connection.ts';
import { streamToAdmin } from '../../access/admin-rights.ts';
import { callerOf } from '../../access/caller.ts';
import { allowLongWork } from '../../deadline.ts';
import { Problem } from '../../problems.ts';
import { ref } from '../../schemas.ts';
import { findJob } from '../jobs/queries.ts';
import { jobResponses } from '../jobs/schemas.ts';
import { startJob } from '../jobs/start.ts';
import type { DistributionInput } from './distribute.ts';
import { findDraw, type DrawRow, listShares } from './queries.ts';
import { previewDistribution } from './preview.ts';
import { distributionOrder, drawSchema, jobId, poolId, previewSchema, readOrder } from './schemas.ts';
import { refuseShortage, surveyDistribution } from './survey.ts';

const SHARES_OF_A_PART = 5_000;

export function distributionRoutes(fastify: FastifyInstance): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();
  const tags = ['distributions'];

  app.post(
    '/api/v1/pools/:id/distribute',
    {
      config: {
        access: 'admin',
        problems: ['not-found', 'book-not-active', 'book-exhausted', 'assignment-limit-reached'],
      },
      schema: {
        tags,
        operationId: 'distribute',
        summary: 'Give coupons of a book to the members of a pool',
        description:
          'A job. Who gets how many is drawn once, from a seed that is published with the result, so that anybody can repeat the ' +
          'draw (GET /jobs/{id}/draw). Coupons are given out next to live claims: what those take meanwhile is missing in the result. The limit of the book holds, counting what people have already. Who got none, and why: ' +
          'GET /jobs/{id}/errors. Its result: `{ assigned, served, skipped, reasons, drewNone, members, needed, missing, seed, algorithm }`.',
        params: poolId,
        body: distributionOrder,
        response: jobResponses,
      },
    },
    async (request, reply) => {
      const order = readOrder(request.params.id, request.body);
      return startJob(request, reply, async (trx) => {
        allowLongWork(request);
        const survey = await surveyDistribution(trx, order, { inRequest: true });
        if (order.onShortage === 'refuse') refuseShortage(survey);
        const input: DistributionInput = { ...order, seed: randomBytes(32).toString('hex') };
        const { id } = callerOf(request);
        return { kind: 'distribute', bookId: order.bookId, createdBy: id, input: { ...input } };
      });
    },
  );

  app.post(
    '/api/v1/pools/:id/distribute/preview',
    {
      config: { access: 'admin', problems: ['not-found', 'book-not-active'] },
      schema: {
        tags,
        operationId: 'previewDistribution',
        summary: 'What a distribution would do now',
        description: 'Stores nothing.',
        params: poolId,
        body: distributionOrder,
        response: { 200: ref(previewSchema) },
      },
    },
    async (request) => {
      allowLongWork(request);
      return previewDistribution(app.db, readOrder(request.params.id, request.body));
    },
  );

  app.get(
    '/api/v1/jobs/:id/draw',
    {
      config: { access: 'admin', problems: ['not-found', 'conflict'] },
      schema: {
        tags,
        operationId: 'getDraw',
        summary: 'The draw of a distribution, to repeat and compare',
        description:
          'Save it and run `npm run verify-draw -- <file>`; docs/draws.md describes how to do it without us.',
        params: jobId,
        response: { 200: ref(drawSchema) },
      },
    },
    async (request, reply) => {
      const job = await findJob(app.db, request.params.id);
      if (job?.kind !== 'distribute') throw new Problem('not-found', 'no-such-distribution');
      const draw = await findDraw(app.db, job.id);
      if (!draw) throw new Problem('conflict', 'nothing-drawn');
      reply.type('application/json; charset=utf-8');
      return reply.send(streamToAdmin(request, writeDraw(app.db, draw)) as never);
    },
  );
}

/** The record of a draw as JSON, part by part: it is as long as the list. */
async function* writeDraw(db: Database, draw: DrawRow): AsyncGenerator<string> {
  const { seed, listHash, outcomeHash, drawnAt, ...rest } = draw;
  const head = {
    ...rest,
    seed: seed.toString('hex'),
    listHash: listHash.toString('hex'),
    outcomeHash: outcomeHash.toString('hex'),
    drawnAt: drawnAt.toISOString(),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"shares":[`;
  for (let afterLot = 0, full = true; full;) {
    const part = await listShares(db, draw.jobId, { afterLot, limit: SHARES_OF_A_PART });
    if (part.length > 0) {
      yield `${afterLot === 0 ? '' : ',\n'}${part.map((share) => JSON.stringify(share)).join(',\n')}`;
    }
    afterLot = part.at(-1)?.lot ?? 0;
    full = part.length === SHARES_OF_A_PART;
  }
  yield ']}\n';
}
