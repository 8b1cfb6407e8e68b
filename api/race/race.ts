import { audit, type Audit } from './audit.ts';
import { type Client, openClient } from './client.ts';
import { fire, fireWithoutKeys, outcomes, repeat, type Round, succeeded } from './contest.ts';
import { HELP, type Options, readOptions, UsageError } from './options.ts';
import { countPaths, printPaths } from './paths.ts';
import { type Check, equal, none, printChecks, printRounds } from './report.ts';
import { createBook, createUsers, newRunName, retire, signIn } from './stage.ts';
import { startThrowaway } from './throwaway.ts';

const GREEDY_USERS = 10;
const GREEDY_CLAIMS = 10;
const REPEATED = 200;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options) return (await raceSomewhere(options)) ? 0 : 1;
    console.log(HELP);
    return 0;
  } catch (error) {
    console.error(
      error instanceof UsageError ? `${error.message}\nSee npm run race -- --help` : (error as Error).message,
    );
    return 1;
  }
}

async function raceSomewhere(options: Options): Promise<boolean> {
  if (options.urls.length > 0) return race(options, options.urls, adminOfEnvironment(), true);
  console.log(`Starting PostgreSQL and ${options.nodes} server${options.nodes > 1 ? 's' : ''} …`);
  const throwaway = await startThrowaway({ nodes: options.nodes });
  try {
    return await race(
      options,
      throwaway.nodes.map(({ url }) => url),
      throwaway.admin,
      false,
    );
  } finally {
    await throwaway.remove();
  }
}

function adminOfEnvironment(): { email: string; password: string } {
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = process.env;
  if (email && password) return { email, password };
  throw new UsageError('With --url, set ADMIN_EMAIL and ADMIN_PASSWORD: an administrator of that service.');
}

async function race(
  options: Options,
  urls: string[],
  admin: { email: string; password: string },
  livesOn: boolean,
): Promise<boolean> {
  const client = openClient(urls, options.connections);
  try {
    await signIn(client, admin);
    let held = true;
    for (const keyed of options.keyed) held = (await raceOnce(client, options, urls, keyed, livesOn)) && held;
    return held;
  } finally {
    client.close();
  }
}

async function raceOnce(
  client: Client,
  options: Options,
  urls: string[],
  keyed: boolean,
  livesOn: boolean,
): Promise<boolean> {
  const claim = (bookId: string, userIds: readonly string[]) =>
    keyed
      ? fire(
          client,
          userIds.map((userId) => ({ path: '/api/v1/coupons/assign/random', userId, body: { bookId } })),
        )
      : fireWithoutKeys(client, bookId, userIds);
  const before = client.repeated();
  const name = newRunName();
  console.log(`Creating ${options.users} users and ${options.codes} coupons …`);
  const bookId = await createBook(client, name, options.limit, options.codes);
  const userIds = await createUsers(client, name, options.users);
  await openConnections(client, options.connections);

  console.log(
    `Racing: ${options.users} users for ${options.codes} coupons on ${urls.length} node${urls.length > 1 ? 's' : ''}, ${keyed ? 'with' : 'without'} Idempotency-Keys\n`,
  );
  const pathsBefore = await countPaths(urls);
  const claims = await claim(bookId, userIds);
  const rounds = [{ name: 'assign', round: claims }];
  const checks = checkClaims(options, claims);
  if (keyed) checks.push(await checkRepeats(client, claims));
  if (options.full) await spend(client, claims, rounds, checks);
  checks.push(...checkAudit(options, claims, await audit(client, bookId)));
  const greedyBookId = await raceGreedily(
    client,
    `${name}-limit`,
    options.limit,
    userIds,
    claim,
    rounds,
    checks,
  );

  printRounds(rounds);
  printPaths(pathsBefore, await countPaths(urls));
  printChecks(checks);
  if (client.repeated() > before) {
    console.log(
      `  ${client.repeated() - before} requests were told to wait (409, 429 or 503) and were sent again.\n`,
    );
  }
  if (livesOn) await retire(client, { bookIds: [bookId, greedyBookId], userIds });
  const held = checks.every(({ holds }) => holds);
  console.log(held ? '  Everything holds.' : '  NOT everything holds: see above.');
  return held;
}

/** So that the race is about claims and not about opening connections. */
async function openConnections(client: Client, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => client.require('/health/live')));
}

