import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { prefersCsv, sendCsv } from '../../../answers/csv-export.ts';
import { listOrCsv } from '../../../schemas.ts';
import { readFilters, readPage, readPosition, toHistoryPage } from '../pages.ts';
import { type HistoryPage, type ListedEvent, listEvents } from './queries.ts';
import { EVENT_COLUMNS, eventCells, eventPage, eventsQuery, presentListedEvent } from './schemas.ts';

const momentOf = ({ occurredAt, id }: ListedEvent) => ({ at: occurredAt, id });

export function eventRoutes(fastify: FastifyInstance): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/v1/events',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags: ['events'],
        operationId: 'listEvents',
        summary: 'Everything that happened to coupons, newest first',
        description:
          'The audit trail. What is recorded while one turns the pages is in none of them: each event of the first moment is shown once.',
        querystring: eventsQuery,
        response: { 200: listOrCsv(eventPage, EVENT_COLUMNS) },
      },
    },
    async (request, reply) => {
      const { limit, cursor, bom, type: types, jobId, ...query } = request.query;
      const filter = { ...(await readFilters(app.db, query)), types, jobId };
      const read = (page: HistoryPage) => readPage(app.db, filter, (trx) => listEvents(trx, filter, page));
      const csv = prefersCsv(request);
      const position = await readPosition(app.db, csv ? undefined : cursor);
      if (csv) {
        return sendCsv<ListedEvent>(request, reply, {
          name: 'events',
          header: EVENT_COLUMNS,
          read: (last, count) => read({ ...position, before: last && momentOf(last), limit: count }),
          present: eventCells,
          mark: bom,
        });
      }
      const rows = await read({ ...position, limit: limit + 1 });
      return toHistoryPage(rows, limit, position, presentListedEvent, momentOf);
    },
  );
}
