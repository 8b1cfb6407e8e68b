import { useInfiniteQuery } from '@pinia/colada';
import { computed } from 'vue';
import { api, unwrap } from '../api/client';
import { type Coupon, type CouponFilter, MY_COUPONS, useCouponsStore } from './useCouponsStore';

/** Two screens of cards: they are slow to draw on a phone. */
const PAGE = 12;

/** The reader's coupons in their newest version. One that changes keeps its place; new ones come first. */
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
    const listed = pages.flatMap(({ items }) => items);
    const isListed = new Set(listed.map(({ code }) => code));
    const arrived = [...store.arrivals]
      .reverse()
      .filter((code) => !isListed.has(code))
      .map(store.latest)
      .filter((coupon) => !!coupon && fits(coupon));
    return [...arrived, ...listed.map(store.now)].filter((coupon) => !!coupon);
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
