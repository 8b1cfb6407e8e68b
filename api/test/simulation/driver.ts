import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../../src/database/connection.ts';
import { errorCode, isTimeout } from '../../src/database/errors.ts';
import { inTransaction } from '../../src/database/transaction.ts';
import { overdue } from '../../src/deadline.ts';
import { createLanes, type LaneName, type Path } from '../../src/modules/coupons/commands/lanes.ts';
import type { Actor } from '../../src/modules/coupons/state.ts';
import { sweepExpiredLocks } from '../../src/modules/coupons/sweep.ts';
import {
  rollBackRedemption,
  unassignCoupon,
} from '../../src/modules/coupons/admin/unassign-and-roll-back.ts';
import type { SubmittedCommand } from '../../src/modules/coupons/commands/command.ts';
import type { Answer } from '../../src/answers/answer.ts';
import { Problem } from '../../src/problems.ts';
import { type FaultRates, InjectedFault, withFaults } from './faults.ts';
import {
  beginHistory,
  changeSettings,
  type History,
  type Lane,
  laneOf,
  nextRequests,
  nextStep,
} from './generate.ts';
import { isRepeat, noteExpiry, perform, rollBack, unassign } from './model.ts';
import { GUESSES, type Request } from './world.ts';
import { checkAnswer, count, failer, type Group, note, type Submit } from './group.ts';
import { randomOf } from './random.ts';
import { compareRows, compareTrail, insertHistories, saveSettings } from './rows.ts';

export interface GroupOptions {
  db: Database;
  seed: string;
  /** Which group of the seed this is. */
  number: number;
  size: number;
  rounds: number;
  now: number;
  setClock: (time: number) => Promise<void>;
}

const NO_HANG = { hang: 0, hangAndLose: 0 };
const SMALL: FaultRates = {
  defect: 0.02,
  deadlock: 0.01,
  lostBefore: 0.03,
  lostAfter: 0.03,
  hang: 0.02,
  hangAndLose: 0.01,
};
/**
 * A random assignment with a key waits no longer than this, and is sent again; its book does not stand still meanwhile. Those without a
 * key wait for what comes of it, since nothing would tell them later.
 */
const PATIENCE_MS = 40;
const STUCK_MS = 20;
/** A defect makes the requests of a large group run one by one, which takes its time. */
const LARGE: FaultRates = { ...NO_HANG, defect: 0.002, deadlock: 0.01, lostBefore: 0.02, lostAfter: 0.02 };

/** What is sent again may get lost again, but only before its COMMIT: a replay then tells that the first time counted. */
const AGAIN: FaultRates = { ...NO_HANG, defect: 0, deadlock: 0.02, lostBefore: 0.1, lostAfter: 0 };

/** How many groups went each way, by lane. */
export type Paths = Partial<Record<`${LaneName} ${Path}`, number>>;

/** Runs a group of histories to its end and returns the time there. Throws at the first answer or row that is not the model's. */
export async function runGroup(
  options: GroupOptions,
): Promise<{ now: number; stats: Group['stats']; paths: Paths }> {
  const { db, seed, number, size, rounds, setClock } = options;
  const random = randomOf(seed, 'group', number);
  const histories = Array.from({ length: size }, (_, n) =>
    beginHistory(number * size + n, randomOf(seed, 'history', number, n), options.now),
  );
  const paths: Paths = {};
  const faulty = (name: string, rates: FaultRates, stuckMs = Infinity) =>
    createLanes({
      stuckMs,
      db: withFaults(db, randomOf(seed, 'faults', number, name), rates),
      maxBooksAtOnce: 8,
      // A history is short.
      hopeAfter: 1,
      onGroup(lane, _size, _seconds, path) {
        const name = `${lane} ${path}` as const;
        paths[name] = (paths[name] ?? 0) + 1;
      },
    });
  const together = faulty('by code', LARGE);
  const group: Group = {
    db,
    random,
    histories,
    log: new Map(
      histories.map((history) => [history, [`books ${JSON.stringify([...history.world.books.values()])}`]]),
    ),
    submitRandom: new Map(histories.map((history, n) => [history, faulty(`random ${n}`, SMALL, STUCK_MS)])),
    submitAssign: faulty('assign', LARGE),
    // Half of them in groups of their own, which are small: often nobody is refused there.
    submitByCode: new Map(
      histories.map((history, n) => [
        history,
        n % 2 === 0 ? together : faulty(`by code ${n}`, { ...SMALL, ...NO_HANG }),
      ]),
    ),
    submitAgain: faulty('again', AGAIN),
    stats: {},
  };
  await insertHistories(db, histories);
  let { now } = options;
  for (let round = 0; round < rounds; round++) {
    now += nextStep(random);
    await setClock(now);
    for (const history of histories) {
      history.world.now = now;
      group.log.get(history)!.push(`round ${round}, at ${new Date(now).toISOString()}`);
    }
    await runRound(group, round);
    if (random.chance(0.25)) {
      await sweepExpiredLocks(db);
      for (const { world } of histories) for (const coupon of world.coupons.values()) noteExpiry(coupon, now);
    }
    await compareRows(db, histories, failer(group));
  }
  await compareTrail(db, histories, failer(group));
  return { now, stats: group.stats, paths };
}

