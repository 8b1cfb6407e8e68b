/**
 * Events by the time at which they happened, as the API lists them: that a lock ran out is only noted when somebody comes by. Of one
 * that is there twice the second is taken: what was read has the names, which the stream does not tell.
 */
export function newestFirst<E extends { id: number; occurredAt: string }>(events: readonly E[]): E[] {
  const known = new Map(events.map((event) => [event.id, event]));
  return [...known.values()].sort(
    (one, other) => Date.parse(other.occurredAt) - Date.parse(one.occurredAt) || other.id - one.id,
  );
}
