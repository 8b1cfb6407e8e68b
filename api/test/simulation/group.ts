import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../../src/database/connection.ts';
import type { SubmittedCommand } from '../../src/modules/coupons/commands/command.ts';
import type { Answer } from '../../src/answers/answer.ts';
import type { History } from './generate.ts';
import type { Expected } from './model.ts';
import type { Random } from './random.ts';
import type { Request } from './world.ts';

export type Submit = (request: SubmittedCommand) => Promise<Answer>;

/** Histories that run side by side, and are settled in groups as the requests of strangers do. */
export interface Group {
  db: Database;
  random: Random;
  histories: History[];
  /** What happened in each history, for the one that fails. */
  log: Map<History, string[]>;
  /** Random assignments lock a book of one history; assignments by code are those of all; the others are one or the other. */
  submitRandom: Map<History, Submit>;
  submitAssign: Submit;
  submitByCode: Map<History, Submit>;
  /** What got lost, once more. */
  submitAgain: Submit;
  stats: Record<string, number>;
}

/** Fails unless the answer is the model's. */
export function checkAnswer(
  group: Group,
  history: History,
  request: Request,
  answer: Answer,
  expected: Expected,
): void {
  const fail = (problem: string) =>
    failer(group)(history, `${problem}\n  answered ${answer.status} ${answer.body}`);
  if (expected.text !== undefined) {
    if (answer.body !== expected.text || !answer.replayed)
      fail(`${request.id} should repeat ${expected.text}`);
    return;
  }
  const body = JSON.parse(answer.body) as Record<string, unknown>;
  const isSame =
    expected.status === 200
      ? isDeepStrictEqual(body, expected.body)
      : body.code === expected.code &&
        Object.entries(expected.body ?? {}).every(([name, value]) => isDeepStrictEqual(body[name], value));
  if (answer.status !== expected.status || !isSame)
    fail(`${request.id} should be answered ${JSON.stringify(expected)}`);
}

/** Writes down what was asked and answered. */
export function note(
  group: Group,
  history: History,
  request: Request,
  answer: Answer | null,
  expected: Expected,
): void {
  const { type, actorId, userId, code, bookId, key } = request;
  const who = actorId === userId ? userId : `ADMIN for ${userId}`;
  const outcome = answer
    ? `${answer.status}${answer.replayed ? ' replayed' : ''} ${answer.body}`
    : 'answer lost';
  group.log
    .get(history)!
    .push(`${type} ${code ?? `random of ${bookId}`} by ${who}${key ? `, key ${key}` : ''}: ${outcome}`);
  count(
    group,
    answer
      ? expected.text === undefined
        ? `${type} ${expected.code ?? 'done'}`
        : 'replayed'
      : 'answer lost',
  );
}

export const count = ({ stats }: Group, name: string) => {
  stats[name] = (stats[name] ?? 0) + 1;
};

export const failer =
  ({ log }: Group) =>
  (history: History, problem: string): never => {
    throw new Error(
      `History ${history.number}: ${problem}\nIts steps so far:\n${log.get(history)!.join('\n')}`,
    );
  };
