import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { inTransaction } from '../../database/transaction.ts';
import { jsonAnswer } from '../../plugins/answers.ts';
import { write } from '../../plugins/idempotency.ts';
import { ref } from '../../schemas.ts';
import { type GenerateOptions, generateCodes, previewCodes } from './generate.ts';
import { readPattern } from './pattern.ts';
import { bookId, generateBody, type GenerateBody, generateReport, preview } from './schemas.ts';

const tags = ['codes'];

/** @param inTurn runs bulk work, a few at a time */
export function generateRoutes(
  fastify: FastifyInstance,
  inTurn: <T>(work: () => Promise<T>) => Promise<T>,
): void {
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
        response: { 201: ref(generateReport) },
      },
    },
    async (request, reply) => {
      const options = readOptions(request.params.id, request.body);
      return inTurn(() =>
        write(request, reply, async (trx) =>
          jsonAnswer(201, await generateCodes(trx, options), `/api/v1/books/${options.bookId}/coupons`),
        ),
      );
    },
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
      const options = readOptions(request.params.id, request.body);
      return inTurn(() => inTransaction(app.db, (trx) => previewCodes(trx, options)));
    },
  );
}

function readOptions(
  bookId: string,
  { count, allowGuessable = false, ...pattern }: GenerateBody,
): GenerateOptions {
  return { bookId, count, allowGuessable, pattern: readPattern(pattern) };
}
