import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { openStream } from '../race/event-stream.ts';
import { type Job, mustAnswer, mustBe, type Person, type World } from './world.ts';

interface Coupon {
  code: string;
  state: string;
}

const RACERS = 40;
const PRIZES = 10;
const LONG = 20_000;

/** A code that no other run has. */
const newCode = () => `J-${randomUUID().toUpperCase()}`;
const key = () => ({ 'idempotency-key': randomUUID() });

/** Each throws when an answer is wrong, and may return a remark. */
export const journeys: Record<string, (world: World) => Promise<string | void>> = {
  'sign in, stay signed in, sign out': signInAndOut,
  'the way of a coupon': wayOfACoupon,
  'each refusal has its code': refusals,
  'a race for the last coupons': race,
  'long work': longWork,
  'a live stream': liveStream,
  exports: exportAll,
  'the web app': webApp,
  'the documentation and the keys': documentation,
};

async function signInAndOut({ ask, user }: World): Promise<void> {
  const person = await user();
  const wrong = await ask(null, '/auth/login', {
    body: { email: person.email, password: 'not the password' },
  });
  mustAnswer('a wrong password', wrong, 401, 'unauthenticated');

  const login = await ask(null, '/auth/login', { body: { email: person.email, password: person.password } });
  mustAnswer('the right password', login, 200);
  const cookie = [login.headers['set-cookie'] ?? []].flat()[0]!;
  mustBe('the cookie for scripts to read', /HttpOnly/i.test(cookie) && /SameSite=Strict/i.test(cookie), true);
  const session = { cookie: cookie.split(';', 1)[0]! };
  const refreshed = await ask<{ accessToken: string }>(null, '/auth/refresh', {
    method: 'POST',
    headers: session,
  });
  mustAnswer('refreshing', refreshed, 200);
  const fresh = { ...person, token: refreshed.body.accessToken };
  const me = await ask<{ email: string }>(fresh, '/auth/me');
  mustBe('who that is', me.body.email, person.email);

  const foreign = await ask(null, '/auth/refresh', {
    method: 'POST',
    headers: { ...session, origin: 'https://other.example.org', 'sec-fetch-site': 'cross-site' },
  });
  mustAnswer('a page of another origin', foreign, 403, 'forbidden');

  const rotated = [refreshed.headers['set-cookie'] ?? []].flat()[0]?.split(';', 1)[0] ?? session.cookie;
  const out = await ask(null, '/auth/logout', { method: 'POST', headers: { cookie: rotated } });
  mustAnswer('signing out', out, 204);
  const again = await ask(null, '/auth/refresh', { method: 'POST', headers: { cookie: rotated } });
  mustAnswer('refreshing after that', again, 401, 'unauthenticated');
}

async function wayOfACoupon({ ask, admin, user, book }: World): Promise<void> {
  const person = await user();
  const codes = [newCode(), newCode(), newCode()];
  const bookId = await book(codes, { maxAssignmentsPerUser: 2 });

  const headers = key();
  const claim = () => ask<Coupon>(person, '/coupons/assign/random', { body: { bookId }, headers });
  const [first, second] = [await claim(), await claim()];
  mustAnswer('a claim', first, 200);
  mustBe('a repeat of it', second.text, first.text);
  mustBe('its mark', second.headers['idempotent-replayed'], 'true');
  const { code } = first.body;
  mustBe('the code', codes.includes(code), true);

  const step = async (name: string, state: string) => {
    const answer = await ask<Coupon>(person, `/coupons/${name}/${code}`, { body: {}, headers: key() });
    mustAnswer(name, answer, 200);
    mustBe(`the state after ${name}`, answer.body.state, state);
  };
  await step('lock', 'LOCKED');
  await step('unlock', 'ASSIGNED');
  await step('lock', 'LOCKED');
  await step('redeem', 'REDEEMED');
  const history = await ask<{ items: { type: string }[] }>(person, `/coupons/${code}/history`);
  mustBe(
    'its history',
    history.body.items.map(({ type }) => type.split('.')[1]),
    ['assigned', 'locked', 'unlocked', 'locked', 'redeemed'],
  );

  // A backend acts for its users.
  const other = codes.find((one) => one !== code)!;
  const given = await ask(admin, `/coupons/assign/${other}`, { body: { userId: person.id }, headers: key() });
  mustAnswer('giving one by its code', given, 200);
  const mine = await ask<{ items: Coupon[] }>(person, '/coupons');
  mustBe('what the user has', new Set(mine.body.items.map((coupon) => coupon.code)), new Set([code, other]));
}

