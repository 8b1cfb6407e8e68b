import { computed, type ComputedRef, watch } from 'vue';
import { useSecondsUntil } from '../ui/serverClock';
import { type Coupon, useCouponsStore } from './useCouponsStore';

const ASK_AGAIN_MS = 3_000;

/**
 * A coupon at this moment: when its lock expires it is ASSIGNED, before any event says so. Its new actions are then read from the
 * API until it answers.
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
