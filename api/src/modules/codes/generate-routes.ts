import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { inTransaction } from '../../database/transaction.ts';
import { callerOf } from '../../access/caller.ts';
import { ref } from '../../schemas.ts';
import { jobResponses } from '../jobs/schemas.ts';
import { startJob } from '../jobs/start.ts';
import { previewCodes } from './generate.ts';
import { prepareGeneration } from './generate-job.ts';
import { readPattern } from './pattern.ts';
import { bookId, generateBody, preview } from './schemas.ts';

const tags = ['codes'];

export function generateRoutes(fastify: FastifyInstance): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/api/v1/books/:id/codes/generate',
    {
      config: { access: 'admin', problems: ['not-found', 'book-not-active'] },
      schema: {
        tags,
        operationId: 'generateCodes',
        summary: 'Generate codes',
        description:
          'Stores exactly `count` new random codes. Refused, with the numbers, when the pattern has fewer than 1,000 codes for each ' +
          'that exists or is asked for (unless `allowGuessable`), and when it has too few codes left.',
        params: bookId,
        body: generateBody,
        response: jobResponses,
      },
    },
    async (request, reply) =>
      startJob(request, reply, async (trx) => ({
        kind: 'generate',
        bookId: request.params.id,
        createdBy: callerOf(request).id,
        input: { ...(await prepareGeneration(trx, request.params.id, request.body)) },
        total: request.body.count,
      })),
  );

  app.post(
    '/api/v1/books/:id/codes/preview',
    {
      config: { access: 'admin', problems: ['not-found', 'book-not-active'] },
      schema: {
        tags,
        operationId: 'previewCodes',
        summary: 'Preview codes: capacity, samples, odds of a guess',
        description: 'Takes what `generate` takes, says what it would do, and stores nothing.',
        params: bookId,
        body: generateBody,
        response: { 200: ref(preview) },
      },
    },
    async (request) => {
      const { count, allowGuessable = false, ...pattern } = request.body;
      const options = { bookId: request.params.id, count, allowGuessable, pattern: readPattern(pattern) };
      return inTransaction(app.db, (trx) => previewCodes(trx, options));
    },
  );
}
