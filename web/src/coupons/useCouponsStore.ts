import { useQueryCache } from '@pinia/colada';
import { useThrottleFn } from '@vueuse/core';
import { defineStore } from 'pinia';
import { shallowReactive, watch } from 'vue';
import { api, type Schemas, unwrap } from '../api/client';
import { keepSame } from '../api/keepWhatIsSame';
import { announce } from '../ui/announce';
import { noteServerTime } from '../ui/serverClock';
import { i18n } from '../i18n';
import { type LiveEvent, useLiveStore } from '../history/useLiveStore';
import { useSessionStore } from '../accounts/useSessionStore';

export type Coupon = Schemas['Coupon'];

export interface CouponFilter {
  bookId?: string;
  state?: Coupon['state'];
}

/** Query keys of the reader's own lists start with this; a filter follows. */
export const MY_COUPONS = ['coupons', 'mine'];

/** How long a coupon is marked as changed. */
const HIGHLIGHT_MS = 4_000;
const PAUSE_MS = 1_000;
/** How many coupons are kept: more than a page shows. The oldest goes first. */
const MAX_KEPT = 1_000;

/**
 * The latest version of each coupon that a page shows, whether it came from a list, the answer to a command, or the live stream. Of
 * two versions, the one with the later `serverTime` counts, in whatever order they arrive.
 */
export const useCouponsStore = defineStore('coupons', () => {
  const session = useSessionStore();
  const live = useLiveStore();
  const queries = useQueryCache();
  /** `coupon: null`: no longer the reader's. */
  const versions = shallowReactive(new Map<string, { coupon: Coupon | null; at: number }>());
  /** Codes that were assigned to the reader after the lists were read, newest last. */
  const arrivals = shallowReactive(new Set<string>());
  /** Codes that changed elsewhere a moment ago. */
  const changed = shallowReactive(new Set<string>());

  watch(
    () => session.user?.id,
    () => [versions, arrivals, changed].forEach((part) => part.clear()),
  );

  function put(code: string, coupon: Coupon | null, time: string): boolean {
    const at = Date.parse(time);
    const known = versions.get(code);
    if ((known?.at ?? 0) > at) return false;
    versions.set(code, {
      coupon: known && coupon && isSame(known.coupon, coupon) ? known.coupon : coupon,
      at,
    });
    if (versions.size > MAX_KEPT) versions.delete(versions.keys().next().value!);
    return true;
  }

  /** The newest version of a coupon that was read; null: no longer the reader's. */
  function now(read: Coupon): Coupon | null {
    const known = versions.get(read.code);
    return known && known.at >= Date.parse(read.serverTime) ? known.coupon : read;
  }

  /** Keeps a coupon that the API answered. */
  function note(coupon: Coupon): Coupon {
    noteServerTime(coupon.serverTime);
    const known = versions.get(coupon.code)?.coupon;
    if (put(coupon.code, coupon, coupon.serverTime) && known && known.state !== coupon.state) enter(coupon);
    return coupon;
  }

  /** States that coupons entered since the lists were last read. */
  const entered = new Set<Coupon['state']>();
  const readAgain = useThrottleFn(
    () => {
      // A coupon on the screen stays when its state changes. Lists are read again only for coupons that came in.
      const predicate = ({ key, active }: { key: readonly unknown[]; active: boolean }) => {
        const { state } = key[MY_COUPONS.length] as CouponFilter;
        return state !== undefined && (!active || entered.has(state));
      };
      void queries.invalidateQueries({ key: MY_COUPONS, predicate }).catch(() => {});
      entered.clear();
    },
    PAUSE_MS,
    true,
  );

  /** The reader's coupon has a new state, so lists by state are out of date. */
  function enter({ state, ownerId }: Coupon): void {
    if (ownerId !== session.user?.id) return;
    entered.add(state);
    void readAgain();
  }

  /** Keeps a coupon that was just assigned to the reader. */
  function arrive(coupon: Coupon): void {
    arrivals.add(note(coupon).code);
    highlight(coupon.code);
  }

  live.onEvent((event: LiveEvent) => {
    const { code, coupon } = event;
    if (code === null) return;
    const known = versions.get(code);
    const isMine = coupon !== null && coupon.ownerId === session.user?.id;
    const wasMine = known?.coupon?.ownerId === session.user?.id || event.userId === session.user?.id;
    // An ADMIN hears about all coupons; only those on a page are kept.
    if (!known && !isMine && !wasMine) return;
    if (!put(code, coupon, coupon?.serverTime ?? event.occurredAt)) return;
    if (isMine && event.type === 'coupon.assigned' && !known?.coupon) arrivals.add(code);
    else if (isMine && known?.coupon?.state !== coupon.state) enter(coupon);
    if (looks(known?.coupon) === looks(coupon)) return;
    highlight(code);
    // Announce only the reader's own coupons: a table of all coupons would never stop talking.
    if (!isMine && !wasMine) return;
    const { t } = i18n.global;
    announce(
      coupon
        ? t('coupons.changedTo', { code, state: t(`states.${coupon.state}`) })
        : t('coupons.noLongerYours', { code }),
    );
  });

  function highlight(code: string): void {
    changed.add(code);
    setTimeout(() => changed.delete(code), HIGHLIGHT_MS);
  }

  /** @throws {ApiProblem} `not-your-coupon` when it is not the reader's */
  async function fetch(code: string, signal?: AbortSignal): Promise<Coupon> {
    return note(await unwrap(api.GET('/api/v1/coupons/{code}', { params: { path: { code } }, signal })));
  }

  return {
    note,
    arrive,
    fetch,
    now,
    /** The version that is kept; null: no longer the reader's. */
    latest: (code: string) => versions.get(code)?.coupon,
    /** Grows with each new version of a coupon. */
    versionOf: (code: string) => versions.get(code)?.at,
    isChanged: (code: string) => changed.has(code),
    arrivals,
  };
});

/** Whether only the time of reading differs: then it need not be drawn again. */
function isSame(one: Coupon | null, other: Coupon): boolean {
  const then = { ...one, serverTime: other.serverTime };
  return keepSame(then, other) === then;
}

/** The visible parts of a coupon: a new version that looks the same is no news. */
const looks = (coupon: Coupon | null | undefined): string =>
  coupon ? [coupon.state, coupon.ownerId, coupon.lockExpiresAt, coupon.redemptionCount].join() : '';
