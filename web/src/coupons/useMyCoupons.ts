import { useInfiniteQuery, useQuery } from '@pinia/colada';
import { computed, type ComputedRef, watch } from 'vue';
import { api, unwrap } from '../api/client';
import { type Coupon, type CouponFilter, MY_COUPONS, useCouponsStore } from './useCouponsStore';
import { useSecondsUntil } from '../ui/serverClock';

/** Two screens of cards, which are slow to draw on a phone. */
const PAGE = 12;
const ASK_AGAIN_MS = 3_000;

/** The reader's coupons, as they are by now. One that changes stays where it is; those that arrive meanwhile come first. */
export function useMyCoupons(filter: () => CouponFilter) {
  const store = useCouponsStore();
  const query = useInfiniteQuery(() => {
    const asked = filter();
    return {
      key: [...MY_COUPONS, { ...asked }],
      query: async ({ pageParam, signal }: { pageParam: string | null; signal: AbortSignal }) => {
        const cursor = pageParam ?? undefined;
        const request = { params: { query: { ...asked, limit: PAGE, cursor } }, signal };
        const page = await unwrap(api.GET('/api/v1/coupons', request));
        page.items.forEach(store.note);
        return page;
      },
      initialPageParam: null as string | null,
      getNextPageParam: (page: { nextCursor: string | null }) => page.nextCursor,
    };
  });

  const fits = ({ bookId, state }: Coupon) => {
    const asked = filter();
    return (!asked.bookId || asked.bookId === bookId) && (!asked.state || asked.state === state);
  };
  const coupons = computed(() => {
    const pages = query.data.value?.pages;
    if (!pages) return undefined;
    const listed = pages.flatMap(({ items }) => items.map(({ code }) => code));
    const isListed = new Set(listed);
    const arrived = [...store.arrivals].filter((code) => {
      const coupon = store.latest(code);
      return !isListed.has(code) && coupon && fits(coupon);
    });
    return [...arrived.reverse(), ...listed].map(store.latest).filter((coupon) => !!coupon);
  });

  return {
    coupons,
    error: query.error,
    refetch: query.refetch,
    hasMore: computed(() => !!query.data.value?.pages.at(-1)?.nextCursor),
    isLoading: computed(() => query.asyncStatus.value === 'loading'),
    loadMore: () => query.loadNextPage(),
  };
}

/** One coupon, as it is by now; null when it was taken back meanwhile. */
export function useCoupon(code: () => string) {
  const store = useCouponsStore();
  const query = useQuery({
    key: () => ['coupons', 'one', code()],
    query: ({ signal }) => store.fetch(code(), signal),
  });
  // The API knows the code in capitals, whatever the address says.
  const coupon = computed(() => query.data.value && store.latest(query.data.value.code));
  return { coupon, error: query.error, refetch: query.refetch };
}

/**
 * A coupon as it is at this moment: at the end of its lock it is ASSIGNED, before anybody has said so. What may be done with it then
 * the API is asked, until it answers.
 */
export function useCouponNow(coupon: () => Coupon): ComputedRef<Coupon> {
  const store = useCouponsStore();
  const secondsLeft = useSecondsUntil(() => coupon().lockExpiresAt);
  const hasEnded = computed(() => coupon().state === 'LOCKED' && secondsLeft.value === 0);

  watch(
    hasEnded,
    (ended, _before, onCleanup) => {
      if (!ended) return;
      const ask = () => void store.fetch(coupon().code).catch(() => {});
      const timer = setInterval(ask, ASK_AGAIN_MS);
      onCleanup(() => clearInterval(timer));
      ask();
    },
    { immediate: true },
  );

  return computed(() =>
    hasEnded.value
      ? { ...coupon(), state: 'ASSIGNED', lockedAt: null, lockExpiresAt: null, actions: [] }
      : coupon(),
  );
}
