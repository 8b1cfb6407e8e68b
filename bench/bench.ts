import { join, relative } from 'node:path';
import { cpuSeconds, cpuSecondsOfAll } from './harness/cpu.ts';
import { checkOut } from './checkout.ts';
import { describeCommit, describeMachine, flushMs } from './machine.ts';
import { HELP, type Options, readOptions, UsageError } from './options.ts';
import { NotMeasured, type Outcome, type Program } from './program.ts';
import { programsAgainst } from './programs/against.ts';
import { programs } from './programs/index.ts';
import { printFindings, printResult, verdictOf } from './report.ts';
import type { Result } from './result.ts';
import { keep } from './results.ts';

/** Characters of it in the results; all of it is printed. */
const LONGEST_REASON = 200;

// A product that is running stops everything itself and then ends this process; otherwise what is left is ended as we exit.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(130);
  });
}
process.exitCode = await main();

/** @returns 0 when everything asked for was measured, whether or not the targets were reached; 1 when something broke */
async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2), join(import.meta.dirname, 'results'));
    if (!options) {
      console.log(HELP);
      return 0;
    }
    if (options.against === undefined) return await runAll(options, programs);
    const other = await checkOut(options.against, console.log);
    try {
      return await runAll(options, programsAgainst(other));
    } finally {
      other.remove();
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\nSee npm run bench -- --help`);
    return 1;
  }
}

/** "P6" stands for "P6-size" too. */
function choose(programs: readonly Program[], only: readonly string[]): Program[] {
  const ids = programs.map(({ id }) => id);
  const fits = (id: string, wanted: string) => id === wanted || id.startsWith(`${wanted}-`);
  const unknown = only.find((wanted) => !ids.some((id) => fits(id, wanted)));
  if (unknown !== undefined) throw new UsageError(`There is no ${unknown}; there are ${ids.join(', ')}.`);
  return programs.filter(({ id }) => only.length === 0 || only.some((wanted) => fits(id, wanted)));
}

async function runAll(options: Options, programs: readonly Program[]): Promise<number> {
  const chosen = choose(programs, options.only);
  const [machine, commit] = [describeMachine(), describeCommit()];
  console.log(
    Object.entries(machine)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
  );
  const results: Result[] = [];
  const day = new Date().toISOString().slice(0, 10);
  for (const [index, program] of chosen.entries()) {
    const { id, title } = program;
    console.log(`\n${id} (${index + 1} of ${chosen.length}): ${title}`);
    const started = performance.now();
    const before = readOthers();
    const { quick, rounds, seconds, rows } = options;
    const startedAt = new Date().toISOString();
    const flush = flushMs();
    const ended = await run(program, options, flush);
    const tookSeconds = (performance.now() - started) / 1000;
    const after = readOthers();
    const result: Result = {
      id,
      title,
      startedAt,
      tookSeconds,
      ...(program.hangsOnFlush && { flushMs: flush }),
      othersCores: Math.max(0, after.used - before.used) / tookSeconds,
      stolenCores: (after.stolen - before.stolen) / tookSeconds,
      commit,
      machine,
      options: { quick, rounds, seconds, rows },
      ...ended,
    };
    results.push(result);
    keep(
      options.out,
      day,
      result,
      programs.map(({ id }) => id),
    );
    printResult(result);
  }
  printFindings(results);
  console.log(`Kept in ${relative(process.cwd(), options.out)}`);
  const missed = results.flatMap(({ outcome }) =>
    (outcome?.findings ?? []).filter((finding) => verdictOf(finding).startsWith('MISSED')),
  );
  if (missed.length > 0) console.log(`${missed.length} targets missed`);
  return results.some(({ failed }) => failed) ? 1 : 0;
}

/** CPU seconds so far of what is not of this benchmark: other processes, and other machines on the same hardware. */
function readOthers(): { used: number; stolen: number } {
  const { used, stolen } = cpuSecondsOfAll();
  return { used: used - cpuSeconds(process.pid), stolen };
}

async function run(
  program: Program,
  options: Options,
  flush: number,
): Promise<{ outcome: Outcome } | { notMeasured: string } | { failed: string }> {
  const started = performance.now();
  const log = (text: string) =>
    console.log(`  ${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  try {
    return { outcome: await program.run({ options, flushMs: flush, log }) };
  } catch (error) {
    const { message } = error as Error;
    console.error(`  ${message}`);
    if (error instanceof NotMeasured) return { notMeasured: message };
    return { failed: message.split('\n')[0]!.slice(0, LONGEST_REASON) };
  }
}
