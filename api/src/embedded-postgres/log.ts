/** The first complaint in a log of PostgreSQL or initdb, without its prefix: the others follow from it. */
export function firstReason(log: string): string | undefined {
  return /(?:PANIC:|FATAL:|initdb: error:|initdb:)\s+(.+)/.exec(log)?.[1]?.trim();
}

/** The last complaint of a session. */
export function lastReason(log: string): string | undefined {
  return [...log.matchAll(/(?:PANIC|FATAL|ERROR):\s+(.+)/g)].at(-1)?.[1]?.trim();
}