/** What a history does in a round. What runs in a transaction of its own is rarer: it costs the most. */
const AT_ONCE = 6;

type Plan = Lane | 'settings' | 'by-admin';
const NEVER = { settings: 0, 'by-admin': 0, 'by-code': 0 };
const BEGIN = { ...NEVER, 'assign-random': 1, 'assign-code': 3 };
const GO_ON = { settings: 0.8, 'by-admin': 0.3, 'assign-random': 1, 'assign-code': 1.5, 'by-code': 9 };

async function runRound(group: Group, round: number): Promise<void> {
  const plans = group.histories.map((history) => ({
    history,
    plan: history.random.weighted<Plan>(round === 0 ? BEGIN : GO_ON),
  }));
  const changed = plans.filter(({ plan }) => plan === 'settings').map(({ history }) => history);
  for (const history of changed) group.log.get(history)!.push(changeSettings(history));
  await saveSettings(group.db, changed);
  const isShared = ({ history, plan }: (typeof plans)[number]) =>
    plan === 'assign-code' || (plan === 'by-code' && group.histories.indexOf(history) % 2 === 0);
  const shared = plans.filter(isShared);
  const alone = plans.filter((one) => !isShared(one) && one.plan !== 'settings');
  const requestsOf = (history: History, plan: Plan) => nextRequests(history, plan as Lane, round);
  await Promise.all([
    ...shared.map(({ history, plan }) => runRequests(group, history, requestsOf(history, plan))),
    // Each has a transaction of its own, so only as many at a time as there are connections for.
    ...Array.from({ length: AT_ONCE }, async () => {
      for (let next = alone.pop(); next; next = alone.pop()) {
        const { history, plan } = next;
        await (plan === 'by-admin'
          ? actAsAdmin(group, history)
          : runRequests(group, history, requestsOf(history, plan)));
      }
    }),
  ]);
}

/** Sends the requests of one history, and whatever got lost again, as a client does; then asks the model what should have come. */
async function runRequests(group: Group, history: History, requests: Request[]): Promise<void> {
  const first = await Promise.all(requests.map((request) => send(group, history, request)));
  const before: { request: Request; answer: Answer | null }[] = [];
  const after: typeof before = [];
  for (const [n, request] of requests.entries()) {
    const outcome = first[n]!;
    if (!(outcome instanceof InjectedFault)) {
      before.push({ request, answer: outcome });
    } else if (request.key !== null) {
      const answer = await sendUntilAnswered(group, history, request);
      // A replay tells that it had been done, in its turn; otherwise it is done only now.
      (answer.replayed ? before : after).push({ request, answer });
    } else if (outcome.committed) {
      before.push({ request, answer: null });
    }
  }
  for (const { request, answer } of inOrder([...before, ...after])) {
    const known =
      answer ??
      (laneOf(request) === 'assign-random'
        ? await findLost(group, history, request, [...before, ...after])
        : null);
    if (known === 'nothing') continue;
    const expected = perform(history.world, request, known && { text: known.body });
    note(group, history, request, answer, expected);
    if (answer) checkAnswer(group, history, request, answer, expected);
  }
}

/**
 * Random assignments that are put off come back in any order, so who got a coupon is taken to have been before who got none: whoever is
 * refused here would have been refused at any time after that.
 */
function inOrder<T extends { request: Request; answer: Answer | null }>(settled: T[]): T[] {
  const isGiven = ({ request, answer }: T) =>
    laneOf(request) === 'assign-random' && (answer === null || answer.status === 200);
  return [...settled.filter(isGiven), ...settled.filter((one) => !isGiven(one))];
}

async function send(group: Group, history: History, request: Request): Promise<Answer | InjectedFault> {
  const submit = {
    'assign-random': group.submitRandom.get(history)!,
    'assign-code': group.submitAssign,
    'by-code': group.submitByCode.get(history)!,
  }[laneOf(request)];
  return attempt(group, history, request, submit);
}

async function sendUntilAnswered(group: Group, history: History, request: Request): Promise<Answer> {
  for (;;) {
    const outcome = await attempt(group, history, request, group.submitAgain);
    if (!(outcome instanceof InjectedFault) && !isRunning(outcome)) return outcome;
  }
}

/** It meets its own first time, which hangs. */
const isRunning = ({ status, body }: Answer) =>
  status === 409 && (JSON.parse(body) as { code: string }).code === 'conflict';

