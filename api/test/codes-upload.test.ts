import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { request as openRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';
import { eventually } from './support/eventually.ts';
import { startPgBouncer } from './support/pgbouncer.ts';

const MAX_UPLOAD_BYTES = 12 * 1024 * 1024;
const uploads = mkdtempSync(join(tmpdir(), 'coupon-book-uploads-'));

let t: TestApp;
let admin: TestUser;

beforeAll(async () => {
  chmodSync(uploads, 0o711); // PgBouncer, as another user, has its folder in here
  process.env.TMPDIR = uploads;
  t = await startTestApp({ config: { maxUploadBytes: MAX_UPLOAD_BYTES } });
  admin = await t.asAdmin();
});
afterAll(async () => {
  await t?.close();
  rmSync(uploads, { recursive: true });
});

async function makeBook(app = t.app): Promise<string> {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/v1/books',
    payload: { name: randomUUID() },
    headers: admin.headers,
  });
  return answer.json().id;
}

async function upload(bookId: string, file: string | Buffer, { query = '', headers = {}, app = t.app } = {}) {
  const answer = await app.inject({
    method: 'POST',
    url: `/api/v1/books/${bookId}/codes/upload${query}`,
    payload: file,
    headers: { ...admin.headers, 'content-type': 'text/csv', ...headers },
  });
  return { status: answer.statusCode, headers: answer.headers, text: answer.body, body: answer.json() };
}

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

async function storedCodes(bookId: string): Promise<string[]> {
  const { rows } = await sql<{
    code: string;
  }>`SELECT code FROM coupons WHERE book_id = ${bookId} ORDER BY code`.execute(t.db);
  return rows.map(({ code }) => code);
}

const codes = (count: number) =>
  Array.from({ length: count }, () => randomBytes(8).toString('hex').toUpperCase());

