import { expect, test } from 'vitest';
import {
  circlesOf,
  codeOf,
  importsBetweenParts,
  importsOf,
  sourceFiles,
  usesOfTables,
} from '../generate/house.ts';

// What docs/architecture.md says of the house. Its tables are generated; that they are up to date, `npm run check` finds out.

const moduleFiles = sourceFiles.filter((file) => file.startsWith('api/src/modules/'));

test('no file imports itself in a circle, types included', () => {
  expect(circlesOf(new Map(sourceFiles.map((file) => [file, importsOf(file)])))).toEqual([]);
});

test('no module or folder of the server imports itself in a circle, types included', () => {
  expect(circlesOf(importsBetweenParts())).toEqual([]);
});

test('what is below the modules imports none of them', () => {
  const parts = importsBetweenParts();
  const modules = new Set(moduleFiles.map((file) => file.split('/')[3]!).filter((name) => parts.has(name)));
  const entries = (part: string) => part === 'run/' || part === 'api/src/modules/index.ts';
  const wrong = [...parts].flatMap(([part, others]) =>
    modules.has(part) || entries(part)
      ? []
      : [...others].filter((other) => modules.has(other)).map((other) => `${part} → ${other}`),
  );
  // The first administrator is made by the start.
  expect(wrong).toEqual(['api/src/prepare.ts → accounts']);
});

test('SQL stands in queries.ts, and for changes of coupons in store.ts, store-foreseen.ts and counters.ts', () => {
  const others = moduleFiles.filter(
    (file) => !file.endsWith('/queries.ts') && /\bsql(<[^`]*>)?`/.test(codeOf(file)),
  );
  expect(others).toEqual([
    'api/src/modules/coupons/counters.ts',
    'api/src/modules/coupons/store-foreseen.ts',
    'api/src/modules/coupons/store.ts',
  ]);
});

test('each table is written by one module, but for the two that docs/architecture.md names', () => {
  const several = usesOfTables().filter(({ writers }) => writers.length > 1);
  expect(several.map(({ table, writers }) => [table, writers])).toEqual([
    ['coupons', ['codes', 'coupons']],
    ['events', ['coupons', 'history']],
  ]);
});

test('every table is written by somebody: none is missed because its SQL is not recognised', () => {
  const unwritten = usesOfTables().filter(({ writers }) => writers.length === 0);
  // Its one row is made by its migration.
  expect(unwritten.map(({ table }) => table)).toEqual(['code_order']);
});

test('a change of a coupon is stored by storeOutcomes, and where it was foreseen by store-foreseen.ts', () => {
  const writing = (sql: RegExp) =>
    sourceFiles.filter((file) => file.startsWith('api/src/') && sql.test(codeOf(file)));
  const store = 'api/src/modules/coupons/store.ts';
  const foreseen = 'api/src/modules/coupons/store-foreseen.ts';
  expect(writing(/\bINSERT INTO (events|redemption_history)\b/)).toEqual([foreseen, store]);
  expect(writing(/\b(INSERT INTO|UPDATE) book_user_counters\b/)).toEqual([
    'api/src/modules/coupons/counters.ts',
  ]);
  // Locks that end with their book are no change of state: no event tells of them.
  expect(writing(/\bUPDATE coupons\b/)).toEqual(['api/src/modules/coupons/queries.ts', foreseen, store]);
});

test('a function that locks rows for what comes after it takes a transaction, and says so in the words of SQL', () => {
  const writes = /\b(INSERT INTO|DELETE FROM|UPDATE \w+ (\w+ )?SET)\b/;
  const locking = sourceFiles
    .filter((file) => file.startsWith('api/src/'))
    .flatMap((file) =>
      codeOf(file)
        .split(/^(?=export (?:async )?(?:function|const) )/m)
        .filter((text) => /\bFOR (NO KEY )?(UPDATE|SHARE)\b|\bFOR KEY SHARE\b/.test(text))
        .filter((text) => !writes.test(text) && text.includes('.execute('))
        .map((text) => text.slice(0, text.indexOf(')')).replace(/\s+/g, ' ')),
    );
  expect(locking.length).toBeGreaterThan(10);
  const fits =
    /^export (async function|const) (select\w*For(NoKey|Key)?(Update|Share)(SkipLocked)?|require\w+)\W+(async \()?\s*trx: Transaction\b/;
  expect(locking.filter((head) => !fits.test(head))).toEqual([]);
});
