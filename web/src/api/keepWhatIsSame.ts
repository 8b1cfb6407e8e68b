import type { PiniaColadaPlugin } from '@pinia/colada';

/**
 * Parts of an answer that equal the previous answer stay the same objects, so that they are not drawn again. This matters because
 * everything is read again when the live stream starts, right after the first drawing.
 */
export const keepWhatIsSame: PiniaColadaPlugin = ({ queryCache }) => {
  queryCache.$onAction(({ name, args }) => {
    if (name !== 'setEntryState') return;
    const [entry, state] = args;
    args[1] = { ...state, data: keepSame(entry.state.value.data, state.data) } as typeof state;
  });
};

/** `fresh`, or `known` where that is the same: of values as JSON has them. */
export function keepSame(known: unknown, fresh: unknown): unknown {
  if (
    Object.is(known, fresh) ||
    !isTree(known) ||
    !isTree(fresh) ||
    Array.isArray(known) !== Array.isArray(fresh)
  )
    return fresh;
  const entries = Object.entries(fresh).map(([key, value]) => [key, keepSame(known[key], value)] as const);
  const isSame =
    entries.length === Object.keys(known).length &&
    entries.every(([key, value]) => Object.hasOwn(known, key) && Object.is(value, known[key]));
  if (isSame) return known;
  return Array.isArray(fresh) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}

const isTree = (value: unknown): value is Record<string, unknown> =>
  Array.isArray(value) ||
  (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype);