async function refusals({ ask, admin, user, book, url }: World): Promise<string> {
  const [person, stranger] = [await user(), await user()];
  const codes = [newCode(), newCode()];
  const bookId = await book(codes, { maxAssignmentsPerUser: 1 });
  const claim = (as: Person) =>
    ask<Coupon>(as, '/coupons/assign/random', { body: { bookId }, headers: key() });
  const act = (as: Person | null, name: string, code: string) =>
    ask(as, `/coupons/${name}/${code}`, { body: {}, headers: key() });
  let count = 0;
  const refused = async (what: string, answer: ReturnType<typeof ask>, status: number, code: string) => {
    mustAnswer(what, await answer, status, code);
    count += 1;
  };

  const mine = (await claim(person)).body.code;
  await refused('nobody', act(null, 'lock', mine), 401, 'unauthenticated');
  await refused('a token that is none', ask({ ...person, token: 'x' }, '/coupons'), 401, 'unauthenticated');
  await refused('a user among the users', ask(person, '/users'), 403, 'forbidden');
  await refused('a second claim', claim(person), 409, 'assignment-limit-reached');
  await refused("another's coupon", act(stranger, 'lock', mine), 403, 'not-your-coupon');
  await refused('a code that is none', act(stranger, 'lock', newCode()), 403, 'not-your-coupon');
  await refused('redeeming without a lock', act(person, 'redeem', mine), 400, 'not-locked');
  mustAnswer('a lock', await act(person, 'lock', mine), 200);
  mustAnswer('a redemption', await act(person, 'redeem', mine), 200);
  await refused('a second redemption', act(person, 'redeem', mine), 400, 'already-redeemed');
  mustAnswer("a stranger's claim", await claim(stranger), 200);
  await refused('a claim of none', claim(await user()), 409, 'book-exhausted');
  await refused('a book that is none', ask(admin, `/books/${randomUUID()}`), 404, 'not-found');
  await refused(
    'a field that is unknown',
    ask(admin, '/books', { body: { name: 'x', nonsense: 1 } }),
    400,
    'invalid-request',
  );
  await refused('a query that is unknown', ask(admin, '/books?nonsense=1'), 400, 'invalid-request');
  await refused(
    'broken JSON',
    ask(admin, '/books', { text: { type: 'application/json', content: '{' } }),
    400,
    'invalid-request',
  );
  await refused(
    'a type of content that is unknown',
    ask(admin, '/books', { text: { type: 'text/xml', content: '<a/>' } }),
    415,
    'unsupported-media-type',
  );
  await refused('an address that is none', ask(admin, '/nothing'), 404, 'not-found');
  await refused(
    'a method that is none',
    ask(admin, '/auth/login', { method: 'DELETE' }),
    405,
    'method-not-allowed',
  );
  const used = key();
  const name = { name: `${codes[0]}` };
  mustAnswer(
    'a book',
    await ask(admin, '/books', { body: { ...name, description: 'a' }, headers: used }),
    201,
  );
  await refused(
    'a key for something else',
    ask(admin, '/books', { body: name, headers: used }),
    422,
    'idempotency-key-reused',
  );
  const page = await fetch(`${url}/problems/not-locked`);
  mustBe('the page of a problem', [page.status, (await page.text()).includes('not-locked')], [200, true]);
  return `${count} refusals`;
}

async function race({ ask, admin, book, name }: World): Promise<string> {
  const bookId = await book(PRIZES, { maxAssignmentsPerUser: 1 });
  const people = await Promise.all(
    Array.from({ length: RACERS }, async () => {
      const email = `${name('racer').replace(' ', '-')}@example.org`;
      return (await ask<{ id: string }>(admin, '/users', { body: { email } })).body.id;
    }),
  );
  const answers = await Promise.all(
    people.map((userId) =>
      ask<Coupon>(admin, '/coupons/assign/random', { body: { bookId, userId }, headers: key() }),
    ),
  );
  const winners = answers.filter(({ status }) => status === 200).map(({ body }) => body.code);
  mustBe('who got one', [winners.length, new Set(winners).size], [PRIZES, PRIZES]);
  mustBe('who got none', answers.filter(({ status }) => status === 409).length, RACERS - PRIZES);
  const locks = await Promise.all(
    winners.flatMap((code) => {
      const userId = people[answers.findIndex(({ body }) => body.code === code)]!;
      return [1, 2].map(() =>
        ask<Coupon>(admin, `/coupons/lock/${code}`, { body: { userId }, headers: key() }),
      );
    }),
  );
  mustBe('locks of two at once', locks.filter(({ status }) => status === 200).length, PRIZES);
  await Promise.all(
    people.map((id) => ask(admin, `/users/${id}`, { method: 'PATCH', body: { disabled: true } })),
  );
  return `${RACERS} users for ${PRIZES} coupons`;
}

