import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const FAULTS = readFileSync(join(import.meta.dirname, '../../docs/faults.md'), 'utf8');

test('each fault in docs/faults.md names a test that there is', () => {
  const rows = FAULTS.split('\n').filter((line) => /^\| (?!fault|-)/.test(line));
  expect(rows.length).toBeGreaterThan(25);
  const wrong = rows.filter((row) => {
    const [, file, name] = /`([\w/-]+)` › (.+?) \|$/.exec(row.replaceAll(/ +\|$/g, ' |')) ?? [];
    const path = join(import.meta.dirname, `${file}.test.ts`);
    return !file || !existsSync(path) || !readFileSync(path, 'utf8').includes(name!.trim());
  });
  expect(wrong).toEqual([]);
});
