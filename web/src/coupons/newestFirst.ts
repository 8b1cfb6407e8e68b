/**
 * Events by the time at which they happened, as the API lists them: an expired lock is only written down later. If an event is there
 * twice, the second one counts: events that were read have names, those of the stream do not.
 */
export function newestFirst<E extends { id: number; occurredAt: string }>(events: readonly E[]): E[] {
  const known = new Map(events.map((event) => [event.id, event]));
  return [...known.values()].sort(
    (one, other) => Date.parse(other.occurredAt) - Date.parse(one.occurredAt) || other.id - one.id,
  );
}
