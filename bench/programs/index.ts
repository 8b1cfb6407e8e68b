import type { Program } from '../program.ts';
import { p1 } from './p1-assign.ts';
import { p1Keys, p1PgBouncer, p1Refused, p1Workers } from './p1-variants.ts';
import { p1Traced } from './p1-traced.ts';
import { p2 } from './p2-lock-redeem.ts';
import { p3 } from './p3-pgbench.ts';
import { p4 } from './p4-brief.ts';
import { p5 } from './p5-redis.ts';
import { p6, p6Churn, p6Size, p6Wal } from './p6-growth.ts';
import { p7 } from './p7-latency.ts';
import { p11 } from './p11-live-stream.ts';
import { p11Webhook } from './p11-webhook.ts';
import { p8, p9 } from './p8-p9-codes.ts';
import { p10 } from './p10-distribute.ts';

/** In the order they run. P12, the web app, is measured in a browser. */
export const programs: readonly Program[] = [
  p1,
  p2,
  p3,
  p4,
  p5,
  p6,
  p6Size,
  p6Churn,
  p6Wal,
  p7,
  p8,
  p9,
  p10,
  p11,
  p11Webhook,
  p1Keys,
  p1Refused,
  p1PgBouncer,
  p1Workers,
  p1Traced,
];