async function attempt(
  group: Group,
  history: History,
  request: Request,
  submit: Submit,
): Promise<Answer | InjectedFault> {
  try {
    const isImpatient =
      laneOf(request) === 'assign-random' && request.key !== null && submit !== group.submitAgain;
    const answer = await submit({
      ...toCommand(history, request),
      deadline: isImpatient ? performance.now() + PATIENCE_MS : Infinity,
    });
    if (answer.status === 503) throw overdue();
    return answer;
  } catch (error) {
    // The routes answer both with 503: nothing was done.
    const isOverdue = (error instanceof Problem && error.code === 'unavailable') || isTimeout(error);
    if (isOverdue) count(group, 'overdue');
    const fault = isOverdue ? new InjectedFault(errorCode(error), false) : error;
    if (!(fault instanceof InjectedFault)) throw fault;
    group.log.get(history)!.push(`${request.id} ${request.key === null ? '' : 'with key '}${fault.message}`);
    return fault;
  }
}

function toCommand({ number }: History, request: Request): Omit<SubmittedCommand, 'deadline'> {
  const { id, type, actorId, role, userId, code, bookId, metadata, key } = request;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const scopes = [`codes:user:${actorId}`, `codes:address:${number}`];
  const limits = [GUESSES.perUser, GUESSES.perAddress];
  return {
    type,
    actor: { id: actorId, role },
    userId,
    code,
    bookId,
    metadata: metadata as Record<string, unknown>,
    claim:
      key === null
        ? null
        : {
            keyHash: digest(`${actorId} ${key}`),
            fingerprint: digest(JSON.stringify([type, userId, code, bookId, metadata])),
          },
    context: { instance: `/${type}`, requestId: id },
    guessBudgets:
      role === 'ADMIN' || code === null
        ? []
        : scopes.map((scope, n) => ({ scope, limit: limits[n]!, windowSeconds: GUESSES.windowMs / 1000 })),
  };
}

/** Of a random assignment whose answer was lost: the coupon it gave, if it gave one. What counts is who gave a coupon last. */
async function findLost(
  { db }: Group,
  { world }: History,
  { bookId, userId, actorId }: Request,
  others: { request: Request; answer: Answer | null }[],
): Promise<{ body: string } | 'nothing'> {
  // A repeat names what was given long ago, and may have been taken back and given again.
  const known = others.flatMap(({ request, answer }) =>
    answer && !isRepeat(world, request) ? [(JSON.parse(answer.body) as { code: string }).code] : [],
  );
  const { rows } = await sql<{ code: string }>`
    SELECT c.code FROM coupons c CROSS JOIN LATERAL (
      SELECT e.actor_id FROM events e WHERE e.book_id = c.book_id AND e.coupon_id = c.id AND e.type = 'coupon.assigned'
      ORDER BY e.id DESC LIMIT 1) given
    WHERE c.book_id = ${bookId} AND c.assigned_user_id = ${userId} AND given.actor_id = ${actorId} ORDER BY c.code`.execute(
    db,
  );
  const found = rows.find(({ code }) => world.coupons.get(code)!.owner === null && !known.includes(code));
  return found ? { body: JSON.stringify({ code: found.code }) } : 'nothing';
}

/** An ADMIN takes a coupon from its owner, or a redemption back. */
async function actAsAdmin(group: Group, history: History): Promise<void> {
  const { world, random, adminId } = history;
  const coupon = random.pick([...world.coupons.values()].sort((a, b) => a.serial - b.serial));
  const actor: Actor = { id: adminId, role: 'ADMIN' };
  const nth =
    coupon.redemptions.length > 0 && random.chance(0.6) ? random.int(coupon.redemptions.length) : null;
  const outcome = await inTransaction(group.db, async (trx) => {
    if (nth === null) return unassignCoupon(trx, actor, coupon.code);
    const { rows } = await sql<{ id: number }>`
      SELECT h.id FROM redemption_history h JOIN coupon_codes c USING (book_id, coupon_id)
      WHERE c.code = ${coupon.code} AND redemption_number = ${nth + 1} AND rollback_of IS NULL`.execute(trx);
    return rollBackRedemption(trx, actor, rows[0]!.id, 'simulated');
  }).then(
    () => null,
    (error: unknown) => {
      if (error instanceof Problem) return error.code;
      throw error;
    },
  );
  const expected = nth === null ? unassign(world, coupon, adminId) : rollBack(world, coupon, nth, adminId);
  const what = nth === null ? 'unassign' : `roll back redemption ${nth + 1} of`;
  group.log.get(history)!.push(`${what} ${coupon.code}: ${outcome ?? 'done'}`);
  count(group, `${nth === null ? 'unassign' : 'roll back'} ${outcome ?? 'done'}`);
  if (outcome !== expected) failer(group)(history, `expected ${expected ?? 'done'}`);
}
