import { randomUUID } from 'node:crypto';
import { request as openRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSeenSet } from '../../src/modules/codes/seen-set.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { fixture } from '../support/files.ts';

let t: TestApp;
let admin: TestUser;
let book: string;
let pool: string;

beforeAll(async () => {
  t = await startTestApp();
  admin = await t.asAdmin();
  book = (await post('/books', { name: 'Book' })).body.id;
  pool = (await post('/pools', { name: 'Pool' })).body.id;
});
afterAll(() => t.close());

async function post(path: string, payload: object | string, headers: Record<string, string> = {}) {
  const isFile = Buffer.isBuffer(payload) || typeof payload === 'string';
  const answer = await t.app.inject({
    method: 'POST',
    url: `/api/v1${path}`,
    payload,
    headers: { ...admin.headers, ...(isFile && { 'content-type': 'text/csv' }), ...headers },
  });
  return { status: answer.statusCode, body: answer.json() };
}

const count = async (table: string) => {
  const { rows } = await sql<{ n: number }>`SELECT count(*)::integer AS n FROM ${sql.table(table)}`.execute(
    t.db,
  );
  return rows[0]!.n;
};

describe('a preview of codes', () => {
  test('says how the file is read and what would become of it, and stores nothing', async () => {
    await post(`/books/${book}/codes/upload`, 'code\nX-OLD-1\n', { prefer: 'wait=30' });
    const file = 'Supplier Ltd\nNo;Gutschein-Nr\n1;X-1\n2;x-1\n3;X-OLD-1\n4;---\n5;X-2\nNo;Gutschein-Nr\n';
    const { status, body } = await post(`/books/${book}/codes/upload/preview`, file);
    expect([status, body]).toEqual([
      200,
      {
        file: { encoding: 'utf-8', delimiter: ';', header: 'Gutschein-Nr', headerLine: 2, column: 2 },
        columns: [
          { number: 1, title: 'No', examples: ['1', '2', '3'], fits: false },
          { number: 2, title: 'Gutschein-Nr', examples: ['X-1', 'x-1', 'X-OLD-1'], fits: true },
        ],
        firstRows: expect.arrayContaining([['Supplier Ltd'], ['No', 'Gutschein-Nr'], ['1', 'X-1']]),
        refusal: null,
        counts: { rows: 7, good: 2, repeated: 1, existing: 1, invalid: 1, skipped: 2 },
        errors: [
          {
            line: 1,
            value: 'Supplier Ltd',
            reason: 'above-header',
            values: {},
            detail: 'Above the header',
          },
          { line: 6, value: '---', reason: 'placeholder', values: {}, detail: 'Stands for a missing value' },
          {
            line: 8,
            value: 'No Gutschein-Nr',
            reason: 'repeats-header',
            values: {},
            detail: 'Repeats the header',
          },
        ],
      },
    ]);
    expect(await count('coupons')).toBe(1);
    expect(await count('upload_parts')).toBe(0);
  });

  test('of a file that is not clear shows it, with the reason; column, header and encoding answer it', async () => {
    const url = `/books/${book}/codes/upload/preview`;
    const unclear = await post(url, fixture('no-known-title.codes'));
    expect(unclear).toMatchObject({
      status: 200,
      body: {
        refusal: { reason: 'several-columns', values: { what: 'codes' } },
        columns: [{ number: 1 }, { number: 2, examples: ['Number', '4711', '4712'], fits: true }],
        firstRows: [['Product', 'Number'], expect.anything(), expect.anything()],
        counts: null,
      },
    });
    const named = await post(
      `${url}?column=2&header=present&encoding=utf-8`,
      fixture('no-known-title.codes'),
    );
    expect(named.body).toMatchObject({ refusal: null, counts: { rows: 2, good: 2 } });
    expect(await count('upload_parts')).toBe(0);
  });

  test('refuses what is no text, a book that is not there, a stranger, and leaves nothing behind', async () => {
    const zip = Buffer.from('PK\x03\x04 and so on');
    expect((await post(`/books/${book}/codes/upload/preview`, zip)).body).toMatchObject({
      status: 415,
      reason: 'not-text',
    });
    expect((await post(`/books/${randomUUID()}/codes/upload/preview`, 'X-1')).status).toBe(404);
    const user = await t.asUser();
    expect((await post(`/books/${book}/codes/upload/preview`, 'X-1', user.headers)).status).toBe(403);
    expect(await count('upload_parts')).toBe(0);
  });

  test('that is cut off leaves no part of the file behind', async () => {
    await t.app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = t.app.server.address() as AddressInfo;
    const client = openRequest({
      port,
      host: '127.0.0.1',
      method: 'POST',
      path: `/api/v1/books/${book}/codes/upload/preview`,
      headers: { ...admin.headers, 'content-type': 'text/csv' },
    });
    client.on('error', () => {});
    client.write('X-1\n'.repeat(100_000));
    await eventually(async () => (await count('upload_parts')) > 0);
    client.destroy();
    await eventually(async () => (await count('upload_parts')) === 0);
  });

  test('remembers codes exactly, in memory of its own', () => {
    const seen = createSeenSet(200_000);
    const codes = Array.from({ length: 200_000 }, (_, n) => `X-${n.toString(36).toUpperCase()}`);
    expect(codes.filter((code) => !seen.add(code))).toEqual([]);
    expect(codes.filter((code) => seen.add(code))).toEqual([]);
    expect([seen.add('NEW-1'), seen.add('NEW-1')]).toEqual([true, true]);
  });
});

