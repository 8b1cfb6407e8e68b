import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Client, type HttpAnswer, openClient, type SendOptions } from '../race/client.ts';

/** An answer is not as it must be. */
export class WrongAnswer extends Error {}

export interface Person {
  id: string;
  email: string;
  password: string;
  token: string;
}

export interface Job {
  id: string;
  status: string;
}

export interface World {
  url: string;
  admin: Person;
  /** Asks as a person, or as nobody. */
  ask: <T = Record<string, unknown>>(
    person: Person | null,
    path: string,
    options?: SendOptions,
  ) => Promise<HttpAnswer<T>>;
  /** A name that no other run has. */
  name: (of: string) => string;
  /** Somebody new, who is signed in. */
  user: () => Promise<Person>;
  /** A new book with these codes, or with so many random ones. */
  book: (codes: string[] | number, settings?: object) => Promise<string>;
  /** Long work that was asked for, when it has ended well: a busy machine answers before that. */
  ended: <T extends Job>(what: string, answer: HttpAnswer<T>) => Promise<T>;
  close: () => Promise<void>;
}

/** @throws {WrongAnswer} unless the two are the same */
export function mustBe(what: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected))
    throw new WrongAnswer(`${what} is ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

/** @throws {WrongAnswer} unless the answer has the status, and as a problem this code */
export function mustAnswer(what: string, answer: HttpAnswer, status: number, code?: string): void {
  const { body, headers } = answer as HttpAnswer<{ code?: string } | undefined>;
  if (answer.status !== status)
    throw new WrongAnswer(
      `${what} is answered ${answer.status} instead of ${status}: ${answer.text.slice(0, 300)}`,
    );
  if (code === undefined) return;
  mustBe(
    `the type of what ${what} is answered`,
    headers['content-type'],
    'application/problem+json; charset=utf-8',
  );
  mustBe(`the code of what ${what} is answered`, body?.code, code);
}

/** Signs an administrator in. What the journeys make is retired when the world is closed. */
export async function openWorld(
  url: string,
  { email, password }: { email: string; password: string },
): Promise<World> {
  const client: Client = openClient([url], 100);
  const run = randomBytes(4).toString('hex');
  const [bookIds, userIds]: string[][] = [[], []];
  let count = 0;

  const ask: World['ask'] = (person, path, options = {}) =>
    client.send(`/api/v1${path}`, {
      ...options,
      headers: { ...(person && { authorization: `Bearer ${person.token}` }), ...options.headers },
    });

  async function signIn(as: { email: string; password: string }): Promise<string> {
    const answer = await ask<{ accessToken: string }>(null, '/auth/login', { body: as });
    mustAnswer('signing in', answer, 200);
    return answer.body.accessToken;
  }

  async function ended<T extends Job>(what: string, answer: HttpAnswer<T>): Promise<T> {
    mustBe(`whether ${what} is done or begun`, [201, 202].includes(answer.status), true);
    let job = answer.body;
    while (['queued', 'running'].includes(job.status)) {
      await wait(100);
      job = (await ask<T>(admin, `/jobs/${job.id}`)).body;
    }
    mustBe(`the end of ${what}`, job.status, 'completed');
    return job;
  }

  const admin: Person = { id: '', email, password, token: await signIn({ email, password }) };
  const name = (of: string) => `${of} ${run}-${(count += 1)}`;

  return {
    url,
    admin,
    ask,
    name,
    async user() {
      const person = { email: `${name('user').replace(' ', '-')}@example.org`, password: randomUUID() };
      const made = await ask<{ id: string }>(admin, '/users', { body: person });
      mustAnswer('making a user', made, 201);
      userIds!.push(made.body.id);
      return { ...person, id: made.body.id, token: await signIn(person) };
    },
    async book(codes, settings = {}) {
      const made = await ask<{ id: string }>(admin, '/books', { body: { name: name('Book'), ...settings } });
      mustAnswer('making a book', made, 201);
      const { id } = made.body;
      bookIds!.push(id);
      const filled =
        typeof codes === 'number'
          ? await ask<Job>(admin, `/books/${id}/codes/generate`, { body: { count: codes } })
          : await ask<Job>(admin, `/books/${id}/codes/upload`, {
              text: { type: 'text/csv', content: ['code', ...codes].join('\n') },
            });
      await ended('filling a book', filled);
      return id;
    },
    ended,
    async close() {
      for (const id of bookIds!)
        await ask(admin, `/books/${id}`, { method: 'PATCH', body: { archived: true } });
      for (const id of userIds!)
        await ask(admin, `/users/${id}`, { method: 'PATCH', body: { disabled: true } });
      client.close();
    },
  };
}
