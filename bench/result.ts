import type { Machine } from './machine.ts';
import type { Options } from './options.ts';
import type { Outcome } from './program.ts';

/** What came of one program. One of the last three is set. */
export interface Result {
  id: string;
  title: string;
  startedAt: string;
  tookSeconds: number;
  /** Milliseconds that a COMMIT waited for the disk before the program; only where its ratios depend on it. */
  flushMs?: number;
  /** How many cores others kept busy meanwhile, on average. */
  othersCores: number;
  /** How many cores the hypervisor gave to other machines while this one wanted them. */
  stolenCores?: number;
  commit: string | undefined;
  machine: Machine;
  options: Pick<Options, 'quick' | 'rounds' | 'seconds' | 'rows'>;
  outcome?: Outcome;
  notMeasured?: string;
  failed?: string;
}
