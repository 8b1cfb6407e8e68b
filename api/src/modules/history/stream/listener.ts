import type { Snapshot } from '../snapshot.ts';
import type { Reader } from './messages.ts';

export type ResetReason = 'unknown-position' | 'too-many-events';

/** Someone who listens, to the events of a user or of a book, or to all. */
export interface Listener {
  reader: Reader;
  userId?: string;
  bookId?: string;
  /** Messages in the order of the stream, as bytes that all who listen to the same share. */
  tell: (messages: Buffer) => void;
  /** What was told cannot be continued: the database is another than it was, or too much has happened. */
  reset: (reason: ResetReason, position: Snapshot) => void;
}
