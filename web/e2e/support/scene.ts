import { randomUUID } from 'node:crypto';
import { eventually } from '../../../api/test/support/eventually.ts';
import { setQuickPassword } from '../../../api/test/support/quick-password.ts';
import { type Account, type Api, ok, openApi, type Schemas } from './api.ts';
import { PASSWORD, type TestServer } from './server.ts';

type Book = Schemas['Book'];
type Job = Schemas['Job'];
type BookSettings = Partial<
  Pick<
    Book,
    | 'name'
    | 'description'
    | 'startsAt'
    | 'expiresAt'
    | 'lockTtlSeconds'
    | 'maxAssignmentsPerUser'
    | 'allowMultipleRedemptions'
    | 'maxRedemptions'
  >
>;

export type Person = Account & { id: string };

/** A name that nothing else has. */
export const unique = (name: string) => `${name} ${randomUUID().slice(0, 8)}`;

export async function makePerson(
  { admin, databaseUrl }: TestServer,
  role: 'USER' | 'ADMIN' = 'USER',
): Promise<Person> {
  const email = `${role.toLowerCase()}-${randomUUID().slice(0, 8)}@example.test`;
  const { id } = await ok(admin.POST('/api/v1/users', { body: { email, role } }));
  await setQuickPassword(databaseUrl, email, PASSWORD);
  return { id, email, password: PASSWORD };
}

/** A book, with so many coupons in it. */
export async function makeBook(
  server: TestServer,
  coupons: number,
  settings: BookSettings = {},
): Promise<Book> {
  const book = await ok(server.admin.POST('/api/v1/books', { body: { name: unique('Book'), ...settings } }));
  if (coupons > 0) {
    const path = { id: book.id };
    const body = { count: coupons, prefix: `T${randomUUID().slice(0, 4)}-`.toUpperCase(), length: 10 };
    const job = await endOf(
      server,
      server.admin.POST('/api/v1/books/{id}/codes/generate', { params: { path }, body }),
    );
    if (job.status !== 'completed') throw new Error(`generate: ${JSON.stringify(job)}`);
  }
  return book;
}

/** The job that is asked for, when it has ended: the answer comes before that if it takes ten seconds. */
export async function endOf({ admin }: TestServer, asked: Parameters<typeof ok<Job>>[0]): Promise<Job> {
  let job = await ok(asked);
  return eventually(async () => {
    const path = { id: job.id };
    if (job.finishedAt === null) job = await ok(admin.GET('/api/v1/jobs/{id}', { params: { path } }));
    return job.finishedAt === null ? undefined : job;
  });
}

/** Gives a person a coupon of the book; the code. */
export async function giveCoupon({ admin }: TestServer, book: Book, person: Person): Promise<string> {
  const body = { bookId: book.id, userId: person.id };
  return (await ok(admin.POST('/api/v1/coupons/assign/random', { body }))).code;
}

/** Somebody with a coupon, of a book of so many. */
export async function makeOwner(
  server: TestServer,
  coupons = 1,
  settings: BookSettings = {},
): Promise<{ person: Person; code: string }> {
  const person = await makePerson(server);
  const code = await giveCoupon(server, await makeBook(server, coupons, settings), person);
  return { person, code };
}

export const asPerson = (server: TestServer, person: Person): Promise<Api> => openApi(server.url, person);

/** What has happened to a coupon, oldest first. */
export async function historyOf({ admin }: TestServer, code: string): Promise<string[]> {
  const { items } = await ok(admin.GET('/api/v1/coupons/{code}/history', { params: { path: { code } } }));
  return items.map(({ type }) => type);
}
