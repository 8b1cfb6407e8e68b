import { type Client, forEachOf } from './client.ts';

export interface AuditedCoupon {
  code: string;
  state: 'UNASSIGNED' | 'ASSIGNED' | 'LOCKED' | 'REDEEMED';
  ownerId: string | null;
  redemptionCount: number;
}

interface CouponEvent {
  type: string;
  userId: string;
}

export interface Audit {
  coupons: AuditedCoupon[];
  stats: {
    total: number;
    unassigned: number;
    assigned: number;
    locked: number;
    redeemed: number;
    redemptions: number;
  };
  /** Coupons whose events, replayed, do not lead to where they are. */
  contradicted: string[];
}

/** What the service itself says about a book after the race, read through its API alone. */
export async function audit(client: Client, bookId: string): Promise<Audit> {
  const coupons = await readAll<AuditedCoupon>(client, `/api/v1/books/${bookId}/coupons`);
  const { body: stats } = await client.require<Audit['stats']>(`/api/v1/books/${bookId}/stats`);
  const agrees = await forEachOf(coupons, 64, async (coupon) => {
    const events = await readAll<CouponEvent>(client, `/api/v1/coupons/${coupon.code}/history`);
    return isConsistent(coupon, events);
  });
  return {
    coupons,
    stats,
    contradicted: coupons.filter((_, index) => !agrees[index]).map(({ code }) => code),
  };
}

async function readAll<T>(client: Client, path: string): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = cursor === '' ? '?limit=200' : `?limit=200&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await client.require<{ items: T[]; nextCursor: string | null }>(`${path}${query}`);
    items.push(...body.items);
    cursor = body.nextCursor;
  }
  return items;
}

/** The rules once more, written without a look at the server's: what each event may follow, and what it makes. */
const TRANSITIONS: Readonly<Record<string, { from: AuditedCoupon['state']; to: AuditedCoupon['state'] }>> = {
  'coupon.assigned': { from: 'UNASSIGNED', to: 'ASSIGNED' },
  'coupon.locked': { from: 'ASSIGNED', to: 'LOCKED' },
  'coupon.unlocked': { from: 'LOCKED', to: 'ASSIGNED' },
  'coupon.lock_expired': { from: 'LOCKED', to: 'ASSIGNED' },
  'coupon.redeemed': { from: 'LOCKED', to: 'REDEEMED' },
};

function isConsistent(coupon: AuditedCoupon, events: readonly CouponEvent[]): boolean {
  let state: AuditedCoupon['state'] = 'UNASSIGNED';
  let redemptions = 0;
  for (const { type, userId } of events) {
    const transition = TRANSITIONS[type];
    if (!transition || transition.from !== state || userId !== coupon.ownerId) return false;
    state = transition.to;
    if (type === 'coupon.redeemed') redemptions += 1;
  }
  return (
    state === coupon.state &&
    redemptions === coupon.redemptionCount &&
    (coupon.ownerId === null) === (events.length === 0)
  );
}
