import { ok } from '../support/api.ts';
import { makeScene } from '../support/pages.ts';
import { makeBook, makePerson, unique } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('what a book is short of is said in good grammar of one and of many, in both languages', async ({
  server,
  open,
}) => {
  const { id: book } = await makeBook(server, 1);
  const { id: pool } = await ok(server.admin.POST('/api/v1/pools', { body: { name: unique('Pool') } }));
  const emails = [(await makePerson(server)).email, (await makePerson(server)).email];
  await ok(
    server.admin.POST('/api/v1/pools/{id}/users', { params: { path: { id: pool } }, body: { emails } }),
  );
  for (const [language, texts] of [
    ['en', ['2 coupons requested, 1 left: 1 missing.', '1 will be given.']],
    ['es', ['Se piden 2 cupones y queda 1: falta 1.', 'Se entregará 1.']],
  ] as const) {
    const page = await open(server.adminAccount, { language });
    await page.goto(`/distribute?book=${book}&pool=${pool}&perUser=1&shortage=partial`);
    for (const text of texts) await expect(page.getByText(text, { exact: true })).toBeVisible();
  }
});

test('what a job that failed was short of is said in good grammar, in both languages', async ({
  server,
  open,
}) => {
  const { jobId } = await makeScene(server);
  // What the API says when coupons are taken between the order and the job, or people reach their limit.
  const short = {
    code: 'book-exhausted',
    reason: 'stock-too-small',
    values: { needed: 1, stock: 0 },
    detail: '1 coupons are needed, 0 are left.',
  };
  const limited = {
    code: 'assignment-limit-reached',
    reason: 'limits-too-small',
    values: { needed: 2, possible: 1 },
    detail: '2 coupons are needed, but the limits allow these people only 1.',
  };
  for (const [language, failure, text] of [
    ['en', short, 'Coupons requested: 1. Left: 0.'],
    ['en', limited, 'Coupons requested: 2. The limits of these people allow only 1.'],
    ['es', short, 'Cupones pedidos: 1. Quedan: 0.'],
    ['es', limited, 'Cupones pedidos: 2. Los límites de estas personas solo permiten 1.'],
  ] as const) {
    const page = await open(server.adminAccount, { language });
    await page.route(`**/api/v1/jobs/${jobId}`, async (route) => {
      const response = await route.fetch();
      const job = (await response.json()) as object;
      await route.fulfill({ response, json: { ...job, status: 'failed', failure } });
    });
    await page.goto(`/jobs/${jobId}`);
    await expect(page.getByText(text, { exact: true })).toBeVisible();
  }
});
