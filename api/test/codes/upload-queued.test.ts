import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { insertBook } from '../support/nodes.ts';

test('an upload that waited for its turn while the service was upgraded from 0.1.0 is stored', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const before = await startTestApp({ databaseUrl: database.url, config: { jobConcurrency: 0 } });
  onTestFinished(() => before.close());
  const { headers } = await before.asAdmin();
  const book = await insertBook(before.db, 0);
  const started = await before.app.inject({
    method: 'POST',
    url: `/api/v1/books/${book.id}/codes/upload`,
    headers: { ...headers, 'content-type': 'text/csv', prefer: 'respond-async' },
    payload: 'name;code\nAnn;OLD-1\nBob;OLD-2\n',
  });
  expect(started.statusCode).toBe(202);
  // It knew the column alone.
  await sql`UPDATE jobs SET input = input - 'layout' || '{"column": 1}'`.execute(before.db);

  const after = await startTestApp({ databaseUrl: database.url });
  onTestFinished(() => after.close());
  const job = await eventually(async () => {
    const { status, result } = (await after.app.inject({ url: started.headers.location!, headers })).json<{
      status: string;
      result: unknown;
    }>();
    return status === 'completed' && result;
  });
  expect(job).toMatchObject({ rows: 2, stored: 2, invalid: 0 });
});
