import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { problems } from '../src/problem-codes.ts';
import { startTestApp, type TestApp } from './support/app.ts';
import { command, insertBook } from './support/nodes.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const RULES = read('observe/rules.yml');

let t: TestApp;
beforeAll(async () => {
  t = await startTestApp();
});
afterAll(() => t.close());

function promtool(...args: string[]) {
  return spawnSync('promtool', args, { cwd: join(root, 'observe'), encoding: 'utf8' });
}

test('the rules are valid, and each alert fires when it should and not when all is well', () => {
  const check = promtool('check', 'rules', 'rules.yml');
  expect(check.error, 'promtool is of the package "prometheus"').toBeUndefined();
  expect(check.stdout + check.stderr).toContain('SUCCESS');
  const run = promtool('test', 'rules', 'rules.test.yml');
  expect([run.status, run.stderr]).toEqual([0, '']);
  expect(promtool('check', 'config', '--syntax-only', 'prometheus.yml').status).toBe(0);
  const tested = [...read('observe/rules.test.yml').matchAll(/alertname: (\w+)/g)].map(([, name]) => name);
  expect([...new Set(tested)].sort()).toEqual([...alerts].sort());
});

const alerts = [...RULES.matchAll(/alert: (\w+)/g)].map(([, name]) => name!);

test('each alert has a runbook', () => {
  const headings = [...read('docs/operations.md').matchAll(/^### (\w+)$/gm)].map(([, heading]) => heading);
  expect(alerts.filter((alert) => !headings.includes(alert))).toEqual([]);
});

test('each metric that a rule or the dashboard names is in /metrics, or recorded by a rule', async () => {
  const user = await t.asUser();
  const admin = await t.asAdmin();
  const book = await insertBook(t.db, 2);
  await command(t, user, 'assign', book.codes[0]!);
  await command(t, user, 'redeem', book.codes[1]!);
  await sql`INSERT INTO jobs (kind, created_by, input, total) VALUES ('generate', ${admin.id}, '{}', 1)`.execute(
    t.db,
  );
  const { body } = await t.app.inject({ url: '/metrics' });
  const known = new Set([
    'up',
    'ALERTS',
    ...[...body.matchAll(/^(?:# TYPE )?(\w+)[ {]/gm)].map(([, name]) => name!),
  ]);
  for (const [, name] of RULES.matchAll(/record: (\S+)/g)) known.add(name!);
  const dashboard = JSON.parse(read('observe/grafana/dashboards/coupon-book.json')) as {
    panels: { targets?: { expr: string }[] }[];
  };
  const expressions = [
    ...[...RULES.matchAll(/expr: (?:\|\n((?: {10}.*\n)+)|(.*))/g)].map(([, block, line]) => block ?? line!),
    ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ];
  expect(expressions.length).toBeGreaterThan(30);
  const named = new Set(expressions.flatMap(metricsOf));
  expect([...named].filter((name) => !known.has(name))).toEqual([]);
});

test('each code of a problem and each operation that a rule or its test names exists', () => {
  const rules = RULES + read('observe/rules.test.yml');
  const valuesOf = (label: string) =>
    [...rules.matchAll(new RegExp(`\\b${label}=~?"([^"]+)"`, 'g'))].flatMap(([, values]) =>
      values!.split('|'),
    );
  const operations = [...read('api/openapi.json').matchAll(/"operationId": "(\w+)"/g)].map(([, id]) => id!);
  const wrong = {
    codes: valuesOf('code').filter((code) => !(code in problems)),
    operations: valuesOf('operation').filter(
      (pattern) => !operations.some((operation) => new RegExp(`^(?:${pattern})$`).test(operation)),
    ),
  };
  expect(wrong).toEqual({ codes: [], operations: [] });
});

const WORDS = new Set(['and', 'or', 'unless', 'on', 'by', 'without', 'ignoring', 'bool', 'offset']);

/** The names in an expression that are neither functions, labels nor words of the language. */
function metricsOf(expression: string): string[] {
  const bare = expression
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(?:by|on|without|ignoring)\s*\([^)]*\)/g, ' ');
  return [...bare.matchAll(/[a-zA-Z_:][\w:]*(?!\w*\s*\()/g)]
    .map(([name]) => name)
    .filter((name) => !WORDS.has(name) && !new RegExp(`\\b${name}\\s*\\(`).test(bare));
}
