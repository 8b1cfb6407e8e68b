import { findSideways, PHONE, settled } from './support/pages.ts';
import { makePerson } from './support/scene.ts';
import { expect, test } from './support/test.ts';

const SAYS = {
  '/overview': 'No book is active. Create one to start.',
  '/books': 'No books yet',
  '/pools': 'No pools yet',
  '/distribute': 'Nothing to preview yet',
  '/jobs': 'No jobs yet',
  '/history/redemptions': 'Nothing has been redeemed yet',
  '/history/events': 'Nothing has happened yet',
  '/webhooks': 'No webhooks yet',
};

test('a service with nothing in it says so on every page, and what to do next', async ({
  ownServer,
  open,
}) => {
  const admin = await open(ownServer.adminAccount, { server: ownServer });
  await admin.setViewportSize(PHONE);
  for (const [path, text] of Object.entries(SAYS)) {
    await admin.goto(path);
    await settled(admin);
    await expect(admin.getByText(text).first(), path).toBeVisible();
    expect(await findSideways(admin), path).toEqual([]);
  }
  const user = await open(await makePerson(ownServer), { server: ownServer, at: '/coupons' });
  await settled(user);
  await expect(user.getByText('No coupons yet')).toBeVisible();
  await expect(user.getByText('There is nothing to claim at the moment.')).toBeVisible();
});
