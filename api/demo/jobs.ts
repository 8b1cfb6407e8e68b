import { type BookKey, FAILING_FILE } from './books.ts';
import type { DemoJob } from './client.ts';
import type { Making } from './making.ts';
import type { POOLS } from './people.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A coupon that a distribution gave. */
export interface Given {
  code: string;
  userId: string;
}

/**
 * Jobs of every kind with every end, beside those that made the coupons.
 * @returns what the distributions gave, by book; and `finish`, for the jobs that come after what people did
 */
export async function runJobs(making: Making) {
  const { admin, now, past, bookIds, poolIds } = making;
  const give = async (book: BookKey, pool: keyof typeof POOLS, daysAgo: number, order: object) => {
    const job = await admin.write<DemoJob>(
      `distribution of ${book}`,
      `/pools/${poolIds.get(pool)}/distribute`,
      {
        body: { bookId: bookIds.get(book), ...order },
      },
    );
    await admin.watch(job.id);
    past.jobs.set(job.id, now - daysAgo * DAY);
    const { items } = await admin.read<{ items: (Given & { id: number })[] }>(
      `/events?jobId=${job.id}&type=coupon.assigned&limit=200`,
    );
    return { jobId: job.id, coupons: items.sort((a, b) => a.id - b.id) };
  };

  const weekend = await give('weekend', 'newsletter', 20.9, { mode: 'equal', perUser: 2 });
  const welcome = await give('welcome', 'newsletter', 13.75, { mode: 'random', total: 30 });
  const flash = await give('flash', 'newsletter', 6.8, { mode: 'random', total: 40, maxPerUser: 3 });
  await fail(making);
  await cancel(making);

  return {
    given: { weekend: weekend.coupons, welcome: welcome.coupons, flash: flash.coupons },
    async finish() {
      // More than are left: everybody who is drawn gets one until there is none.
      await give('earlyBird', 'newsletter', 2.9, { mode: 'random', total: 40, onShortage: 'partial' });
      const undo = await admin.write<DemoJob>('undo', `/jobs/${flash.jobId}/undo`);
      await admin.watch(undo.id);
      past.jobs.set(undo.id, now - 3.4 * HOUR);
    },
  };
}

/** A file that is all or nothing, and has codes that exist already. */
async function fail({ admin, now, past, bookIds }: Making): Promise<void> {
  const path = `/books/${bookIds.get('preview')}/codes/upload?onError=abort`;
  const job = await admin.write<DemoJob>('failing file', path, { csv: FAILING_FILE });
  await admin.watch(job.id);
  past.jobs.set(job.id, now - 4.7 * DAY);
}

/** A thousand times too many codes: cancelled as soon as it shows, and its book deleted. */
async function cancel({ admin, now, past }: Making): Promise<void> {
  const book = await admin.write<{ id: string }>('trial', '/books', { body: { name: 'Trial run' } });
  const job = await admin.write<DemoJob>('trial codes', `/books/${book.id}/codes/generate`, {
    body: { count: 1_000_000, pattern: 'TRIAL-####-####-####' },
    headers: { prefer: 'respond-async' },
  });
  await admin.watch(job.id, ({ progress }) => progress.done > 0);
  await admin.write('trial cancelled', `/jobs/${job.id}/cancel`);
  await admin.watch(job.id);
  past.jobs.set(job.id, now - 8.7 * DAY);
  await admin.write('trial deleted', `/books/${book.id}`, { method: 'DELETE' });
}
