import type { Database, Transaction } from '../../../database/connection.ts';
import type { Message } from './message.ts';
import type { Lease, RelayName } from './queries.ts';

/** A page of messages to hand on. */
export interface Page {
  /** In the order of their ids; of one coupon that is the order in which they happened. */
  messages: readonly Message[];
  /** Of a replay: only to this webhook. */
  webhookId: string | null;
  isReplay: boolean;
  /** Aborted when the lease is lost or the process stops. */
  signal: AbortSignal;
  /**
   * Notes that they were handed on, in one transaction with `work`. Comes last; without it the page comes again.
   * @throws {LostLease}
   */
  save: (work?: (trx: Transaction) => Promise<void>) => Promise<void>;
}

/** Where a relay hands messages on to. */
export interface Sink {
  name: RelayName;
  /** Says by how many messages, if it is not as many as the page has. */
  handOn: (page: Page) => Promise<number | void>;
  /** Whether nobody wants anything now, so that events need not be read. Asked after the tip was. */
  isUnwanted?: (db: Database) => Promise<boolean>;
  /** What it has to do beside pages while it has the lease. True: there is more. */
  work?: (lease: Lease, signal: AbortSignal) => Promise<boolean>;
  /** Ends what `work` has begun, when the lease is given back or lost. */
  rest?: (lease: Lease, lost: boolean) => Promise<void>;
}
