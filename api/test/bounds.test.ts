import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cut, MAX_PROBLEM_BYTES } from '../src/bounds.ts';
import { maskText } from '../src/logging.ts';
import { formatPlace, readPlace } from '../src/modules/history/stream/messages.ts';
import { problemAnswer } from '../src/answers/answer.ts';
import { Problem } from '../src/problems.ts';
import { startTestApp, type TestApp } from './support/app.ts';
import { unlessBusy } from './support/auth.ts';

let t: TestApp;
beforeAll(async () => {
  t = await startTestApp();
});
afterAll(() => t.close());

describe('a problem is at most 8 kB', () => {
  const long = '\u0001'.repeat(100_000);
  const context = { instance: `/${'x'.repeat(20_000)}`, requestId: 'r' };
  const answer = (extras: object, cause = 'no reason') => {
    const why = { reason: 'unreadable', values: { cause } } as const;
    const { body } = problemAnswer(new Problem('invalid-request', why, { ...extras }), context);
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MAX_PROBLEM_BYTES);
    return JSON.parse(body) as {
      errors: { pointer: string }[];
      report: { invalid: number; errors: object[] };
    };
  };

  test('whatever it echoes: its one field stays', () => {
    const { errors } = answer(
      { errors: [{ in: 'body', pointer: long, reason: 'unreadable', values: {}, detail: long }] },
      long,
    );
    expect(errors).toHaveLength(1);
    expect(errors[0]!.pointer).toHaveLength(200);
  });

  test('however much it lists: the first entries stay, and the count of all', () => {
    const row = {
      line: 1,
      code: 'x'.repeat(80),
      reason: 'not-allowed',
      values: {},
      detail: 'Contains characters that no code has: ?',
    };
    const { report } = answer({
      report: { invalid: 5_000, errors: Array.from({ length: 5_000 }, () => row) },
    });
    expect(report.invalid).toBe(5_000);
    expect(report.errors[0]).toEqual(row);
    expect(report.errors.length).toBeGreaterThan(10);
  });

  test('text that is cut ends with a whole character', () => {
    expect(cut('abc', 3)).toBe('abc');
    expect(cut('abcd', 3)).toBe('ab…');
    expect(cut('a😀😀', 3)).toBe('a…');
  });
});

test('a long key over many NULs, 960 kB without a token, is refused at the first of them', async () => {
  const payload = `{"${'k'.repeat(20_000)}":[${Array.from({ length: 104_000 }, () => '"\\u0000"').join()}]}`;
  expect(payload.length).toBeGreaterThan(940_000);
  const answer = await t.app.inject({
    method: 'POST',
    url: '/api/v1/auth/login',
    headers: { 'content-type': 'application/json' },
    payload,
  });
  expect(answer.statusCode).toBe(400);
  expect(answer.rawPayload.length).toBeLessThanOrEqual(MAX_PROBLEM_BYTES);
  const { errors } = answer.json<{ errors: { pointer: string; reason: string }[] }>();
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ reason: 'has-nul' });
  expect(errors[0]!.pointer).toHaveLength(200);
});

test('text with more marks on one letter than any language writes is refused before it is normalized', async () => {
  const login = (email: string) =>
    unlessBusy(() =>
      t.app.inject({
        method: 'POST',
        url: '/api/v1/auth/login',
        payload: { email, password: 'not that one' },
      }),
    );
  expect((await login(`e${'\u0301\u0316'.repeat(400_000 / 2)}@example.test`)).json()).toMatchObject({
    code: 'invalid-request',
    errors: [{ in: 'body', pointer: '/email', reason: 'too-many-accents', values: { max: 30 } }],
  });
  expect((await login(`e${'\u0301'.repeat(30)}@example.test`)).statusCode).toBe(401);
});

test('a Last-Event-ID with more transactions than any server writes is unknown', () => {
  const snapshot = (count: number) => ({
    end: 5_000,
    running: Array.from({ length: count }, (_, n) => n + 1),
  });
  const read = (count: number) =>
    readPlace(formatPlace({ from: snapshot(count), to: snapshot(count), eventId: 1 }));
  expect(read(1_000)).not.toBeNull();
  expect(read(1_001)).toBeNull();
});

test('an error of any length is logged in short, and nothing of a cut word is left unmasked', () => {
  expect(maskText('a'.repeat(1_000_000)).length).toBeLessThan(5_000);
  const text = maskText(`${'word '.repeat(799)}ada@example.test ${'word '.repeat(10_000)}`);
  expect(text.length).toBeLessThan(5_000);
  expect(text).not.toContain('ada');
});
