import { ok } from './support/api.ts';
import { makeBook, makePerson, unique } from './support/scene.ts';
import { expect, test } from './support/test.ts';

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
    ['en', ['2 coupons are asked for, 1 is left: 1 is missing.', '1 will be given.']],
    ['es', ['Se piden 2 cupones y queda 1: falta 1.', 'Se entregará 1.']],
  ] as const) {
    const page = await open(server.adminAccount, { language });
    await page.goto(`/distribute?book=${book}&pool=${pool}&perUser=1&shortage=partial`);
    for (const text of texts) await expect(page.getByText(text, { exact: true })).toBeVisible();
  }
});