async function longWork({ ask, admin, book, ended }: World): Promise<string> {
  const bookId = await book(1);
  const started = await ask<Job & { progress: { done: number } }>(admin, `/books/${bookId}/codes/generate`, {
    body: { count: LONG },
    headers: { ...key(), prefer: 'respond-async' },
  });
  mustAnswer('long work', started, 202);
  mustBe('its progress', (await ended('long work', started)).progress.done, LONG);
  const stats = await ask<{ total: number }>(admin, `/books/${bookId}/stats`);
  mustBe('the coupons of the book', stats.body.total, LONG + 1);

  const file = ['code', newCode(), 'no code: it has spaces', newCode()].join('\n');
  const asked = await ask<Job & { result: { stored: number; invalid: number } }>(
    admin,
    `/books/${bookId}/codes/upload`,
    { text: { type: 'text/csv', content: file }, headers: key() },
  );
  const upload = await ended('an upload', asked);
  mustBe('what it did', [upload.result.stored, upload.result.invalid], [2, 1]);
  const errors = await ask<{ items: unknown[] }>(admin, `/jobs/${upload.id}/errors`);
  mustBe('its rows in error', errors.body.items.length, 1);
  const undone = await ask<Job>(admin, `/jobs/${upload.id}/undo`, { body: {}, headers: key() });
  await ended('undoing it', undone);
  return `${LONG} codes`;
}

async function liveStream({ ask, user, book, url }: World): Promise<string> {
  const person = await user();
  const bookId = await book(1);
  const stream = await openStream(url, { headers: { authorization: `Bearer ${person.token}` } });
  if (stream.status === 501) {
    mustBe('the code of the refusal', (JSON.parse(stream.body()) as Coupon).code, 'not-available-here');
    return 'not available in this form: clients ask every few seconds instead';
  }
  mustBe('the status of the stream', stream.status, 200);
  await until(() => stream.messages.some(({ event }) => event === 'ready'));
  const { body } = await ask<Coupon>(person, '/coupons/assign/random', { body: { bookId }, headers: key() });
  mustAnswer('a lock', await ask(person, `/coupons/lock/${body.code}`, { body: {}, headers: key() }), 200);
  await until(() => stream.changes().length >= 2);
  mustBe(
    'what it tells',
    stream.changes().map(({ type }) => type),
    ['coupon.assigned', 'coupon.locked'],
  );
  stream.cut();
  mustAnswer(
    'an unlock',
    await ask(person, `/coupons/unlock/${body.code}`, { body: {}, headers: key() }),
    200,
  );
  const resumed = await openStream(url, {
    headers: { authorization: `Bearer ${person.token}` },
    lastEventId: stream.lastEventId(),
  });
  await until(() => resumed.changes().length >= 1);
  mustBe(
    'what it tells who comes back',
    resumed.changes().map(({ type }) => type),
    ['coupon.unlocked'],
  );
  resumed.cut();
  return 'a message of each change, none missed after a cut';
}

async function exportAll({ ask, admin, book }: World): Promise<string> {
  const bookId = await book(2_000);
  const csv = { headers: { accept: 'text/csv' } };
  const coupons = await ask(admin, `/books/${bookId}/coupons`, csv);
  mustAnswer('an export of coupons', coupons, 200);
  mustBe('its type', /^text\/csv/.test(String(coupons.headers['content-type'])), true);
  mustBe('its lines', coupons.text.trimEnd().split('\n').length, 2_001);
  for (const path of ['/events', '/redemptions']) {
    const all = await ask(admin, `${path}?bookId=${bookId}`, csv);
    mustAnswer(`an export of ${path}`, all, 200);
    mustBe('its lines', all.text.trimEnd().split('\n').length >= 1, true);
  }
  return '2,000 coupons';
}

async function get({ url }: World, path: string, accept = 'text/html') {
  const response = await fetch(`${url}${path}`, { headers: { accept } });
  return { response, text: await response.text() };
}

async function webApp(world: World): Promise<void> {
  const home = await get(world, '/');
  mustBe('the web app', [home.response.status, home.text.includes('<div id="app"')], [200, true]);
  mustBe(
    'where else it may load from',
    home.response.headers.get('content-security-policy')?.includes("default-src 'self'"),
    true,
  );
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(home.text)![1]!;
  const asset = await get(world, script, '*/*');
  mustBe(
    'its script',
    [asset.response.status, asset.response.headers.get('cache-control')],
    [200, 'public, max-age=31536000, immutable'],
  );
  mustBe('a page of it', (await get(world, '/books')).response.status, 200);
}

async function documentation(world: World): Promise<string> {
  mustBe('the documentation', (await get(world, '/docs')).response.status, 200);
  const { paths } = JSON.parse((await get(world, '/openapi.json', '*/*')).text) as { paths: object };
  mustBe('the live path of the documentation', Object.hasOwn(paths, '/api/v1/events/stream'), true);
  const keys = JSON.parse((await get(world, '/.well-known/jwks.json', '*/*')).text) as {
    keys: unknown[];
  };
  mustBe('the public keys', keys.keys.length > 0, true);
  return `${Object.keys(paths).length} paths documented`;
}

async function until(check: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 120_000; performance.now() < deadline; await wait(20))
    if (check()) return;
  throw new Error('It did not happen within two minutes.');
}
