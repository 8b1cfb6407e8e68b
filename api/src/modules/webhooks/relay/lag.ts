import type { Database } from '../../../database/connection.ts';
import { readAge } from '../../history/outgoing/queries.ts';
import { formatSnapshot } from '../../history/snapshot.ts';
import { lookAround, type RelayName } from './queries.ts';

export interface Lag {
  name: RelayName;
  status: 'idle' | 'behind' | 'stopped';
  /** Age of the oldest event or notice that was not handed on. */
  lagSeconds: number;
  stoppedAt: Date | null;
}

/** How far behind each relay is. */
export async function readLags(db: Database): Promise<Lag[]> {
  const seen = await lookAround(db);
  if (!seen) return [];
  const { tip } = seen;
  return Promise.all(
    seen.relays.map(async ({ name, place, stoppedAt, hasReplay }): Promise<Lag> => {
      if (stoppedAt) return { name, status: 'stopped', lagSeconds: 0, stoppedAt };
      // Transactions of anybody move the tip, also those that tell nothing.
      const isAtTip = formatSnapshot(place.from) === formatSnapshot(tip);
      const lagSeconds = isAtTip
        ? 0
        : await readAge(db, { from: place.from, to: tip, afterId: place.afterId });
      const isBehind = lagSeconds > 0 || hasReplay;
      return { name, status: isBehind ? 'behind' : 'idle', lagSeconds, stoppedAt };
    }),
  );
}
