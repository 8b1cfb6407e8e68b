import { ok } from '../support/api.ts';
import { findBarriers } from '../support/axe.ts';
import { makePerson, unique } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

const newId = () => unique('customer').replace(' ', '-');

test('an administrator gives an account an external id, changes it and takes it away; what else the account has stays', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/status of (400|409)/);
  const person = await makePerson(server);
  const [first, second, taken] = [newId(), newId(), newId()];
  const path = { id: (await makePerson(server)).id };
  await ok(server.admin.PATCH('/api/v1/users/{id}', { params: { path }, body: { externalId: taken } }));
  const read = () => ok(server.admin.GET('/api/v1/users/{id}', { params: { path: { id: person.id } } }));

  const page = await open(server.adminAccount, { at: `/users?q=${person.email}`, kept: true });
  const dialog = page.getByRole('dialog');
  const field = dialog.getByLabel('External ID');
  const save = dialog.getByRole('button', { name: 'Save' });
  const openDetails = async () => {
    await page.getByRole('button', { name: `Actions for ${person.email}` }).click();
    await page.getByRole('menuitem', { name: 'Name and external ID' }).click();
    await expect(dialog).toContainText(person.email);
  };

  await openDetails();
  await expect(field).toHaveValue('');
  await expect(save).toBeDisabled();
  await field.fill('not an id');
  await save.click();
  await expect(dialog.getByText(/no spaces/)).toBeVisible();
  await field.fill(taken);
  await save.click();
  await expect(dialog.getByText('Another account has this external ID.')).toBeVisible();
  expect(await findBarriers(page)).toEqual([]);
  await field.fill(first);
  await save.click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText(`External ID: ${first}`)).toBeVisible();

  // Somebody else gives the account a name while the dialog is open.
  await openDetails();
  await expect(field).toHaveValue(first);
  const name = unique('Somebody');
  await ok(server.admin.PATCH('/api/v1/users/{id}', { params: { path: { id: person.id } }, body: { name } }));
  await field.fill(second);
  await save.click();
  await expect(dialog).toHaveCount(0);
  expect(await read()).toMatchObject({ externalId: second, name, email: person.email, role: 'USER' });

  await openDetails();
  await field.fill('');
  await save.click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText('External ID')).toHaveCount(0);
  expect(await read()).toMatchObject({ externalId: null, name });
});