describe('an upload', () => {
  it('stores the good rows and tells of every other one, with its line', async () => {
    const [one, two, three] = codes(3) as [string, string, string];
    const bookId = await makeBook();
    await upload(bookId, three);
    const file = `Code;Note\r\n${one};x\r\n${two.toLowerCase()};y\r\n\r\nno code!;z\r\n ${one} ;again\r\n${three};old\r\n"${two};open\r\n`;
    const { status, headers, body } = await upload(bookId, file);
    expect(status).toBe(201);
    expect(headers.location).toBe(`/api/v1/books/${bookId}/coupons`);
    expect(body).toEqual({
      rows: 6,
      stored: 2,
      duplicates: 2,
      invalid: 2,
      header: 'Code',
      errors: [
        {
          line: 5,
          code: 'no code!',
          kind: 'invalid',
          reason: 'contains characters other than A-Z, 0-9, - and _',
        },
        { line: 6, code: one, kind: 'duplicate', reason: 'is in line 2 already' },
        { line: 7, code: three, kind: 'duplicate', reason: 'exists already' },
        { line: 8, code: '', kind: 'invalid', reason: 'has a quote that is not closed' },
      ],
      errorsTruncated: false,
    });
    expect(await storedCodes(bookId)).toEqual([one, two, three].sort());
  });

  it('is the same as a form, whatever the file is called', async () => {
    const [code] = codes(1) as [string];
    const bookId = await makeBook();
    const { file, headers } = form({ name: 'file', content: `${code}\n`, filename: 'codes.xlsx' });
    expect(await upload(bookId, file, { headers })).toMatchObject({
      status: 201,
      body: { rows: 1, stored: 1 },
    });
    expect(await storedCodes(bookId)).toEqual([code]);
  });

  it('takes a code once for all books', async () => {
    const [code] = codes(1) as [string];
    await upload(await makeBook(), code);
    const { body } = await upload(await makeBook(), code);
    expect(body).toMatchObject({ stored: 0, duplicates: 1 });
  });

  it('reports 100,000 rows exactly', async () => {
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
    const { body } = await upload(bookId, `code\r\n${shuffled.join('\r\n')}`);
    expect(body).toMatchObject({
      rows: 100_000,
      stored: 90_000,
      duplicates: 7_000,
      invalid: 3_000,
      errorsTruncated: true,
    });
    const { duplicate, invalid } = Object.groupBy(body.errors as Listed[], ({ kind }) => kind);
    expect([duplicate!.length, invalid!.length]).toEqual([1_000, 1_000]);
    const isOld = new Set(known);
    const seen = new Set<string>();
    const expected = { duplicate: [] as number[], invalid: [] as number[] };
    shuffled.forEach((row, index) => {
      if (row.startsWith('bad')) expected.invalid.push(index + 2);
      else if (isOld.has(row) || seen.has(row)) expected.duplicate.push(index + 2);
      seen.add(row);
    });
    expect(duplicate!.map(({ line }) => line)).toEqual(expected.duplicate.slice(0, 1_000));
    expect(invalid!.map(({ line }) => line)).toEqual(expected.invalid.slice(0, 1_000));
    expect(await storedCodes(bookId)).toHaveLength(92_000);
  });

  it('of the same file twice at once stores each code once', async () => {
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

  it('is refused for a book that is archived, not there, or for a USER', async () => {
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

  it('and deleting what it brought have more time than the statements of other requests', async () => {
    const hurried = await startTestApp({ databaseUrl: t.databaseUrl, config: { statementTimeoutMs: 400 } });
    const bookId = await makeBook();
    const { body } = await upload(bookId, codes(60_000).join('\n'), { app: hurried.app });
    expect(body).toMatchObject({ stored: 60_000 });
    const deletion = await hurried.app.inject({
      method: 'DELETE',
      url: `/api/v1/books/${bookId}`,
      headers: admin.headers,
    });
    expect(deletion.statusCode).toBe(204);
    expect(await storedCodes(bookId)).toEqual([]);
    await hurried.close();
  });

  it('goes through PgBouncer in transaction mode', async () => {
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

interface Listed {
  line: number;
  kind: 'invalid' | 'duplicate';
}

describe('with onError=abort', () => {
  const query = '?onError=abort';

  it('stores a file without faults', async () => {
    const bookId = await makeBook();
    expect((await upload(bookId, codes(10).join('\n'), { query })).body).toMatchObject({ stored: 10 });
  });

  it('stores nothing when a row is invalid, and says which', async () => {
    const bookId = await makeBook();
    const { body } = await upload(bookId, `${codes(10).join('\n')}\n!!\n`, { query });
    expect(body).toMatchObject({
      status: 400,
      code: 'invalid-request',
      report: { rows: 11, stored: 0, invalid: 1 },
    });
    expect(body.report.errors).toMatchObject([{ line: 11, kind: 'invalid' }]);
    expect(await storedCodes(bookId)).toEqual([]);
  });

  it('stores nothing when a code stands twice in the file or exists already', async () => {
    const bookId = await makeBook();
    const [one, two] = codes(2) as [string, string];
    const twice = await upload(bookId, `${one}\n${one}\n`, { query });
    expect(twice.body).toMatchObject({ status: 409, code: 'conflict', report: { stored: 0, duplicates: 1 } });
    await upload(bookId, one);
    const known = await upload(bookId, `${two}\n${one}\n`, {
      query,
      headers: { 'idempotency-key': randomUUID() },
    });
    expect(known.body).toMatchObject({
      code: 'conflict',
      report: { errors: [{ line: 2, reason: 'exists already' }] },
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
    'UTF-16 without a byte order mark': Buffer.from('code\nABC\n', 'utf16le'),
    'UTF-16 cut in the middle of a character': Buffer.from('\ufeffcode\n', 'utf16le').subarray(0, -1),
    'Latin-1': Buffer.from('code;Größe\nABC;1\n', 'latin1'),
    'NUL after much text': Buffer.concat([good, Buffer.from('A\0B\n')]),
    'invalid UTF-8 after much text': Buffer.concat([good, Buffer.from([0xc3, 0x28])]),
    'UTF-8 cut in the middle of a character': Buffer.concat([good, Buffer.from([0xe2, 0x82])]),
  };

  it.each(Object.keys(bad))('is refused as a whole: %s', async (what) => {
    const bookId = await makeBook();
    const { file, headers } = form({ name: 'file', content: bad[what]!, filename: 'codes.csv' });
    for (const answer of [await upload(bookId, bad[what]!), await upload(bookId, file, { headers })]) {
      expect(answer.body).toMatchObject({ status: 415, code: 'unsupported-media-type' });
    }
    expect(await storedCodes(bookId)).toEqual([]);
  });

  it.each([
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
  it.each(['', '\n\r\n\n', '\ufeff', 'code\n', ' ; \n;\n'])('is refused: %j', async (file) => {
    expect((await upload(await makeBook(), file)).body).toMatchObject({
      status: 400,
      code: 'invalid-request',
    });
  });

  it.each([
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

  it('is refused as a form that is cut off', async () => {
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
  it('costs one bad row when one line has 10 MB', async () => {
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

  it('is refused beyond the limit, announced or not, raw or as a form', async () => {
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
    const exact = Buffer.concat([Buffer.from('ABC\n'), Buffer.alloc(MAX_UPLOAD_BYTES - 4, '\n')]);
    expect((await upload(bookId, exact)).status).toBe(201);
    expect(openUploads()).toEqual([]);
  });
});

describe('an Idempotency-Key', () => {
  it('gets the first answer byte for byte, and no other file', async () => {
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

  it('makes one of two requests at once do the work', async () => {
    const bookId = await makeBook();
    const headers = { 'idempotency-key': randomUUID() };
    const file = codes(20_000).join('\n');
    const both = await Promise.all([upload(bookId, file, { headers }), upload(bookId, file, { headers })]);
    const stored = both.filter(({ body }) => body.stored === 20_000);
    const told = both.filter(
      ({ body, headers }) => body.code === 'conflict' && headers['retry-after'] === '1',
    );
    expect(stored.length + told.length).toBe(2);
    expect(stored.length).toBeGreaterThan(0);
    expect(await storedCodes(bookId)).toHaveLength(20_000);
  });
});

let listening: Promise<string> | undefined;
function listen(): Promise<string> {
  return (listening ??= t.app.listen({ port: 0, host: '127.0.0.1' }));
}

/** Files that this process has open though they have lost their names (Linux tells). */
function openUploads(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.includes('coupon-book-upload-') ? [path] : [];
    } catch {
      return []; // closed meanwhile
    }
  });
}

describe('a client that goes away in the middle', () => {
  it.runIf(process.platform === 'linux').each(['text/csv', 'multipart/form-data; boundary=x'])(
    'leaves no file and no row, and held no connection meanwhile (%s)',
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
      client.write(`${codes(5_000).join('\n')}\n`);
      await eventually(() => openUploads().length === 1);
      expect(readdirSync(uploads)).toEqual([]);
      const { rows } = await sql`
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`.execute(t.db);
      expect(rows).toEqual([]);
      const closed = new Promise((done) => client.once('close', done));
      client.destroy();
      await closed;
      await eventually(() => openUploads().length === 0);
      expect(await storedCodes(bookId)).toEqual([]);
      expect(readdirSync(uploads)).toEqual([]);
    },
  );
});
