import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkInvariants } from '../support/invariants.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';

let api: TestApp;
let admin: TestUser;
let user: TestUser;

beforeAll(async () => {
  api = await startTestApp({ patient: true });
  admin = await api.asAdmin();
  user = await api.asUser();
});
afterAll(() => api.close());

async function post(as: TestUser, path: string, payload: object = {}, key?: string) {
  const headers = { ...as.headers, ...(key ? { 'idempotency-key': key } : {}) };
  const { statusCode, json } = await api.app.inject({
    method: 'POST',
    url: `/api/v1${path}`,
    payload,
    headers,
  });
  return { status: statusCode, body: json<Record<string, unknown>>() };
}

let books = 0;
/** A book of one coupon that `user` has. */
async function assignedCoupon(
  settings: { maxRedemptions?: number; maxAssignmentsPerUser?: number } = {},
): Promise<string> {
  const { maxRedemptions = 1, maxAssignmentsPerUser } = settings;
  books += 1;
  const { body: book } = await post(admin, '/books', {
    name: `Book ${books}`,
    ...(maxAssignmentsPerUser ? { maxAssignmentsPerUser } : {}),
    ...(maxRedemptions > 1 ? { allowMultipleRedemptions: true, maxRedemptions } : {}),
  });
  await sql`INSERT INTO coupons (book_id, code) VALUES (${book.id}, ${`TAKE-${books}`})`.execute(api.db);
  const { body } = await post(user, '/coupons/assign/random', { bookId: book.id });
  return body.code as string;
}

async function redeem(code: string): Promise<number> {
  await post(user, `/coupons/lock/${code}`);
  expect((await post(user, `/coupons/redeem/${code}`)).status).toBe(200);
  const { rows } = await sql<{ id: number }>`
    SELECT max(h.id) AS id FROM redemption_history h JOIN coupons c ON c.id = h.coupon_id WHERE c.code = ${code}`.execute(
    api.db,
  );
  return rows[0]!.id;
}

describe('a coupon that is taken back', () => {
  test('can be assigned anew, and no longer counts for its former owner', async () => {
    const code = await assignedCoupon({ maxAssignmentsPerUser: 1 });
    const { status, body } = await post(admin, `/coupons/unassign/${code}`);
    expect({ status, ...body }).toMatchObject({
      status: 200,
      state: 'UNASSIGNED',
      ownerId: null,
      assignedAt: null,
    });
    const again = await post(user, `/coupons/assign/${code}`);
    expect(again.body).toMatchObject({ state: 'ASSIGNED', ownerId: user.id });
    await checkInvariants(api.db);
  });

  test('is one that nobody holds or has used up: 400 invalid-state says which', async () => {
    const locked = await assignedCoupon();
    await post(user, `/coupons/lock/${locked}`);
    expect(await post(admin, `/coupons/unassign/${locked}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid-state', state: 'LOCKED' },
    });
    const redeemed = await assignedCoupon();
    await redeem(redeemed);
    expect(await post(admin, `/coupons/unassign/${redeemed}`)).toMatchObject({
      status: 400,
      body: { code: 'invalid-state', state: 'REDEEMED', actions: [] },
    });
  });

  test('is taken by an ADMIN only; unknown: 404', async () => {
    const code = await assignedCoupon();
    expect(await post(user, `/coupons/unassign/${code}`)).toMatchObject({
      status: 403,
      body: { code: 'forbidden' },
    });
    expect(await post(admin, '/coupons/unassign/NO-SUCH')).toMatchObject({ status: 404 });
  });

  test('by twenty administrators at once is taken back once', async () => {
    const code = await assignedCoupon();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(admin, `/coupons/unassign/${code}`)),
    );
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.every((status) => [200, 400, 409].includes(status))).toBe(true);
    await checkInvariants(api.db);
  });
});

describe('a redemption that is rolled back', () => {
  test('makes the coupon ASSIGNED again, and both stay in the history', async () => {
    const code = await assignedCoupon();
    const id = await redeem(code);
    const { body } = await post(admin, `/redemptions/${id}/rollback`, { reason: 'wrong till' });
    expect(body).toMatchObject({
      state: 'ASSIGNED',
      redemptionCount: 0,
      redemptionsLeft: 1,
      redeemedAt: null,
      ownerId: user.id,
    });
    const second = await redeem(code);
    const { rows } = await sql`
      SELECT redemption_number, rollback_of, reason FROM redemption_history
      WHERE coupon_id = (SELECT id FROM coupons WHERE code = ${code}) ORDER BY id`.execute(api.db);
    expect(rows).toEqual([
      { redemption_number: 1, rollback_of: null, reason: null },
      { redemption_number: 1, rollback_of: id, reason: 'wrong till' },
      { redemption_number: 2, rollback_of: null, reason: null },
    ]);
    expect(second).toBeGreaterThan(id);
    await checkInvariants(api.db);
  });

  test('is rolled back once only, however many ask at once', async () => {
    const code = await assignedCoupon({ maxRedemptions: 3 });
    const first = await redeem(code);
    await redeem(code);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => post(admin, `/redemptions/${first}/rollback`, { reason: 'twice' })),
    );
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
      200,
      ...Array<number>(9).fill(409),
    ]);
    const { json } = await api.app.inject({ url: `/api/v1/coupons/${code}`, headers: user.headers });
    expect(json()).toMatchObject({
      redemptionCount: 1,
      redemptionsLeft: 2,
      redeemedAt: expect.any(String) as string,
    });
    await checkInvariants(api.db);
  });

  test('repeated with its Idempotency-Key gets the first answer', async () => {
    const id = await redeem(await assignedCoupon());
    const [first, repeat] = [
      await post(admin, `/redemptions/${id}/rollback`, { reason: 'once' }, 'rollback-1'),
      await post(admin, `/redemptions/${id}/rollback`, { reason: 'once' }, 'rollback-1'),
    ];
    expect(repeat).toEqual(first);
  });

  test('needs a reason, an ADMIN, and a redemption that is none itself', async () => {
    const id = await redeem(await assignedCoupon());
    expect(await post(admin, `/redemptions/${id}/rollback`, { reason: ' ' })).toMatchObject({ status: 400 });
    expect(await post(user, `/redemptions/${id}/rollback`, { reason: 'mine' })).toMatchObject({
      status: 403,
    });
    await post(admin, `/redemptions/${id}/rollback`, { reason: 'x' });
    expect(await post(admin, `/redemptions/${id + 1}/rollback`, { reason: 'the rollback' })).toMatchObject({
      status: 404,
    });
    expect(await post(admin, '/redemptions/999999/rollback', { reason: 'x' })).toMatchObject({ status: 404 });
  });
});
