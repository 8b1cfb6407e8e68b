import { keepSame } from '../../src/api/keepWhatIsSame.ts';
import { expect, test } from '../support/test.ts';

test('what is read again and has not changed is the same object; of what has changed, the rest is', () => {
  const known = {
    items: [
      { id: 1, tags: ['a'] },
      { id: 2, tags: ['b'] },
    ],
    next: null,
  };
  expect(keepSame(known, structuredClone(known))).toBe(known);

  const fresh = {
    ...structuredClone(known),
    items: [
      { id: 1, tags: ['a'] },
      { id: 2, tags: ['c'] },
    ],
  };
  const kept = keepSame(known, fresh) as typeof known;
  expect(kept).toEqual(fresh);
  expect(kept.items[0]).toBe(known.items[0]);
  expect(kept.items[1]).not.toBe(known.items[1]);
});

test('an answer is what was read last, whatever was known before', () => {
  for (const [known, fresh] of [
    [undefined, { a: 1 }],
    [{ a: 1 }, undefined],
    [{ a: 1 }, null],
    [{ a: 1 }, {}],
    [{}, { a: undefined }],
    [{ 0: 'a' }, ['a']],
    [['a', 'b'], ['a']],
    [['a'], ['a', 'b']],
    [
      [{ id: 1 }, { id: 2 }],
      [{ id: 2 }, { id: 1 }],
    ],
    [{ a: { b: [1, 2] } }, { a: { b: [1, 2, { c: null }] } }],
    ['1', 1],
  ])
    expect(keepSame(known, fresh)).toStrictEqual(fresh);
});
