import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { prefersCsv, sendCsv } from '../../../answers/csv-export.ts';
import { listOrCsv } from '../../../schemas.ts';
import { readFilters, readPage, readPosition, toHistoryPage } from '../pages.ts';
import type { HistoryPage } from '../events/queries.ts';
import { type ListedRedemption, listRedemptions } from './queries.ts';
import {
  presentRedemption,
  REDEMPTION_COLUMNS,
  redemptionCells,
  redemptionPage,
  redemptionsQuery,
} from './schemas.ts';

const momentOf = ({ redeemedAt, id }: ListedRedemption) => ({ at: redeemedAt, id });

export function redemptionRoutes(fastify: FastifyInstance): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/v1/redemptions',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags: ['redemptions'],
        operationId: 'listRedemptions',
        summary: 'Redemptions and their rollbacks, newest first',
        description:
          'What is added while one turns the pages is in none of them: each row of the first moment is shown once.',
        querystring: redemptionsQuery,
        response: { 200: listOrCsv(redemptionPage, REDEMPTION_COLUMNS) },
      },
    },
    async (request, reply) => {
      const { limit, cursor, bom, ...query } = request.query;
      const filter = await readFilters(app.db, query);
      const read = (page: HistoryPage) =>
        readPage(app.db, filter, (trx) => listRedemptions(trx, filter, page));
      const csv = prefersCsv(request);
      const position = await readPosition(app.db, csv ? undefined : cursor);
      if (csv) {
        return sendCsv<ListedRedemption>(request, reply, {
          name: 'redemptions',
          header: REDEMPTION_COLUMNS,
          read: (last, count) => read({ ...position, before: last && momentOf(last), limit: count }),
          present: redemptionCells,
          mark: bom,
        });
      }
      const rows = await read({ ...position, limit: limit + 1 });
      return toHistoryPage(rows, limit, position, presentRedemption, momentOf);
    },
  );
}
