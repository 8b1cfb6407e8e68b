import type { Options } from './options.ts';
import type { Target } from './statistics.ts';

/** What one contestant did, round by round. */
export interface Measure {
  name: string;
  /** Under what condition, such as "64 connections". */
  setting?: string;
  unit: string;
  values: number[];
  /** What explains it, round by round: latencies, CPU, sizes of groups. By a name with its unit. */
  details: Record<string, number[]>;
}

/** A number that something is concluded from, round by round. */
export interface Finding {
  name: string;
  values: number[];
  /** Of the values; none: a ratio. */
  unit?: string;
  /** None: told for information. */
  target?: Target;
}

export interface Outcome {
  findings: Finding[];
  measures: Measure[];
  notes: string[];
}

/** What a program of `programs/` is given. */
export interface Bench {
  options: Options;
  /** Milliseconds that a COMMIT waits for the disk, just before the program. */
  flushMs: number;
  /** Progress. */
  log: (text: string) => void;
}

export interface Program {
  id: string;
  title: string;
  /** One side of its pairs waits for the disk more often than the other: the flush time is part of the result. */
  hangsOnFlush?: boolean;
  run: (bench: Bench) => Promise<Outcome>;
}

/** Something that this machine lacks; the message says what, and how to get it. */
export class NotMeasured extends Error {}
