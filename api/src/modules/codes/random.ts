import { randomFillSync } from 'node:crypto';

/** Asking the generator for each byte is 30 times as slow as asking for many. */
const POOL = Buffer.alloc(65_536);
let used = POOL.length;

function takeByte(): number {
  if (used === POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  const byte = POOL[used]!;
  POOL[used] = 0; // what became a code is not kept
  used += 1;
  return byte;
}

/**
 * Draws integers from 0 to `bound - 1`, each as likely as the others: what `%` would favour is drawn again.
 * @param bound 1 to 2^32
 */
export function uniformBelow(bound: number): () => number {
  if (bound <= 256) {
    const limit = 256 - (256 % bound);
    return () => {
      for (;;) {
        const byte = takeByte();
        if (byte < limit) return byte % bound;
      }
    };
  }
  const limit = 2 ** 32 - (2 ** 32 % bound);
  return () => {
    for (;;) {
      const number = takeByte() * 2 ** 24 + takeByte() * 2 ** 16 + takeByte() * 2 ** 8 + takeByte();
      if (number < limit) return number % bound;
    }
  };
}
