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

/** The beginning of the keys of the lists of the reader's coupons; a filter follows. */
export const MY_COUPONS = ['coupons', 'mine'];

/** How long a coupon says that it has just changed. */
const HIGHLIGHT_MS = 4_000;
const PAUSE_MS = 1_000;
/** Coupons whose latest version is kept: more than a page shows. The one that was seen first goes first. */
const MAX_KEPT = 1_000;

/**
 * The latest version of each coupon that a page shows, whoever told of it: a list, an answer to a command, the live stream. Of two
 * versions the one with the later `serverTime` is right, in whatever order they arrive.
 */
export const useCouponsStore = defineStore('coupons', () => {
  const session = useSessionStore();
  const live = useLiveStore();
  const queries = useQueryCache();
  /** `coupon: null`: it is not the reader's any more. */
  const versions = shallowReactive(new Map<string, { coupon: Coupon | null; at: number }>());
  /** Codes that were assigned to the reader while the page is open, latest last: lists that are loaded lack them. */
  const arrivals = shallowReactive(new Set<string>());
  /** Codes that were changed elsewhere a moment ago. */
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

  /** A coupon that was read, as it is by now; null: it is not the reader's any more. */
  function now(read: Coupon): Coupon | null {
    const known = versions.get(read.code);
    return known && known.at >= Date.parse(read.serverTime) ? known.coupon : read;
  }

  /** Takes in a coupon that the API has answered. */
  function note(coupon: Coupon): Coupon {
    noteServerTime(coupon.serverTime);
    const known = versions.get(coupon.code)?.coupon;
    if (put(coupon.code, coupon, coupon.serverTime) && known && known.state !== coupon.state) enter(coupon);
    return coupon;
  }

  /** States that coupons came into since lists were last read again. */
  const entered = new Set<Coupon['state']>();
  const readAgain = useThrottleFn(
    () => {
      // What is on the screen stays there when its state changes; it is read again for what came in alone.
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

  /** A coupon of the reader has another state now: lists by state lack it, or have it too much. */
  function enter({ state, ownerId }: Coupon): void {
    if (ownerId !== session.user?.id) return;
    entered.add(state);
    void readAgain();
  }

  /** Takes in a coupon that was just assigned to the reader. */
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
    // An ADMIN hears of everything; only what is on a page is kept.
    if (!known && !isMine && !wasMine) return;
    if (!put(code, coupon, coupon?.serverTime ?? event.occurredAt)) return;
    if (isMine && event.type === 'coupon.assigned' && !known?.coupon) arrivals.add(code);
    else if (isMine && known?.coupon?.state !== coupon.state) enter(coupon);
    if (looks(known?.coupon) === looks(coupon)) return;
    highlight(code);
    // A table of everybody's coupons would never stop talking.
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
    /** The latest version that is kept; null: it is not the reader's any more. */
    latest: (code: string) => versions.get(code)?.coupon,
    /** Grows with each new version of a coupon. */
    versionOf: (code: string) => versions.get(code)?.at,
    isChanged: (code: string) => changed.has(code),
    arrivals,
  };
});

/** Whether only the time at which it was read is another: then it need not be drawn anew. */
function isSame(one: Coupon | null, other: Coupon): boolean {
  const then = { ...one, serverTime: other.serverTime };
  return keepSame(then, other) === then;
}

/** What of a coupon can be seen: another version with the same looks is no news. */
const looks = (coupon: Coupon | null | undefined): string =>
  coupon ? [coupon.state, coupon.ownerId, coupon.lockExpiresAt, coupon.redemptionCount].join() : '';
