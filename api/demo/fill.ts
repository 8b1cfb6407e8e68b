import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { forEachOf } from '../race/client.ts';
import { sweepExpiredLocks } from '../src/modules/coupons/sweep.ts';
import { BOOK_KEYS, BOOKS } from './books.ts';
import { type DemoJob, openPerson, type Person } from './client.ts';
import { runJobs } from './jobs.ts';
import type { Making } from './making.ts';
import { isComplete, moveIntoPast } from './past.ts';
import { ADMIN, CHECKOUT, PEOPLE, POOLS, REGULAR, SHOPPER } from './people.ts';
import { play, takeBack } from './play.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;
const AT_ONCE = 24;
/** While the data are made: none may run out between two attempts to make them. */
const LONGEST_LOCK_SECONDS = 86_400;

/**
 * Makes the demo data, through the service's own API, then moves them into the past. What a start that was killed had made
 * already is found by its Idempotency-Keys, which are kept for a day. Does nothing when the data are complete.
 * @param app listens, is ready, and has nothing in its database but the demo's administrator
 * @param say is told of each step as it begins
 */
export async function fillDemo(app: FastifyInstance, say: (step: string) => void): Promise<void> {
  if (await isComplete(app.db)) return;
  const { address, family, port } = app.server.address() as AddressInfo;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  const people: Person[] = [];
  const open = async (email: string) => {
    const person = await openPerson(url, email);
    people.push(person);
    return person;
  };
  try {
    const admin = await open(ADMIN.email);
    const { id, createdAt } = await admin.read<{ id: string; createdAt: string }>('/auth/me');
    await admin.write('name', `/users/${id}`, { method: 'PATCH', body: { name: ADMIN.name } });
    const making: Making = {
      admin,
      actors: new Map(),
      // The same for every attempt, so that the same keys come with the same dates.
      now: Date.parse(createdAt),
      past: { acts: [], jobs: new Map(), books: new Map(), users: new Map(), pools: new Map() },
      userIds: new Map(),
      bookIds: new Map(),
      poolIds: new Map(),
    };
    say('accounts and pools');
    await makePeople(making);
    const actors = await Promise.all([CHECKOUT, SHOPPER, REGULAR].map(open));
    for (const actor of actors) making.actors.set(actor.email, actor);
    say('books and their coupons');
    await makeBooks(making);
    say('distributions and other jobs');
    const { given, finish } = await runJobs(making);
    say('a month of claims and redemptions');
    const unassigned = await play(making, given);
    await finish();
    await takeBack(making, unassigned);
    await closeBooks(making);
    say('moving it all into the past');
    await moveIntoPast(app.db, making.past);
    await sweepExpiredLocks(app.db);
  } finally {
    for (const person of people) person.close();
  }
}

async function makePeople({ admin, now, past, userIds, poolIds }: Making): Promise<void> {
  await forEachOf(
    PEOPLE.filter(({ invited }) => !invited),
    AT_ONCE,
    async ({ email, name, role, password, disabledDaysAgo }) => {
      const { id } = await admin.write<{ id: string }>(email, '/users', {
        body: { email, name, role, password },
      });
      if (disabledDaysAgo !== undefined) {
        await admin.write(`${email} disabled`, `/users/${id}`, { method: 'PATCH', body: { disabled: true } });
      }
    },
  );
  for (const [index, [key, pool]] of Object.entries(POOLS).entries()) {
    const { id } = await admin.write<{ id: string }>(`pool ${key}`, '/pools', { body: pool });
    poolIds.set(key as keyof typeof POOLS, id);
    past.pools.set(id, now - (38.8 - 15.3 * index) * DAY);
    const members = PEOPLE.filter(({ inPool }) => inPool === key);
    if (members.length === 0) continue;
    const csv = ['email', ...members.map(({ email }) => email), ''].join('\n');
    await admin.write(`members of ${key}`, `/pools/${id}/users?invite=true`, { csv });
  }
  const { items } = await admin.read<{ items: { id: string; email: string }[] }>('/users?limit=200');
  for (const { id, email } of items) userIds.set(email, id);
  for (const { email, joinedDaysAgo, disabledDaysAgo } of [ADMIN, ...PEOPLE]) {
    past.users.set(userIds.get(email)!, {
      createdAt: now - joinedDaysAgo * DAY,
      endedAt: disabledDaysAgo === undefined ? null : now - disabledDaysAgo * DAY,
    });
  }
}

async function makeBooks({ admin, now, past, bookIds }: Making): Promise<void> {
  for (const key of BOOK_KEYS) {
    const { name, description, limit = null, redemptions = 1, metadata = {}, ...book } = BOOKS[key];
    const { id } = await admin.write<{ id: string }>(`book ${key}`, '/books', {
      body: {
        name,
        description,
        maxAssignmentsPerUser: limit,
        allowMultipleRedemptions: redemptions !== 1,
        maxRedemptions: redemptions,
        lockTtlSeconds: LONGEST_LOCK_SECONDS,
        startsAt: inDays(now, book.startsInDays),
        metadata,
      },
    });
    bookIds.set(key, id);
    const createdAt = now - book.createdDaysAgo * DAY;
    const archivedAt = book.archivedDaysAgo === undefined ? null : now - book.archivedDaysAgo * DAY;
    past.books.set(id, { createdAt, endedAt: archivedAt });
    if (!book.codes) continue;
    const job = await ('csv' in book.codes
      ? admin.write<DemoJob>(`codes of ${key}`, `/books/${id}/codes/upload`, { csv: book.codes.csv })
      : admin.write<DemoJob>(`codes of ${key}`, `/books/${id}/codes/generate`, { body: book.codes }));
    await admin.watch(job.id);
    past.jobs.set(job.id, createdAt + 12 * MINUTE);
  }
}

/** Gives the books the settings with which nothing more could be done, or not for long. */
async function closeBooks({ admin, now, bookIds }: Making): Promise<void> {
  await forEachOf(BOOK_KEYS, AT_ONCE, async (key) => {
    const { lockTtlSeconds, endsInDays, archivedDaysAgo } = BOOKS[key];
    await admin.write(`last settings of ${key}`, `/books/${bookIds.get(key)}`, {
      method: 'PATCH',
      body: {
        lockTtlSeconds,
        expiresAt: inDays(now, endsInDays),
        ...(archivedDaysAgo !== undefined && { archived: true }),
      },
    });
  });
}

const inDays = (now: number, days: number | undefined) =>
  days === undefined ? null : new Date(now + days * DAY).toISOString();
