/** What is used of it, so that the types can be checked where the packages of bench/ are not installed. */
declare module 'pg-copy-streams' {
  export function from(sql: string): import('pg').Submittable & import('node:stream').Writable;
}