describe('people from files that people have', () => {
  test.each<[string, [string, string | null][], object]>([
    [
      'email-address',
      [
        ['ann@example.org', 'Ann Doe'],
        ['bob@example.org', 'Bob Roe'],
      ],
      { header: 'Email Address' },
    ],
    ['sep-line', [['ann@example.org', 'Ann']], { delimiter: ';', headerLine: 2 }],
    ['utf16', [['ann@example.org', 'Ann']], { encoding: 'utf-16le', delimiter: '\t' }],
    ['windows-1252', [['josé@example.org', 'José']], { encoding: 'windows-1252' }],
    [
      'on-one-line',
      [
        ['ann@example.org', null],
        ['bob@example.org', null],
        ['cyd@example.org', null],
      ],
      { column: null },
    ],
    [
      'outlook',
      [
        ['ann@example.org', 'Doe, Ann'],
        ['bob@example.org', 'Bob Roe'],
      ],
      { column: null },
    ],
  ])(
    '%s: everybody gets an account with the name, and how the file was read is said',
    async (name, people, file) => {
      await sql`DELETE FROM pool_users`.execute(t.db);
      await sql`DELETE FROM users WHERE email LIKE '%@example.org'`.execute(t.db);
      const { status, body } = await post(`/pools/${pool}/users?invite=true`, fixture(`${name}.people`));
      expect(status).toBe(200);
      expect(body).toMatchObject({
        rows: people.length,
        added: people.length,
        invited: people.length,
        unknown: 0,
        duplicates: 0,
        errors: [],
        file,
      });
      const { rows } = await sql<{ email: string; name: string | null }>`
      SELECT email, name FROM users WHERE email LIKE '%@example.org' ORDER BY email`.execute(t.db);
      expect(rows.map((row) => [row.email, row.name])).toEqual(people);
    },
  );

  test.each([
    ['Ann <ann@example.org>, "Roe, Bob" <bob@example.org>\n', 2],
    ['ann@example.org\nbob@example.org\n', 2],
    ['Doe, Ann <ann@example.org>; bob@example.org;\n', 2],
    ['Nombre;Correo electrónico\nAnn;ann@example.org\n', 1],
    ['Vorname;Name;E-Mail-Adresse\nAnn;Doe;ann@example.org\n', 1],
    ['Ann;ann@example.org\nBob;bob@example.org\n', 2],
    ['adresse e-mail\n<ann@example.org>\nmailto:bob@example.org\n', 2],
  ])('are read from %j', async (file, good) => {
    const { body } = await post(`/pools/${pool}/users/preview`, file);
    expect(body).toMatchObject({ refusal: null, counts: { good, invalid: 0 } });
  });

  test('are counted without a row lost, and only looked at in a preview', async () => {
    const file = 'List of 2026\nemail,name\nann@example.org,Ann\nANN@example.org,Ann\nbroken,B\nemail,name\n';
    const before = await count('users');
    const preview = await post(`/pools/${pool}/users/preview`, file);
    expect(preview.body).toMatchObject({
      counts: { rows: 5, good: 1, repeated: 1, existing: 0, invalid: 1, skipped: 2 },
      errors: [
        { line: 1, reason: 'above-header' },
        { line: 5, value: 'broken', reason: 'not-an-email' },
        { line: 6, reason: 'repeats-header' },
      ],
    });
    expect(await count('users')).toBe(before);
    const { body } = await post(`/pools/${pool}/users?invite=true`, file);
    const { rows, added, alreadyMembers, duplicates, unknown, unconfirmed, skipped } = body;
    expect([rows, added + alreadyMembers, duplicates, unknown, unconfirmed, skipped]).toEqual([
      5, 1, 1, 1, 0, 2,
    ]);
  });
});

describe('an export', () => {
  test('of a code that begins with a dash is safe in a spreadsheet, and imported again gives the same code', async () => {
    const codes = ['-X-1', '_X-2', 'X-3', '00123'];
    await post(`/books/${book}/codes/upload`, `code\n${codes.join('\n')}\n`, { prefer: 'wait=30' });
    const file = await t.app.inject({
      url: `/api/v1/books/${book}/coupons`,
      headers: { ...admin.headers, accept: 'text/csv' },
    });
    expect(file.body).toContain(`\r\n'-X-1,UNASSIGNED`);
    expect(file.body).not.toMatch(/^[=+@-]/m);
    await sql`DELETE FROM coupons`.execute(t.db);
    const again = await post(`/books/${book}/codes/upload`, file.body, { prefer: 'wait=30' });
    expect(again.body.result).toMatchObject({ stored: 5, invalid: 0, header: 'code' });
    const { rows } = await sql<{ code: string }>`SELECT code FROM coupons ORDER BY id`.execute(t.db);
    expect(rows.map(({ code }) => code)).toEqual(expect.arrayContaining(codes));
  });
});
