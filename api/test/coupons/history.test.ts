import { afterAll, beforeAll, expect, test } from 'vitest';
import { selectModules } from '../../src/modules/index.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { command, insertBook } from '../support/nodes.ts';

let t: TestApp;
beforeAll(async () => {
  t = await startTestApp({ modules: selectModules(['coupons']) });
});
afterAll(() => t.close());

async function historyOf(code: string, { headers }: TestUser) {
  const reply = await t.app.inject({ method: 'GET', url: `/api/v1/coupons/${code}/history`, headers });
  expect(reply.statusCode).toBe(200);
  return reply.json<{ items: { type: string; userId: string; actorId: string }[] }>().items;
}

test('the owner of a coupon that was taken back from another learns nothing of that other', async () => {
  const [admin, former, present] = [await t.asAdmin(), await t.asUser(), await t.asUser()];
  const code = (await insertBook(t.db, 1, { maxRedemptions: 5 })).codes[0]!;
  for (const name of ['assign', 'lock', 'redeem'] as const) {
    expect(
      (await command(t, former, name, code, name === 'redeem' ? { metadata: { till: 'secret' } } : {}))
        .status,
    ).toBe(200);
  }
  const url = `/api/v1/coupons/unassign/${code}`;
  expect((await t.app.inject({ method: 'POST', url, headers: admin.headers, payload: {} })).statusCode).toBe(
    200,
  );
  expect((await command(t, present, 'assign', code)).status).toBe(200);

  expect(await historyOf(code, present)).toMatchObject([{ type: 'coupon.assigned', userId: present.id }]);
  expect((await historyOf(code, admin)).map(({ type }) => type)).toEqual([
    'coupon.assigned',
    'coupon.locked',
    'coupon.redeemed',
    'coupon.unassigned',
    'coupon.assigned',
  ]);
});
