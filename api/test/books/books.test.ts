import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';

let t: TestApp;
let admin: TestUser;
let user: TestUser;

beforeAll(async () => {
  t = await startTestApp({ patient: true });
  [admin, user] = await Promise.all([t.asAdmin(), t.asUser()]);
});
afterAll(() => t?.close());

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

async function call(
  method: Method,
  url: string,
  payload?: object,
  as: TestUser = admin,
  headers: object = {},
) {
  const answer = await t.app.inject({ method, url, payload, headers: { ...as.headers, ...headers } });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text: answer.body,
    body: answer.body ? answer.json() : null,
  };
}

const name = () => `Book ${randomUUID()}`;

async function makeBook(settings: object = {}): Promise<{ id: string; [field: string]: unknown }> {
  const { status, body } = await call('POST', '/api/v1/books', { name: name(), ...settings });
  expect(status).toBe(201);
  return body;
}

async function addCoupons(bookId: string, count: number): Promise<void> {
  await sql`
    INSERT INTO coupons (book_id, code)
    SELECT ${bookId}, upper(replace(gen_random_uuid()::text, '-', '')) FROM generate_series(1, ${count})`.execute(
    t.db,
  );
}

describe('creating', () => {
  test('answers 201 with the book, its address and the defaults', async () => {
    const { status, headers, body } = await call('POST', '/api/v1/books', { name: '  Spring  ' });
    expect(status).toBe(201);
    expect(headers.location).toBe(`/api/v1/books/${body.id}`);
    expect(body).toEqual({
      id: expect.any(String),
      name: 'Spring',
      description: null,
      startsAt: null,
      expiresAt: null,
      maxAssignmentsPerUser: null,
      allowMultipleRedemptions: false,
      maxRedemptions: 1,
      lockTtlSeconds: 300,
      alertBelow: null,
      alertDaysBefore: null,
      metadata: {},
      archivedAt: null,
      createdAt: expect.stringMatching(/Z$/),
      updatedAt: expect.stringMatching(/Z$/),
    });
    expect((await call('GET', headers.location as string)).body).toEqual(body);
  });

  test('has no limit of redemptions when many are allowed and none is named', async () => {
    expect(await makeBook({ allowMultipleRedemptions: true })).toMatchObject({ maxRedemptions: null });
    expect(await makeBook({ allowMultipleRedemptions: true, maxRedemptions: 5 })).toMatchObject({
      maxRedemptions: 5,
    });
  });

  test.each([5, null])(
    'refuses maxRedemptions %s without allowMultipleRedemptions, pointing at it',
    async (maxRedemptions) => {
      const { status, body } = await call('POST', '/api/v1/books', { name: name(), maxRedemptions });
      expect([status, body.code, body.errors[0].pointer]).toEqual([
        400,
        'invalid-request',
        '/maxRedemptions',
      ]);
    },
  );

  test('takes a name once among live books, whatever the case, and again when the other is archived', async () => {
    const first = await makeBook({ name: 'Summer' });
    expect((await call('POST', '/api/v1/books', { name: 'SUMMER' })).body).toMatchObject({
      status: 409,
      code: 'conflict',
    });
    await call('PATCH', `/api/v1/books/${first.id}`, { archived: true });
    await makeBook({ name: 'SUMMER' });
    const back = await call('PATCH', `/api/v1/books/${first.id}`, { archived: false });
    expect(back.body).toMatchObject({ status: 409, code: 'conflict' });
  });

  test('answers a repeat with the same key byte for byte, and makes one book', async () => {
    const payload = { name: name() };
    const key = { 'idempotency-key': randomUUID() };
    const first = await call('POST', '/api/v1/books', payload, admin, key);
    const again = await call('POST', '/api/v1/books', payload, admin, key);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect([again.status, again.text, again.headers.location]).toEqual([
      201,
      first.text,
      first.headers.location,
    ]);
    const taken = await call('POST', '/api/v1/books', payload, admin, { 'idempotency-key': randomUUID() });
    expect(taken.status).toBe(409);
  });

  test.each([
    ['a field it does not know', { owner: 'me' }, '/owner'],
    ['an empty name', { name: '' }, '/name'],
    ['a name of spaces', { name: '   ' }, '/name'],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, '/name'],
    ['a lock of no time', { lockTtlSeconds: 0 }, '/lockTtlSeconds'],
    ['a limit beyond int4', { maxAssignmentsPerUser: 2 ** 31 }, '/maxAssignmentsPerUser'],
    ['a limit as text', { maxAssignmentsPerUser: '1' }, '/maxAssignmentsPerUser'],
    ['metadata that is a list', { metadata: [] }, '/metadata'],
    ['metadata of 5 kB', { metadata: { x: 'y'.repeat(5000) } }, '/metadata'],
  ])('refuses %s', async (_what, settings, pointer) => {
    const { status, body } = await call('POST', '/api/v1/books', { name: name(), ...settings });
    expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid-request', pointer]);
  });

  test('is for administrators', async () => {
    expect((await call('POST', '/api/v1/books', { name: name() }, user)).body).toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('dates', () => {
  test('are kept to the millisecond and shown in UTC', async () => {
    const book = await makeBook({
      startsAt: '2026-03-01T00:30:00.1239+02:00',
      expiresAt: '9999-12-31t23:59:59z',
    });
    expect(book).toMatchObject({
      startsAt: '2026-02-28T22:30:00.123Z',
      expiresAt: '9999-12-31T23:59:59.000Z',
    });
  });

  test.each([
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2026-12-24',
    '2026-12-24T18:00:00',
    '2026-12-24 18:00:00Z',
    '2026-12-24T18:00:00+0100',
    '2026-12-24T24:00:00Z',
    '2026-12-31T23:59:60Z',
    '2026-13-01T00:00:00Z',
    '2026-12-24T18:00:00+24:00',
    '1969-12-31T23:59:59Z',
    '1970-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '12026-01-01T00:00:00Z',
    'tomorrow',
    '',
  ])('%s is refused, pointing at the field', async (startsAt) => {
    const { status, body } = await call('POST', '/api/v1/books', { name: name(), startsAt });
    expect([status, body.code, body.errors[0].pointer]).toEqual([400, 'invalid-request', '/startsAt']);
    expect(body.errors[0].reason).toMatch(/^(not-a-time|no-such-\w+|year-out-of-range)$/);
  });

  test('end after they start, also when only one of them changes', async () => {
    const dates = { startsAt: '2026-06-01T00:00:00Z', expiresAt: '2026-07-01T00:00:00Z' };
    const { body: backwards } = await call('POST', '/api/v1/books', {
      name: name(),
      ...dates,
      expiresAt: dates.startsAt,
    });
    expect(backwards.errors).toEqual([
      {
        in: 'body',
        pointer: '/expiresAt',
        reason: 'not-after-start',
        values: {},
        detail: 'Must be after startsAt',
      },
    ]);
    const { id } = await makeBook(dates);
    const late = await call('PATCH', `/api/v1/books/${id}`, { startsAt: '2026-07-01T00:00:00Z' });
    expect([late.status, late.body.errors[0].pointer]).toEqual([400, '/startsAt']);
    const early = await call('PATCH', `/api/v1/books/${id}`, { expiresAt: '2026-05-01T00:00:00Z' });
    expect([early.status, early.body.errors[0].pointer]).toEqual([400, '/expiresAt']);
    const cleared = await call('PATCH', `/api/v1/books/${id}`, {
      startsAt: null,
      expiresAt: '2026-05-01T00:00:00Z',
    });
    expect(cleared.body).toMatchObject({ startsAt: null, expiresAt: '2026-05-01T00:00:00.000Z' });
  });
});

describe('changing', () => {
  test('changes what is given and nothing else; null clears', async () => {
    const book = await makeBook({ description: 'old', maxAssignmentsPerUser: 2, metadata: { a: 1 } });
    const { status, body } = await call('PATCH', `/api/v1/books/${book.id}`, {
      description: null,
      maxAssignmentsPerUser: null,
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      ...book,
      description: null,
      maxAssignmentsPerUser: null,
      updatedAt: expect.any(String),
    });
    expect((await call('PATCH', `/api/v1/books/${book.id}`, {})).body).toMatchObject({ metadata: { a: 1 } });
  });

  test('keeps the limit of redemptions consistent', async () => {
    const { id } = await makeBook();
    const change = async (changes: object) => (await call('PATCH', `/api/v1/books/${id}`, changes)).body;
    expect(await change({ maxRedemptions: 3 })).toMatchObject({ code: 'invalid-request' });
    expect(await change({ allowMultipleRedemptions: true })).toMatchObject({ maxRedemptions: null });
    expect(await change({ maxRedemptions: 3 })).toMatchObject({
      maxRedemptions: 3,
      allowMultipleRedemptions: true,
    });
    expect(await change({ name: name() })).toMatchObject({ maxRedemptions: 3 });
    expect(await change({ allowMultipleRedemptions: false })).toMatchObject({ maxRedemptions: 1 });
  });

  test('archives once, and back', async () => {
    const { id } = await makeBook();
    const first = (await call('PATCH', `/api/v1/books/${id}`, { archived: true })).body;
    const second = (await call('PATCH', `/api/v1/books/${id}`, { archived: true })).body;
    expect(second.archivedAt).toBe(first.archivedAt);
    expect((await call('PATCH', `/api/v1/books/${id}`, { archived: false })).body.archivedAt).toBeNull();
  });

  test.each([
    { name: null },
    { lockTtlSeconds: null },
    { archived: null },
    { id: randomUUID() },
    { archivedAt: null },
  ])('refuses %j', async (changes) => {
    const { id } = await makeBook();
    expect((await call('PATCH', `/api/v1/books/${id}`, changes)).body).toMatchObject({
      code: 'invalid-request',
    });
  });

  test('answers 404 for a book that is not there and 400 for an id that is none', async () => {
    for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
      expect((await call(method, `/api/v1/books/${randomUUID()}`)).body).toMatchObject({ code: 'not-found' });
      expect((await call(method, '/api/v1/books/none')).body).toMatchObject({ code: 'invalid-request' });
    }
  });
});

describe('reading', () => {
  test('shows a USER the books that are active by the clock of the database, and no others', async () => {
    const hour = 3_600_000;
    const at = (offset: number) => new Date(Date.now() + offset).toISOString();
    const active = await makeBook({ startsAt: at(-hour), expiresAt: at(hour) });
    const hidden = [
      await makeBook({ startsAt: at(hour) }),
      await makeBook({ startsAt: at(-2 * hour), expiresAt: at(-hour) }),
      await makeBook(),
    ];
    await call('PATCH', `/api/v1/books/${hidden[2]!.id}`, { archived: true });
    expect((await call('GET', `/api/v1/books/${active.id}`, undefined, user)).status).toBe(200);
    const seen = (await call('GET', '/api/v1/books?limit=200', undefined, user)).body.items.map(
      (book: { id: string }) => book.id,
    );
    expect(seen).toContain(active.id);
    for (const { id } of hidden) {
      expect((await call('GET', `/api/v1/books/${id}`, undefined, user)).status).toBe(404);
      expect((await call('GET', `/api/v1/books/${id}`)).status).toBe(200);
      expect(seen).not.toContain(id);
    }
  });

  test('shows a USER the books of their coupons also when these are over, with how many they have of each', async () => {
    const holder = await t.asUser();
    const [archived, open, foreign] = [
      await makeBook({ maxAssignmentsPerUser: 3 }),
      await makeBook(),
      await makeBook(),
    ];
    for (const { id } of [archived, open, foreign]) await addCoupons(id, 3);
    const claim = (bookId: string, as: TestUser) =>
      call('POST', '/api/v1/coupons/assign/random', { bookId }, as, { 'idempotency-key': randomUUID() });
    await claim(archived.id, holder);
    await claim(archived.id, holder);
    const { code } = (await claim(open.id, holder)).body;
    await claim(foreign.id, user);
    await call('PATCH', `/api/v1/books/${archived.id}`, { archived: true });

    const held = async (query = '') =>
      (await call('GET', `/api/v1/books/held${query}`, undefined, holder)).body;
    const { items } = await held();
    expect(items).toEqual([
      { book: expect.objectContaining({ id: open.id }), assigned: 1 },
      { book: expect.objectContaining({ id: archived.id, maxAssignmentsPerUser: 3 }), assigned: 2 },
    ]);
    const first = await held('?limit=1');
    expect(first.items).toEqual([items[0]]);
    expect(await held(`?limit=1&cursor=${first.nextCursor}`)).toEqual({
      items: [items[1]],
      nextCursor: null,
    });

    await call('POST', `/api/v1/coupons/unassign/${code}`, undefined, admin, {
      'idempotency-key': randomUUID(),
    });
    expect((await held()).items).toEqual([items[1]]);
  });

  test('pages newest first, each book once, also when some share their time', async () => {
    const mark = randomUUID();
    for (let n = 0; n < 7; n += 1) await makeBook({ name: `${mark} ${n}` });
    await sql`UPDATE books SET created_at = '2026-01-01T00:00:00.123Z' WHERE name LIKE ${`${mark}%`}`.execute(
      t.db,
    );
    const names: string[] = [];
    let cursor: string | null = '';
    do {
      const { body } = await call(
        'GET',
        `/api/v1/books?q=${mark.toUpperCase()}&limit=3${cursor && `&cursor=${cursor}`}`,
      );
      names.push(...body.items.map((book: { name: string }) => book.name));
      cursor = body.nextCursor;
    } while (cursor);
    expect([...names].sort()).toEqual(Array.from({ length: 7 }, (_, n) => `${mark} ${n}`));
  });

  test('filters by archive and by part of the name, in which % and _ are letters', async () => {
    const mark = randomUUID();
    const kept = await makeBook({ name: `100% ${mark}` });
    const gone = await makeBook({ name: `100_ ${mark}` });
    await call('PATCH', `/api/v1/books/${gone.id}`, { archived: true });
    const ids = async (query: string) =>
      (await call('GET', `/api/v1/books?${query}`)).body.items.map((book: { id: string }) => book.id);
    expect(await ids(`q=${mark}&archived=true`)).toEqual([gone.id]);
    expect(await ids(`q=${mark}&archived=false`)).toEqual([kept.id]);
    expect(await ids(`q=${encodeURIComponent(`100% ${mark}`)}`)).toEqual([kept.id]);
    expect(await ids(`q=${encodeURIComponent(`100_ ${mark}`)}`)).toEqual([gone.id]);
  });

  test.each([
    'cursor=abc',
    'cursor=WzEsMl0',
    'cursor=W10',
    'limit=0',
    'limit=201',
    'q=',
    'archived=maybe',
    'page=2',
    'q=%00',
  ])('refuses ?%s', async (query) => {
    expect((await call('GET', `/api/v1/books?${query}`)).body).toMatchObject({
      status: 400,
      code: 'invalid-request',
    });
  });
});

describe('deleting', () => {
  const coupons = async (bookId: string) =>
    (await sql<{ n: number }>`SELECT count(*) AS n FROM coupons WHERE book_id = ${bookId}`.execute(t.db))
      .rows[0]!.n;

  const assign = `UPDATE coupons SET state = 'ASSIGNED', assigned_user_id = $2, assigned_at = clock_timestamp()
                  WHERE id = (SELECT min(id) FROM coupons WHERE book_id = $1)`;

  test('takes an unused book and its coupons', async () => {
    const { id } = await makeBook();
    await addCoupons(id, 3);
    const { status, text } = await call('DELETE', `/api/v1/books/${id}`);
    expect([status, text, await coupons(id)]).toEqual([204, '', 0]);
    expect((await call('DELETE', `/api/v1/books/${id}`)).status).toBe(404);
  });

  test('refuses a book of which a coupon was given once, also when it was taken back, and says to archive it', async () => {
    const { id } = await makeBook();
    await addCoupons(id, 3);
    const { code } = (await call('POST', '/api/v1/coupons/assign/random', { bookId: id }, user)).body;
    const refusal = { status: 409, code: 'in-use', detail: expect.stringContaining('Archive') };
    expect((await call('DELETE', `/api/v1/books/${id}`)).body).toMatchObject(refusal);
    expect((await call('POST', `/api/v1/coupons/unassign/${code}`)).status).toBe(200);
    expect((await call('DELETE', `/api/v1/books/${id}`)).body).toMatchObject(refusal);
    expect(await coupons(id)).toBe(3);
    const deleting = sql`DELETE FROM books WHERE id = ${id}`.execute(t.db);
    await expect(deleting).rejects.toMatchObject({ code: '23503' });
    const history = await call('GET', `/api/v1/events?bookId=${id}`);
    const { name } = (await call('GET', `/api/v1/books/${id}`)).body;
    expect(history.body.items[0]).toMatchObject({ type: 'coupon.unassigned', code, bookName: name });
  });

  test('refuses a book whose coupon was redeemed, rolled back and taken back', async () => {
    const { id } = await makeBook();
    await addCoupons(id, 1);
    const { code } = (await call('POST', '/api/v1/coupons/assign/random', { bookId: id }, user)).body;
    await call('POST', `/api/v1/coupons/lock/${code}`, {}, user);
    await call('POST', `/api/v1/coupons/redeem/${code}`, {}, user);
    const redemptions = (await call('GET', `/api/v1/redemptions?bookId=${id}`)).body.items;
    await call('POST', `/api/v1/redemptions/${redemptions[0].id}/rollback`, { reason: 'by mistake' });
    expect((await call('POST', `/api/v1/coupons/unassign/${code}`)).status).toBe(200);
    expect((await call('DELETE', `/api/v1/books/${id}`)).body).toMatchObject({ status: 409, code: 'in-use' });
  });

  test('never takes a coupon that is being assigned at the same time', async () => {
    const { id } = await makeBook();
    await addCoupons(id, 3);
    const client = new pg.Client(t.databaseUrl);
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT FROM books WHERE id = $1 FOR KEY SHARE', [id]);
    await client.query(assign, [id, user.id]);
    await client.query(
      `INSERT INTO events (type, book_id, coupon_id, user_id, occurred_at)
       SELECT 'coupon.assigned', book_id, id, $2, now() FROM coupons WHERE book_id = $1 AND assigned_user_id = $2`,
      [id, user.id],
    );
    const deletion = call('DELETE', `/api/v1/books/${id}`);
    await eventually(async () => {
      const { rows } = await sql`
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`.execute(
        t.db,
      );
      return rows.length === 1;
    });
    await client.query('COMMIT');
    await client.end();
    expect((await deletion).body).toMatchObject({ status: 409, code: 'in-use' });
    expect(await coupons(id)).toBe(3);
  });

  test('and taking coupons at the same time: whoever was given one keeps it', async () => {
    for (let round = 0; round < 15; round += 1) {
      const { id } = await makeBook();
      await addCoupons(id, 20);
      const takers = Array.from({ length: 10 }, () =>
        call('POST', '/api/v1/coupons/assign/random', { bookId: id }, user),
      );
      const deletion = call('DELETE', `/api/v1/books/${id}`);
      const answers = await Promise.all(takers);
      const { status } = await deletion;
      const given = answers.filter((answer) => answer.status === 200).map(({ body }) => body.code);
      expect([204, 409]).toContain(status);
      expect(await coupons(id)).toBe(status === 204 ? 0 : 20);
      if (status === 204) expect(given).toEqual([]);
      const { rows } = await sql<{ n: number }>`
        SELECT count(*) AS n FROM coupons WHERE code = ANY(${given}::text[]) AND assigned_user_id = ${user.id}`.execute(
        t.db,
      );
      expect(rows[0]!.n).toBe(given.length);
    }
  });
});
