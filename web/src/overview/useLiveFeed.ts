import { useQuery } from '@pinia/colada';
import { computed, onScopeDispose, shallowRef } from 'vue';
import { api, type Schemas, unwrap } from '../api/client';
import { type LiveEvent, useLiveStore } from '../history/useLiveStore';
import { newestFirst } from '../coupons/newestFirst';

const SHOWN = 20;
/** A distribution makes thousands of events per second: redraw the list at most this often. */
const DRAWN_EVERY_MS = 500;

/** An event of the feed; names that are not known yet are null. */
export type FeedEvent = Pick<
  LiveEvent,
  'id' | 'type' | 'occurredAt' | 'bookId' | 'code' | 'userId' | 'actorId'
> &
  Partial<Pick<Schemas['Event'], 'bookName' | 'userEmail' | 'actorEmail'>>;

/** The last events of all coupons, newest first, as they happen. */
export function useLiveFeed() {
  const live = useLiveStore();
  const { data, error, refetch } = useQuery({
    key: ['events', 'latest'],
    query: ({ signal }) => unwrap(api.GET('/api/v1/events', { params: { query: { limit: SHOWN } }, signal })),
  });

  const arrived = shallowRef<readonly FeedEvent[]>([]);
  let waiting: FeedEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  function draw() {
    timer = undefined;
    arrived.value = [...waiting, ...arrived.value].slice(0, SHOWN);
    waiting = [];
  }
  const stop = live.onEvent((event) => {
    waiting.unshift(event);
    if (waiting.length > SHOWN) waiting.length = SHOWN;
    timer ??= setTimeout(draw, DRAWN_EVERY_MS);
  });
  onScopeDispose(() => {
    stop();
    clearTimeout(timer);
  });

  const events = computed(
    () => data.value && newestFirst<FeedEvent>([...arrived.value, ...data.value.items]).slice(0, SHOWN),
  );
  return { events, error, refetch };
}
