/**
 * Which transactions a reader has seen the work of: all below `end`, but not those `running` then (ascending, below `end`). This is
 * what PostgreSQL itself calls a snapshot. It is a reader's position instead of the last id, because ids are given before
 * transactions commit: the order of ids is not the order in which rows become visible.
 */
export interface Snapshot {
  end: number;
  running: readonly number[];
}

/** Reads `pg_current_snapshot()::text`: `xmin:xmax:xip,…`. Transaction ids have 64 bits; 2^53 of them are enough. */
export function parseSnapshot(text: string): Snapshot {
  const [, end, running] = text.split(':');
  return { end: Number(end), running: running ? running.split(',').map(Number) : [] };
}

/** Whether a reader at `snapshot` has seen the work of a transaction that has committed. */
export const hasSeen = ({ end, running }: Snapshot, txid: number) => txid < end && !running.includes(txid);

/** Whether who is at `later` has seen all that one at `earlier` has. */
export const covers = (later: Snapshot, earlier: Snapshot) =>
  earlier.end <= later.end && later.running.every((txid) => !hasSeen(earlier, txid));

/** The part of a snapshot below a transaction. */
export const cutAt = ({ end, running }: Snapshot, txid: number): Snapshot => ({
  end: Math.min(end, txid),
  running: running.filter((one) => one < txid),
});

/** A snapshot with at most `count` running transactions: what fits a cursor. It ends earlier, before the first one too many. */
export const withAtMost = (snapshot: Snapshot, count: number): Snapshot =>
  snapshot.running.length > count ? cutAt(snapshot, snapshot.running[count]!) : snapshot;

/** As short text: `end`, then for each running transaction how far it is below; base 36. */
export const formatSnapshot = ({ end, running }: Snapshot) =>
  [end, ...running.map((txid) => end - txid)].map((number) => number.toString(36)).join('-');

/** Most running transactions of a place that is read: it is compared with others one by one with one by one. */
const MAX_RUNNING = 1_000;

/** Reads what `formatSnapshot` wrote; null when it did not write that. */
export function readSnapshotText(text: string): Snapshot | null {
  if (!/^[0-9a-z]{1,11}(-[0-9a-z]{1,11})*$/.test(text)) return null;
  const [end, ...below] = text.split('-').map((number) => Number.parseInt(number, 36));
  if (below.length > MAX_RUNNING) return null;
  const running = below.map((distance) => end! - distance);
  const fits =
    Number.isSafeInteger(end) &&
    running.every((txid, index) => txid > (running[index - 1] ?? 0) && txid < end!);
  return fits ? { end: end!, running } : null;
}
