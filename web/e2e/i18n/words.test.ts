import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import englishForAdmins from '../../src/i18n/admin.en.ts';
import englishForAll from '../../src/i18n/en.ts';
import spanishForAdmins from '../../src/i18n/admin.es.ts';
import spanishForAll from '../../src/i18n/es.ts';
import { expect, test } from '../support/test.ts';

const glossary = readFileSync(join(import.meta.dirname, '../../../docs/words.md'), 'utf8');

test('no message has a word that the glossary has another for', () => {
  const avoided = wordsToAvoid(glossary);
  expect(avoided.length).toBeGreaterThan(20);
  const found = [englishForAll, englishForAdmins, spanishForAll, spanishForAdmins]
    .flatMap((messages) => leaves(messages))
    .flatMap(({ key, words }) =>
      avoided
        .filter((word) => new RegExp(`(?<![\\p{L}.{-])${word}(?!\\p{L})`, 'iu').test(words))
        .map((word) => `${key}: “${words}” has “${word}”`),
    );
  expect(found).toEqual([]);
});

test('every word of the glossary for a state is the one that the web app shows', () => {
  const states = glossary.split('## States of a coupon')[1]!.matchAll(/^\| (\S+) +\| (\S+) +\| `(\w+)`/gm);
  const named = [...states].map(([, english, spanish, state]) => [state, english, spanish] as const);
  for (const state of Object.keys(englishForAll.states) as (keyof typeof englishForAll.states)[])
    expect(named).toContainEqual([state, englishForAll.states[state], spanishForAll.states[state]]);
});

/** The last column of the tables of words. */
function wordsToAvoid(text: string): string[] {
  return [...text.matchAll(/^(?:\|[^|\n]*){3}\|([^|\n]*)\|$/gm)]
    .flatMap(([, cell]) => cell!.split(','))
    .map((word) => word.trim())
    .filter((word) => /^[\p{L}][\p{L} ]*$/u.test(word) && word !== 'not');
}

function leaves(messages: object, path = ''): { key: string; words: string }[] {
  return Object.entries(messages).flatMap(([name, value]: [string, string | object]) =>
    typeof value === 'string' ? [{ key: `${path}${name}`, words: value }] : leaves(value, `${path}${name}.`),
  );
}
