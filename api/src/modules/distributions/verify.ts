import { ALGORITHM, draw, type Entrant, hashList, hashOutcome, type Terms } from './draw.ts';

/** A draw as `GET /jobs/{id}/draw` publishes it. */
export interface DrawRecord {
  algorithm: number;
  /** 32 bytes in hex. */
  seed: string;
  terms: Terms;
  listHash: string;
  outcomeHash: string;
  /** In the order of lots. */
  shares: readonly (Entrant & { lot: number; share: number })[];
}

/**
 * Repeats a draw from its seed, terms and list.
 * @returns what does not agree, in words; nothing when everything does
 */
export function findDrawFaults({
  algorithm,
  seed,
  terms,
  listHash,
  outcomeHash,
  shares,
}: DrawRecord): string[] {
  if (algorithm !== ALGORITHM) return [`algorithm ${algorithm} is not known here, only ${ALGORITHM}`];
  if (!/^[0-9a-f]{64}$/.test(seed)) return ['the seed is not 32 bytes in hex'];
  const list = shares
    .map(({ userId, already }) => ({ userId, already }))
    .sort((a, b) => (a.userId < b.userId ? -1 : 1));
  const faults: string[] = [];
  if (new Set(list.map(({ userId }) => userId)).size < list.length)
    faults.push('a user is in the list twice');
  const actualList = hashList(list).toString('hex');
  if (actualList !== listHash) faults.push(`the list has the hash ${actualList}, recorded is ${listHash}`);

  const repeated = draw(Buffer.from(seed, 'hex'), terms, list);
  const differing = repeated.lots.flatMap((place, index) => {
    const { userId } = list[place]!;
    const drawn = { lot: index + 1, userId, share: repeated.shares[place]! };
    const recorded = shares[index]!;
    const agrees = recorded.lot === drawn.lot && recorded.userId === userId && recorded.share === drawn.share;
    return agrees
      ? []
      : [
          `lot ${drawn.lot} drew ${userId} with ${drawn.share}, recorded is ${recorded.userId} with ${recorded.share}`,
        ];
  });
  faults.push(...differing.slice(0, 10));
  if (differing.length > 10) faults.push(`and ${differing.length - 10} other lots differ`);
  const actualOutcome = hashOutcome(list, repeated).toString('hex');
  if (actualOutcome !== outcomeHash) {
    faults.push(`the outcome drawn has the hash ${actualOutcome}, recorded is ${outcomeHash}`);
  }
  return faults;
}
