import { randomBytes, randomUUID } from 'node:crypto';
import { request as openRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { codesOf, insertBook } from '../support/nodes.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';

const MAX_UPLOAD_BYTES = 12 * 1024 * 1024;
let t: TestApp;
let admin: TestUser;

beforeAll(async () => {
  t = await startTestApp({ patient: true, config: { maxUploadBytes: MAX_UPLOAD_BYTES } });
  admin = await t.asAdmin();
});
afterAll(async () => {
  await t?.close();
});

const makeBook = async () => (await insertBook(t.db, 0)).id;

async function upload(bookId: string, file: string | Buffer, { query = '', headers = {}, app = t.app } = {}) {
  const answer = await app.inject({
    method: 'POST',
    url: `/api/v1/books/${bookId}/codes/upload${query}`,
    payload: file,
    headers: { ...admin.headers, 'content-type': 'text/csv', prefer: 'wait=30', ...headers },
  });
  const { statusCode: status, headers: answered, body: text } = answer;
  const body = answer.json();
  if (status !== 201 && status !== 202) return { status, headers: answered, text, body };
  // On a slow machine the job of a large file takes longer than its request waits.
  const job = status === 201 ? body : await endOf(body.id);
  const listed = await app.inject({
    url: `/api/v1/jobs/${body.id}/errors?limit=200`,
    headers: admin.headers,
  });
  expect(answered.location).toBe(`/api/v1/jobs/${body.id}`);
  const outcome = { ...(job.failure ?? job.result), errors: listed.json().items };
  return { status, headers: answered, text, job, body: outcome };
}

const endOf = (jobId: string) =>
  eventually(async () => {
    const job = (await t.app.inject({ url: `/api/v1/jobs/${jobId}`, headers: admin.headers })).json();
    return job.finishedAt ? job : undefined;
  });

/** A form with parts of `name`, content and, for a file, its name. */
function form(...parts: { name: string; content: string | Buffer; filename?: string }[]) {
  const boundary = `----${randomUUID()}`;
  const pieces = parts.flatMap(({ name, content, filename }) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: application/octet-stream`,
    '\r\n\r\n',
    content,
    '\r\n',
  ]);
  return {
    file: Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece))),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  };
}

const storedCodes = async (bookId: string) => (await codesOf(t.db, bookId)).sort();

const codes = (count: number) =>
  Array.from({ length: count }, () => randomBytes(8).toString('hex').toUpperCase());

describe('an upload', () => {
  test('stores the good rows and tells of every other one, with its line', async () => {
    const [one, two, three] = codes(3) as [string, string, string];
    const bookId = await makeBook();
    await upload(bookId, three);
    const file = `Code;Note\r\n${one};x\r\n${two.toLowerCase()};y\r\n\r\nno code!;z\r\n ${one} ;again\r\n${three};old\r\n"${two};open\r\n`;
    const { status, body } = await upload(bookId, file);
    expect(status).toBe(201);
    expect(body).toEqual({
      rows: 6,
      stored: 2,
      duplicates: 2,
      invalid: 2,
      skipped: 0,
      encoding: 'utf-8',
      delimiter: ';',
      header: 'Code',
      headerLine: 1,
      column: 1,
      errors: [
        {
          line: 5,
          value: 'no code!',
          reason: 'not-allowed',
          values: { characters: 'space' },
          detail: 'Contains characters that no code has: space',
        },
        {
          line: 6,
          value: one,
          reason: 'repeated-in-line',
          values: { line: 2 },
          detail: 'Already in line 2',
        },
        { line: 7, value: three, reason: 'exists', values: {}, detail: 'Already exists' },
        { line: 8, value: '', reason: 'open-quote', values: {}, detail: 'Has a quote that is not closed' },
      ],
    });
    expect(await storedCodes(bookId)).toEqual([one, two, three].sort());
  });

  test('is the same as a form, whatever the file is called', async () => {
    const [code] = codes(1) as [string];
    const bookId = await makeBook();
    const { file, headers } = form({ name: 'file', content: `${code}\n`, filename: 'codes.xlsx' });
    expect(await upload(bookId, file, { headers })).toMatchObject({
      status: 201,
      body: { rows: 1, stored: 1 },
    });
    expect(await storedCodes(bookId)).toEqual([code]);
  });

  test('takes a code once for all books', async () => {
    const [code] = codes(1) as [string];
    await upload(await makeBook(), code);
    const { body } = await upload(await makeBook(), code);
    expect(body).toMatchObject({ stored: 0, duplicates: 1 });
  });

  test('reports 100,000 rows exactly', async () => {
    const bookId = await makeBook();
    const known = codes(2_000);
    expect((await upload(bookId, known.join('\n'))).body.stored).toBe(2_000);
    const fresh = codes(90_000);
    const rows = [
      ...fresh,
      ...known,
      ...fresh.slice(0, 5_000),
      ...Array.from({ length: 3_000 }, (_, n) => `bad ${n}`),
    ];
    const shuffled = rows
      .map((row) => [Math.random(), row] as const)
      .sort(([a], [b]) => a - b)
      .map(([, row]) => row);
    const { body, job } = await upload(bookId, `code\r\n${shuffled.join('\r\n')}`);
    expect(body).toMatchObject({
      rows: 100_000,
      stored: 90_000,
      duplicates: 7_000,
      invalid: 3_000,
    });
    const csv = await t.app.inject({
      url: `/api/v1/jobs/${job.id}/errors`,
      headers: { ...admin.headers, accept: 'text/csv' },
    });
    const listed = csv.body.trim().split('\r\n').slice(1);
    const lines = (pattern: RegExp) =>
      listed.filter((row) => pattern.test(row)).map((row) => Number.parseInt(row, 10));
    const isOld = new Set(known);
    const seen = new Set<string>();
    const expected = { duplicate: [] as number[], invalid: [] as number[] };
    shuffled.forEach((row, index) => {
      if (row.startsWith('bad')) expected.invalid.push(index + 2);
      else if (isOld.has(row) || seen.has(row)) expected.duplicate.push(index + 2);
      seen.add(row);
    });
    expect(lines(/,(exists|repeated|repeated-in-line),/)).toEqual(expected.duplicate);
    expect(lines(/,not-allowed,/)).toEqual(expected.invalid);
    expect(await storedCodes(bookId)).toHaveLength(92_000);
  });

  test('of the same file twice at once stores each code once', async () => {
    const [first, second] = [await makeBook(), await makeBook()];
    const lines = codes(20_000);
    const both = await Promise.all([
      upload(first, lines.join('\n')),
      upload(second, lines.toReversed().join('\n')),
    ]);
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    expect(both.map(({ body }) => body.stored + body.duplicates)).toEqual([20_000, 20_000]);
    expect(both[0].body.stored + both[1].body.stored).toBe(20_000);
    expect([...(await storedCodes(first)), ...(await storedCodes(second))].sort()).toEqual(lines.sort());
  });

  test('is refused for a book that is archived, not there, or for a USER', async () => {
    const bookId = await makeBook();
    await t.app.inject({
      method: 'PATCH',
      url: `/api/v1/books/${bookId}`,
      payload: { archived: true },
      headers: admin.headers,
    });
    expect((await upload(bookId, 'ABC')).body).toMatchObject({ status: 409, code: 'book-not-active' });
    expect((await upload(randomUUID(), 'ABC')).body).toMatchObject({ status: 404, code: 'not-found' });
    const user = await t.asUser();
    expect((await upload(bookId, 'ABC', { headers: user.headers })).body).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
  });

  test('and deleting what it brought have more time than the statements of other requests', async () => {
    const hurried = await startTestApp({ databaseUrl: t.databaseUrl, config: { statementTimeoutMs: 1_500 } });
    const bookId = await makeBook();
    // Statements on coupons take longer than others may.
    await sql`
      CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2); RETURN NULL; END $$`.execute(
      t.db,
    );
    await sql`
      CREATE TRIGGER take_long AFTER INSERT OR DELETE ON coupons FOR EACH STATEMENT EXECUTE FUNCTION take_long()`.execute(
      t.db,
    );
    try {
      await expect(sql`DELETE FROM coupons WHERE false`.execute(hurried.db)).rejects.toMatchObject({
        code: '57014',
      });
      const { body } = await upload(bookId, codes(1_000).join('\n'), { app: hurried.app });
      expect(body).toMatchObject({ stored: 1_000 });
      const deletion = await hurried.app.inject({
        method: 'DELETE',
        url: `/api/v1/books/${bookId}`,
        headers: admin.headers,
      });
      expect(deletion.statusCode).toBe(204);
      expect(await storedCodes(bookId)).toEqual([]);
    } finally {
      await sql`DROP FUNCTION take_long CASCADE`.execute(t.db);
      await hurried.close();
    }
  });

  test('goes through PgBouncer in transaction mode', async () => {
    const bouncer = await startPgBouncer(t.databaseUrl);
    const other = await startTestApp({ databaseUrl: bouncer.url });
    const bookId = await makeBook();
    const { body } = await upload(bookId, codes(5_000).join('\n'), { app: other.app });
    expect(body).toMatchObject({ stored: 5_000, duplicates: 0 });
    const payload = { count: 5_000 };
    const url = `/api/v1/books/${bookId}/codes/generate`;
    expect(
      (await other.app.inject({ method: 'POST', url, payload, headers: admin.headers })).statusCode,
    ).toBe(201);
    await other.close();
    await bouncer.stop();
  });
});

