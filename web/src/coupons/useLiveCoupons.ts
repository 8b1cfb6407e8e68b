import { computed, onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import type { Schemas } from '../api/client';
import { useLiveStore } from '../history/useLiveStore';

/** How long a row says that it has just changed. */
const MARKED_MS = 4_000;

/**
 * The coupons of a page as they are by now: what was read, and what happened to them since. Coupons that are not on the page are not
 * kept, however much happens.
 */
export function useLiveCoupons<T extends Schemas['Coupon']>(items: Ref<readonly T[] | undefined>) {
  const live = useLiveStore();
  const changed = shallowRef<ReadonlyMap<string, Schemas['Coupon']>>(new Map());
  const marked = shallowRef<ReadonlySet<string>>(new Set());
  const timers = new Set<ReturnType<typeof setTimeout>>();

  watch(items, () => (changed.value = new Map()));

  const isLater = (one: { serverTime: string }, other: { serverTime: string }) =>
    Date.parse(one.serverTime) > Date.parse(other.serverTime);

  function mark(code: string): void {
    marked.value = new Set(marked.value).add(code);
    const timer = setTimeout(() => {
      timers.delete(timer);
      const left = new Set(marked.value);
      left.delete(code);
      marked.value = left;
    }, MARKED_MS);
    timers.add(timer);
  }

  const stop = live.onEvent(({ coupon }) => {
    const shown = coupon && items.value?.find(({ code }) => code === coupon.code);
    if (!shown || !isLater(coupon, changed.value.get(coupon.code) ?? shown)) return;
    changed.value = new Map(changed.value).set(coupon.code, coupon);
    mark(coupon.code);
  });
  onScopeDispose(() => {
    stop();
    timers.forEach(clearTimeout);
  });

  /** Shows what the API answered to a command before the stream tells it. */
  function show(coupon: Schemas['Coupon']): void {
    changed.value = new Map(changed.value).set(coupon.code, coupon);
    mark(coupon.code);
  }

  const coupons = computed(() =>
    items.value?.map((item) => {
      const now = changed.value.get(item.code);
      // Whose it is by now is known by id; the e-mail that was read may be another's.
      return now && isLater(now, item)
        ? { ...item, ...now, ...(now.ownerId === item.ownerId ? {} : { ownerEmail: null }) }
        : item;
    }),
  );
  return { coupons, marked, show };
}
