import { createHash } from 'node:crypto';
import type { LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { HASHES_AT_ONCE, hashQueue } from '../../src/modules/accounts/sessions/hash-queue.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type Account, bearer, login, register, strangerAddress } from '../support/auth.ts';
import { eventually } from '../support/eventually.ts';

/** Hashes that wait for the test, or none; and the digests of the passwords whose check was begun, in order. */
const held = vi.hoisted(() => ({ isOn: false, ends: [] as (() => void)[], begun: [] as string[] }));

// Cost 4 instead of 12, which is a thousandth of the work, and each check can be made to wait.
vi.mock('@node-rs/bcrypt', async (importActual) => {
  const actual = await importActual<typeof import('@node-rs/bcrypt')>();
  return {
    hash: (password: string) => actual.hash(password, 4),
    verify: async (digest: string, hash: string) => {
      held.begun.push(digest);
      if (held.isOn) await new Promise<void>((end) => held.ends.push(end));
      return hash.includes('$04$') && (await actual.verify(digest, hash));
    },
  };
});

const COOKIE = 'coupon_book_device';
let t: TestApp;
beforeAll(async () => {
  t = await startTestApp({ patient: true });
});
afterAll(() => t.close());

const deviceOf = (response: LightMyRequestResponse) =>
  response.cookies.find(({ name }) => name === COOKIE)?.value;
const headersOf = (device: string | undefined): Record<string, string> =>
  device ? { cookie: `${COOKIE}=${device}` } : {};
/** From an address that nobody has used. */
const from = (account: Account, device: string | undefined, password = account.password) =>
  login(t.app, { ...account, password }, { remoteAddress: strangerAddress(), headers: headersOf(device) });
const signedIn = async (account: Account) => deviceOf(await from(account, undefined))!;

function release(): void {
  held.isOn = false;
  for (const end of held.ends.splice(0)) end();
}

/** 4 wrong guesses from each of so many addresses. */
async function guessAt(account: Account, addresses: number): Promise<void> {
  for (let n = 0; n < addresses; n += 1) {
    const remoteAddress = strangerAddress();
    for (let i = 0; i < 4; i += 1) await login(t.app, { ...account, password: 'wrong' }, { remoteAddress });
  }
}

test('signing in sets a cookie that no page reads, another each time', async () => {
  const account = await register(t.app);
  const answers = [await from(account, undefined), await from(account, undefined)];
  const [first, second] = answers.map(({ cookies }) => cookies.find(({ name }) => name === COOKIE));
  expect(first).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/api/v1/auth' });
  expect(second!.value).not.toBe(first!.value);
  expect(deviceOf(await from(account, undefined, 'wrong'))).toBeUndefined();
});

test('while 300 addresses guess, the owner’s device is next at each try, whatever address it has', async () => {
  const account = await register(t.app);
  let device = await signedIn(account);
  onTestFinished(release);
  held.isOn = true;
  const guesses: Promise<unknown>[] = [];
  for (let round = 0; round < 3; round += 1) {
    let turnedAway = 0;
    for (let n = 0; n < 300; n += 1)
      guesses.push(from(account, undefined, 'wrong').then(() => (turnedAway += 1)));
    // The queue is full, and those who run are held.
    await eventually(() => turnedAway >= 100);
    let isIn = false;
    const owner = from(account, device).finally(() => (isIn = true));
    while (!isIn) {
      held.ends.shift()?.();
      await new Promise(setImmediate);
    }
    const answer = await owner;
    expect(answer.statusCode).toBe(200);
    device = deviceOf(answer)!;
  }
  release();
  await Promise.all(guesses);
});

test('while 300 addresses guess again and again, the owner on a new device at a new address is next at each try', async () => {
  const account = await register(t.app);
  const rightDigest = createHash('sha256').update(account.password).digest('base64');
  const queued = vi.spyOn(hashQueue, 'run');
  onTestFinished(() => queued.mockRestore());
  const [before, after] = [1, 2].map(() => Array.from({ length: 150 }, strangerAddress));
  const guess = (remoteAddress: string) => login(t.app, { ...account, password: 'wrong' }, { remoteAddress });
  // Each has had its answer once, if only that it should come back.
  await Promise.all([...before!, ...after!].map(guess));

  onTestFinished(release);
  held.isOn = true;
  const guesses: Promise<unknown>[] = [];
  /** Resolves when some wait, or are turned away. */
  const guessFrom = async (addresses: string[]) => {
    const asked = queued.mock.calls.length;
    let turnedAway = 0;
    for (const address of addresses) guesses.push(guess(address).then(() => (turnedAway += 1)));
    await eventually(() => queued.mock.calls.length - asked + turnedAway >= 20);
  };
  for (let round = 0; round < 3; round += 1) {
    await guessFrom(before!);
    await eventually(() => held.ends.length === HASHES_AT_ONCE);
    const remoteAddress = `203.0.113.${round + 1}`;
    const owner = login(t.app, account, { remoteAddress });
    await eventually(() => queued.mock.calls.some(([{ name }]) => name === remoteAddress));
    await guessFrom(after!);
    const begun = held.begun.length;
    held.ends.shift()!();
    await eventually(() => held.begun.length > begun);
    expect(held.begun[begun]).toBe(rightDigest);
    let isIn = false;
    void owner.then(() => (isIn = true));
    while (!isIn) {
      held.ends.shift()?.();
      await new Promise(setImmediate);
    }
    expect((await owner).statusCode).toBe(200);
  }
  release();
  await Promise.all(guesses);
});

test('while strangers crowd the queue, an address that had its tries is refused before its body is read; another is heard', async () => {
  const account = await register(t.app);
  onTestFinished(release);
  const guesser = strangerAddress();
  const broken = (remoteAddress: string, device?: string) =>
    t.app.inject({
      method: 'POST',
      url: '/api/v1/auth/login',
      payload: 'no JSON',
      remoteAddress,
      headers: { 'content-type': 'application/json', ...headersOf(device) },
    });
  for (let n = 0; n < 3; n += 1)
    await login(t.app, { ...account, password: 'wrong' }, { remoteAddress: guesser });
  expect((await broken(guesser)).statusCode).toBe(400);

  held.isOn = true;
  let turnedAway = 0;
  const guesses = Array.from({ length: 300 }, () =>
    from(account, undefined, 'wrong').then(() => (turnedAway += 1)),
  );
  await eventually(() => turnedAway >= 100);
  const refused = await broken(guesser);
  expect([refused.statusCode, refused.json().reason]).toEqual([429, 'too-many-sign-ins']);
  expect(refused.headers['retry-after']).toBe('5');
  expect((await broken(strangerAddress())).statusCode).toBe(400);
  // Its neighbours who have signed in before.
  expect((await broken(guesser, 'any')).statusCode).toBe(400);
  release();
  await Promise.all(guesses);
  await eventually(async () => (await broken(guesser)).statusCode === 400);
});

test('a device has 10 failures of its own, and those of strangers do not count for it', async () => {
  const account = await register(t.app);
  const device = await signedIn(account);
  await guessAt(account, 12);
  for (let n = 0; n < 9; n += 1) expect((await from(account, device, 'wrong')).statusCode).toBe(401);
  expect((await from(account, device)).statusCode).toBe(200);
  expect((await from(account, device, 'wrong')).statusCode).toBe(401);
  expect((await from(account, device)).statusCode).toBe(429);
  expect((await from(account, undefined)).statusCode).toBe(200);
});

test('the cookie is no entry: a stranger who has it needs the password, and it is worth nothing at another account', async () => {
  const [account, other] = [await register(t.app), await register(t.app)];
  const device = await signedIn(account);
  expect((await from(account, device, 'wrong')).statusCode).toBe(401);
  const remoteAddress = strangerAddress();
  const guess = (cookie: string) =>
    login(t.app, { ...other, password: 'wrong' }, { remoteAddress, headers: headersOf(cookie) });
  await guessAt(other, 10);
  const seen = [];
  for (const cookie of [device, `${'x'.repeat(22)}.${'y'.repeat(43)}`, 'rubbish', device, device])
    seen.push((await guess(cookie)).statusCode);
  expect(seen).toEqual([401, 401, 401, 429, 429]);
});

test('another password ends what all devices were known by', async () => {
  const account = await register(t.app);
  const device = await signedIn(account);
  const session = await from(account, undefined);
  const newPassword = 'another long and unusual sentence';
  const changed = await t.app.inject({
    method: 'POST',
    url: '/api/v1/auth/password',
    headers: bearer(session),
    payload: { currentPassword: account.password, newPassword },
  });
  expect(changed.statusCode).toBe(204);
  const now = { ...account, password: newPassword };
  await guessAt(now, 10);
  const remoteAddress = strangerAddress();
  const seen = [];
  for (let n = 0; n < 4; n += 1)
    seen.push(
      (await login(t.app, { ...now, password: 'wrong' }, { remoteAddress, headers: headersOf(device) }))
        .statusCode,
    );
  expect(seen).toEqual([401, 401, 401, 429]);
});