describe('with onError=abort', () => {
  const query = '?onError=abort';

  test('stores a file without faults', async () => {
    const bookId = await makeBook();
    expect((await upload(bookId, codes(10).join('\n'), { query })).body).toMatchObject({ stored: 10 });
  });

  test('stores nothing when a row is invalid, and says which', async () => {
    const bookId = await makeBook();
    const { body } = await upload(bookId, `${codes(10).join('\n')}\n!!\n`, { query });
    expect(body).toMatchObject({
      status: 400,
      code: 'invalid-request',
      report: { rows: 11, stored: 0, invalid: 1 },
    });
    expect(body.report.errors).toMatchObject([{ line: 11 }]);
    expect(await storedCodes(bookId)).toEqual([]);
  });

  test('stores nothing when a code stands twice in the file or exists already', async () => {
    const bookId = await makeBook();
    const [one, two] = codes(2) as [string, string];
    const twice = await upload(bookId, `${one}\n${one}\n`, { query });
    expect(twice.job).toMatchObject({
      status: 'failed',
      result: { stored: 0 },
      failure: { code: 'conflict' },
    });
    expect(twice.body.detail).toBe('Nothing was stored. Line 2: Already in line 1');
    await upload(bookId, one);
    const known = await upload(bookId, `${two}\n${one}\n`, {
      query,
      headers: { 'idempotency-key': randomUUID() },
    });
    expect(known.body).toMatchObject({
      code: 'conflict',
      detail: 'Nothing was stored. Line 2: Already exists',
    });
    expect(await storedCodes(bookId)).toEqual([one]);
  });
});

