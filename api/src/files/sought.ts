import type { TitleScore } from './titles.ts';

/** What a file is read for. */
export interface Sought {
  what: 'codes' | 'e-mails';
  titleScore: TitleScore;
  /** Whether a cell can be one; undefined: it says nothing, such as a blank one. */
  fits: (cell: string) => boolean | undefined;
  /** The looks that all cells share when each is one: then all are read. */
  lookOf: (cells: readonly string[]) => string | null;
  /** Whether each line is a list with a way of its own to write it, such as `"Doe, Ann" <ann@example.org>; …`. */
  isListOfLines?: (lines: readonly string[]) => boolean;
}

/** How the caller says the file is to be read. */
export interface LayoutOptions {
  /** Title or number, from 1. */
  column?: string;
  header: 'auto' | 'present' | 'absent';
}
