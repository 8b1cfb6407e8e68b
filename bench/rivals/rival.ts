/** Takes a coupon of a book for a user: its code, or null when there is none. */
export interface Rival {
  claim: (bookId: string, userId: string) => Promise<string | null>;
  close: () => Promise<unknown>;
}