describe('a file that is no text', () => {
  const zip = Buffer.concat([Buffer.from('PK\x03\x04\x14\0\x06\0'), randomBytes(5_000)]);
  const good = Buffer.from(`${codes(20_000).join('\n')}\n`);
  const bad: Record<string, Buffer> = {
    'a zip': zip,
    'a zip without a zero byte': Buffer.from('PK\x03\x04 and so on'),
    'a PNG': Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
    'a PDF': Buffer.from('%PDF-1.7\nABC\n'),
    gzip: Buffer.from([0x1f, 0x8b, 8, 0, 0]),
    'UTF-16 cut in the middle of a character': Buffer.from('\ufeffcode\n', 'utf16le').subarray(0, -1),
    'NUL after much text': Buffer.concat([good, Buffer.from('A\0B\n')]),
    'UTF-8 cut in the middle of a character': Buffer.from('code\nABC;ñ\nDEF;€').subarray(0, -1),
  };

  test.each(Object.keys(bad))('is refused as a whole: %s', async (what) => {
    const bookId = await makeBook();
    const { file, headers } = form({ name: 'file', content: bad[what]!, filename: 'codes.csv' });
    for (const answer of [await upload(bookId, bad[what]!), await upload(bookId, file, { headers })]) {
      expect(answer.body).toMatchObject({ status: 415, code: 'unsupported-media-type' });
    }
    expect(await storedCodes(bookId)).toEqual([]);
  });

  test.each([
    { 'content-type': 'application/json' },
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/octet-stream' },
    { 'content-encoding': 'gzip' },
  ])('is refused by its headers: %j', async (headers) => {
    expect((await upload(await makeBook(), '{}', { headers })).body).toMatchObject({
      code: 'unsupported-media-type',
    });
  });
});