function checkClaims({ users, codes }: Options, claims: Round): Check[] {
  const won = succeeded(claims);
  const counts = outcomes(claims);
  return [
    equal('winners = the fewer of users and coupons', won.length, Math.min(users, codes)),
    equal('no coupon given twice', new Set(won.map(({ answer }) => answer.body.code)).size, won.length),
    equal(
      'every loser is told 409 book-exhausted',
      counts.get('409 book-exhausted') ?? 0,
      Math.max(users - codes, 0),
    ),
    none(
      'each winner owns what it was given',
      won
        .filter(({ userId, answer }) => answer.body.ownerId !== userId)
        .map(({ answer }) => answer.body.code),
    ),
  ];
}

/** A client that lost the answer asks again: it gets the same bytes, and nothing happens. */
async function checkRepeats(client: Client, claims: Round): Promise<Check> {
  const tries = claims.tries.slice(0, REPEATED);
  const again = await repeat(client, tries);
  const different = again.filter(
    ({ text, headers }, index) =>
      text !== tries[index]!.answer.text || headers['idempotent-replayed'] !== 'true',
  );
  return none(
    `${tries.length} repeats with the same Idempotency-Key get the first answer`,
    different.map(({ text }) => text),
  );
}

/** Each winner locks twice at once, then redeems twice at once: one of two must succeed each time. */
async function spend(
  client: Client,
  claims: Round,
  rounds: { name: string; round: Round }[],
  checks: Check[],
): Promise<void> {
  const won = succeeded(claims);
  const twice = (command: string) =>
    [...won, ...won].map(({ userId, answer }) => ({
      path: `/api/v1/coupons/${command}/${answer.body.code}`,
      userId,
    }));
  for (const [command, refusal] of [
    ['lock', '400 invalid-state'],
    ['redeem', '400 already-redeemed'],
  ] as const) {
    const round = await fire(client, twice(command));
    rounds.push({ name: command, round });
    checks.push(
      equal(`of two ${command}s of a coupon one succeeds`, succeeded(round).length, won.length),
      equal(`the other is told ${refusal}`, outcomes(round).get(refusal) ?? 0, won.length),
    );
  }
}

function checkAudit(
  { limit, codes, full }: Options,
  claims: Round,
  { coupons, stats, contradicted }: Audit,
): Check[] {
  const won = new Map(succeeded(claims).map(({ userId, answer }) => [answer.body.code, userId]));
  const owned = Map.groupBy(
    coupons.filter(({ ownerId }) => ownerId !== null),
    ({ ownerId }) => ownerId,
  );
  const spent = full ? won.size : 0;
  return [
    equal('coupons of the book', coupons.length, codes),
    equal('sum of the states', stats.unassigned + stats.assigned + stats.locked + stats.redeemed, codes),
    none(
      'the book names as owners exactly the winners',
      coupons.filter(({ code, ownerId }) => ownerId !== (won.get(code) ?? null)).map(({ code }) => code),
    ),
    none(
      `users over the limit of ${limit}`,
      [...owned].filter(([, of]) => of.length > limit).map(([id]) => id!),
    ),
    equal('redeemed coupons', stats.redeemed, spent),
    equal('redemptions', stats.redemptions, spent),
    none(`histories that do not lead to the coupon's state, of ${coupons.length}`, contradicted),
  ];
}

/** Few users, each claiming more than the limit at the same instant, from a book that has enough for all. */
async function raceGreedily(
  client: Client,
  name: string,
  limit: number,
  userIds: string[],
  claim: (bookId: string, userIds: readonly string[]) => Promise<Round>,
  rounds: { name: string; round: Round }[],
  checks: Check[],
): Promise<string> {
  const greedy = userIds.slice(0, GREEDY_USERS);
  const claimsEach = limit + GREEDY_CLAIMS;
  const bookId = await createBook(client, name, limit, greedy.length * claimsEach);
  const round = await claim(bookId, Array.from({ length: claimsEach }, () => greedy).flat());
  rounds.push({ name: 'assign beyond the limit', round });
  const given = Map.groupBy(succeeded(round), ({ userId }) => userId);
  checks.push(
    none(
      `${greedy.length} users claiming ${claimsEach} times at once get exactly ${limit}`,
      greedy.filter((id) => given.get(id)?.length !== limit),
    ),
    equal(
      'the rest is told 409 assignment-limit-reached',
      outcomes(round).get('409 assignment-limit-reached') ?? 0,
      greedy.length * GREEDY_CLAIMS,
    ),
  );
  return bookId;
}
