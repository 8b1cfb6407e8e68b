import { useQuery } from '@pinia/colada';
import { computed } from 'vue';
import { useCouponsStore } from './useCouponsStore';

/** One coupon in its newest version; null if it was unassigned meanwhile. */
export function useCoupon(code: () => string) {
  const store = useCouponsStore();
  const query = useQuery({
    key: () => ['coupons', 'one', code()],
    query: ({ signal }) => store.fetch(code(), signal),
  });
  const coupon = computed(() => query.data.value && store.now(query.data.value));
  return { coupon, error: query.error, refetch: query.refetch };
}