describe('a file without codes', () => {
  test.each(['', '\n\r\n\n', '\ufeff', 'code\n', ' ; \n;\n'])('is refused: %j', async (file) => {
    expect((await upload(await makeBook(), file)).body).toMatchObject({
      status: 400,
      code: 'invalid-request',
    });
  });

  test.each([
    ['no field', []],
    ['another field', [{ name: 'data', content: 'ABC', filename: 'a.csv' }]],
    ['text instead of a file', [{ name: 'file', content: 'ABC' }]],
    ['two files', [1, 2].map(() => ({ name: 'file', content: 'ABC', filename: 'a.csv' }))],
    [
      'a field beside the file',
      [
        { name: 'file', content: 'ABC', filename: 'a.csv' },
        { name: 'x', content: '1' },
      ],
    ],
    ['a name that objects have', [{ name: 'constructor', content: 'ABC', filename: 'a.csv' }]],
  ])('is refused as a form with %s', async (_what, parts) => {
    const { file, headers } = form(...parts);
    expect((await upload(await makeBook(), file, { headers })).body).toMatchObject({
      status: 400,
      code: 'invalid-request',
    });
  });

  test('is refused as a form that is cut off', async () => {
    const { file, headers } = form({ name: 'file', content: 'ABC\n', filename: 'a.csv' });
    const bookId = await makeBook();
    for (const bytes of [file.subarray(0, -20), file.subarray(0, 20), Buffer.from('nonsense')]) {
      expect((await upload(bookId, bytes, { headers })).body).toMatchObject({
        status: 400,
        code: 'invalid-request',
      });
    }
    expect((await upload(bookId, file, { headers: { 'content-type': 'multipart/form-data' } })).status).toBe(
      400,
    );
    expect(await storedCodes(bookId)).toEqual([]);
  });
});

describe('a file that is too much', () => {
  test('costs one bad row when one line has 10 MB', async () => {
    const bookId = await makeBook();
    const [one, two] = codes(2) as [string, string];
    for (const start of ['', '"']) {
      const { status, body } = await upload(
        bookId,
        `${one}\n${start}${'x'.repeat(10 * 1024 * 1024)}\n${two}\n`,
      );
      expect([status, body.rows, body.invalid]).toEqual([201, 3, 1]);
    }
    expect(await storedCodes(bookId)).toEqual([one, two].sort());
  });

  test('is refused beyond the limit, announced or not, raw or as a form', async () => {
    const bookId = await makeBook();
    const large = Buffer.alloc(MAX_UPLOAD_BYTES + 1, 'ABCDEFG\n');
    const { file, headers } = form({ name: 'file', content: large, filename: 'a.csv' });
    const address = await listen();
    for (const [body, type] of [
      [large, 'text/csv'],
      [file, headers['content-type']],
      [Buffer.alloc(2 * MAX_UPLOAD_BYTES, 'ABC\n'), 'text/csv'],
    ] as const) {
      expect((await upload(bookId, body, { headers: { 'content-type': type } })).body).toMatchObject({
        code: 'payload-too-large',
      });
      const unannounced = await fetch(`${address}/api/v1/books/${bookId}/codes/upload`, {
        method: 'POST',
        body: new Blob([body]).stream(),
        duplex: 'half',
        headers: { ...admin.headers, 'content-type': type },
      } as RequestInit);
      expect([unannounced.status, await unannounced.json()]).toMatchObject([
        413,
        { code: 'payload-too-large' },
      ]);
    }
    const exact = Buffer.concat([
      Buffer.from('ABC\n'),
      Buffer.alloc(MAX_UPLOAD_BYTES - 4, `${'x'.repeat(999)}\n`),
    ]);
    expect((await upload(bookId, exact)).status).toBe(201);
    expect(await storedParts()).toBe(0);
  });
});

