/**
 * Remembers codes by 63 bits of a hash, in memory that does not depend on how long they are. Two different codes of a million are
 * taken for one with a chance of one in ten million: good for counts in a preview; what is stored is compared by the database.
 * @param most codes; of more than that nothing is remembered
 */
export function createSeenSet(most: number) {
  const slots = 2 ** Math.ceil(Math.log2(most * 2 + 2));
  const high = new Uint32Array(slots);
  const low = new Uint32Array(slots);
  let count = 0;
  return {
    /** @returns whether it is new, as far as that is known */
    add(code: string): boolean {
      let a = 0x811c9dc5;
      let b = 0x9e3779b9;
      for (let i = 0; i < code.length; i += 1) {
        const character = code.charCodeAt(i);
        a = Math.imul(a ^ character, 0x01000193);
        b = Math.imul(b ^ character, 0x85ebca6b);
        b ^= b >>> 13;
      }
      a = (a ^ (a >>> 16)) >>> 0;
      b = (b | 1) >>> 0; // 0 is a free slot
      for (let slot = (a ^ b) & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
        if (low[slot] === b && high[slot] === a) return false;
        if (low[slot] !== 0) continue;
        if (count < most) {
          low[slot] = b;
          high[slot] = a;
          count += 1;
        }
        return true;
      }
    },
  };
}
