import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { raiseAlerts } from '../../src/modules/books/alerts/raise.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { assignRandom, insertBook } from '../support/nodes.ts';
import { startReceiver } from '../support/receiver.ts';
import { call, makeWebhook } from '../support/webhooks.ts';

let node: TestApp;
let admin: TestUser;
beforeAll(async () => {
  node = await startTestApp({
    config: { rateLimitScale: 10_000, sweepSeconds: 0, webhookAllowPrivate: ['127.0.0.0/8'] },
  });
  admin = await node.asAdmin();
  await node.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => node?.close());

const change = async (id: string, body: object) => {
  const { status, text } = await call(node, admin, 'PATCH', `/books/${id}`, body);
  if (status !== 200) throw new Error(text);
};
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

/** What was told of a book, oldest first. */
async function toldOf(bookId: string) {
  const { rows } = await sql<{ type: string; data: Record<string, unknown> }>`
    SELECT type, data FROM notices
    WHERE book_id = ${bookId} AND type LIKE 'book.%' ORDER BY id`.execute(node.db);
  return rows;
}

test('a stock that becomes low is told once, by however many processes, and again after it was filled up', async () => {
  const { id } = await insertBook(node.db, 5);
  await change(id, { alertBelow: 4 });
  await raiseAlerts(node.db);
  expect(await toldOf(id)).toEqual([]);
  for (let given = 0; given < 2; given += 1) await assignRandom(node, await node.asUser(), id);
  await Promise.all(Array.from({ length: 5 }, () => raiseAlerts(node.db)));
  await assignRandom(node, await node.asUser(), id);
  await raiseAlerts(node.db);
  const first = {
    type: 'book.stock_low',
    data: { bookName: expect.any(String), unassigned: 3, alertBelow: 4 },
  };
  expect(await toldOf(id)).toEqual([first]);

  await call(node, admin, 'POST', `/books/${id}/codes/generate`, { count: 5 });
  await raiseAlerts(node.db);
  await change(id, { alertBelow: 100 });
  await raiseAlerts(node.db);
  expect(await toldOf(id)).toEqual([
    first,
    { ...first, data: { ...first.data, unassigned: 7, alertBelow: 100 } },
  ]);
});

test('an end that is near is told once, and again when it was moved away and came near again', async () => {
  const { id } = await insertBook(node.db, 1);
  await change(id, { alertDaysBefore: 7, expiresAt: inDays(8) });
  await raiseAlerts(node.db);
  expect(await toldOf(id)).toEqual([]);
  const expiresAt = inDays(6);
  await change(id, { expiresAt });
  await raiseAlerts(node.db);
  await raiseAlerts(node.db);
  const told = {
    type: 'book.expiring',
    data: { bookName: expect.any(String), unassigned: 1, expiresAt, alertDaysBefore: 7 },
  };
  expect(await toldOf(id)).toEqual([told]);
  await change(id, { expiresAt: inDays(30) });
  await raiseAlerts(node.db);
  await change(id, { expiresAt });
  await raiseAlerts(node.db);
  expect(await toldOf(id)).toEqual([told, told]);
});

test('nothing is told of a book that has not begun, is over or archived, has no coupons, or has no alerts', async () => {
  const alerts = { alertBelow: 9, alertDaysBefore: 60 };
  const [early, late, archived, empty, plain] = await Promise.all(
    [1, 1, 1, 0, 1].map((n) => insertBook(node.db, n)),
  );
  await change(early!.id, { ...alerts, startsAt: inDays(1), expiresAt: inDays(2) });
  await change(late!.id, { ...alerts, startsAt: inDays(-2), expiresAt: inDays(-1) });
  await change(archived!.id, { ...alerts, archived: true });
  await change(empty!.id, { alertBelow: 9 });
  await change(plain!.id, { expiresAt: inDays(1) });
  await raiseAlerts(node.db);
  for (const book of [early, late, archived, empty, plain]) expect(await toldOf(book!.id)).toEqual([]);
});

test('alerts reach webhooks of the book, users do not see them, and impossible ones are refused', async () => {
  const receiver = await startReceiver();
  const book = await insertBook(node.db, 1);
  await makeWebhook(node, admin, receiver.url, { types: ['book.stock_low'], bookIds: [book.id] });
  await change(book.id, { alertBelow: 2 });
  await raiseAlerts(node.db);
  const [message] = await eventually(() => (receiver.received.length > 0 ? receiver.received : undefined));
  expect(JSON.parse(message!.body)).toMatchObject({
    type: 'book.stock_low',
    subject: `book-${book.id}`,
    data: { bookId: book.id, unassigned: 1, alertBelow: 2 },
  });
  const seen = await call(node, await node.asUser(), 'GET', `/books/${book.id}`);
  expect(seen.body).not.toHaveProperty('alertBelow');
  expect((await call(node, admin, 'GET', `/books/${book.id}`)).body).toMatchObject({
    alertBelow: 2,
    alertDaysBefore: null,
  });
  for (const wrong of [{ alertBelow: 0 }, { alertDaysBefore: 367 }, { alertDaysBefore: 1.5 }])
    expect((await call(node, admin, 'PATCH', `/books/${book.id}`, wrong)).status).toBe(400);
});