describe('an Idempotency-Key', () => {
  test('gets the first answer byte for byte, and no other file', async () => {
    const bookId = await makeBook();
    const headers = { 'idempotency-key': randomUUID() };
    const file = codes(100).join('\n');
    const first = await upload(bookId, file, { headers });
    const again = await upload(bookId, file, { headers });
    expect([again.status, again.text, again.headers['idempotent-replayed']]).toEqual([
      201,
      first.text,
      'true',
    ]);
    expect(first.body.stored).toBe(100);
    expect((await upload(bookId, `${file}\n`, { headers })).body).toMatchObject({
      code: 'idempotency-key-reused',
    });
    expect((await upload(bookId, file, { headers, query: '?onError=abort' })).status).toBe(422);
  });

  test('makes one of two requests at once do the work', async () => {
    const bookId = await makeBook();
    const headers = { 'idempotency-key': randomUUID() };
    const file = codes(20_000).join('\n');
    const both = await Promise.all([upload(bookId, file, { headers }), upload(bookId, file, { headers })]);
    // The second one closes the answer of the first as it is, unless the first has been answered, or not begun, by then.
    const told = both.filter(({ status }) => status !== 409);
    expect(told.length).toBeGreaterThan(0);
    expect(new Set(told.map(({ text }) => text)).size).toBe(1);
    for (const { status, headers: answered } of both) {
      expect([201, 202, 409]).toContain(status);
      if (status === 409) expect(answered['retry-after']).toBe('1');
    }
    expect(await eventually(async () => (await storedCodes(bookId)).length === 20_000)).toBe(true);
  });
});

let listening: Promise<string> | undefined;
function listen(): Promise<string> {
  return (listening ??= t.app.listen({ port: 0, host: '127.0.0.1' }));
}

/** Parts of files that are in the database. */
async function storedParts(): Promise<number> {
  const { rows } = await sql<{ parts: number }>`SELECT count(*) AS parts FROM upload_parts`.execute(t.db);
  return rows[0]!.parts;
}

/** Whether another connection to this database runs a statement or is in a transaction. */
async function otherConnectionsWork(): Promise<boolean> {
  const { rows } = await sql`
    SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`.execute(t.db);
  return rows.length > 0;
}

describe('a client that goes away in the middle', () => {
  test.each(['text/csv', 'multipart/form-data; boundary=x'])(
    'leaves nothing of the file, and held no connection meanwhile (%s)',
    async (type) => {
      await listen();
      const bookId = await makeBook();
      const { port } = t.app.server.address() as AddressInfo;
      const client = openRequest({
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: `/api/v1/books/${bookId}/codes/upload`,
        headers: { ...admin.headers, 'content-type': type },
      });
      client.on('error', () => {});
      if (type !== 'text/csv') {
        client.write('--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n');
      }
      try {
        client.write(`${codes(20_000).join('\n')}\n`);
        await eventually(async () => (await storedParts()) > 0);
        await eventually(async () => !(await otherConnectionsWork()));
      } finally {
        const closed = new Promise((done) => client.once('close', done));
        client.destroy();
        await closed;
      }
      await eventually(async () => (await storedParts()) === 0);
      expect(await storedCodes(bookId)).toEqual([]);
    },
  );
});
