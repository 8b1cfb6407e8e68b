import { makeBook } from './support/scene.ts';
import { expect, test } from './support/test.ts';

test('on a phone, the tab of a book that is open is on the screen, also the last of them', async ({
  server,
  open,
}) => {
  const { id } = await makeBook(server, 1);
  const page = await open(server.adminAccount, { at: `/books/${id}/settings`, phone: true });
  const tabs = page.getByRole('navigation', { name: 'Parts of the book' });
  await expect(tabs.getByRole('link', { name: 'Settings' })).toBeInViewport({ ratio: 0.9 });
  await tabs.getByRole('link', { name: 'Overview' }).click();
  await expect(tabs.getByRole('link', { name: 'Overview' })).toHaveAttribute('aria-current', 'page');
  await expect(tabs.getByRole('link', { name: 'Overview' })).toBeInViewport({ ratio: 0.9 });
});
