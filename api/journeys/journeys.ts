// `npm run journeys -- --url <address>`: goes the ways of administrators, users and backends through a running service, over HTTP alone,
// in whatever form it runs.
import { parseArgs } from 'node:util';
import { openWorld, WrongAnswer } from './world.ts';
import { journeys } from './stories.ts';

const HELP = `npm run journeys -- --url <address> [part of a name …]

Signs in with ADMIN_EMAIL and ADMIN_PASSWORD from the environment and goes through a running service: sign-in, the way of a coupon, each
refusal, a race, long work, the live stream, exports, pages. It knows nothing of the form in which the service runs. It leaves archived
books and disabled users behind. Exits with 0 only if all answers are as they must be.

There are: ${Object.keys(journeys).join(', ')}`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { url: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = process.env;
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (!values.url || !email || !password) {
    console.error(
      'Name the service with --url, and set ADMIN_EMAIL and ADMIN_PASSWORD: an administrator of it.',
    );
    return 1;
  }
  const world = await openWorld(values.url.replace(/\/$/, ''), { email, password });
  let [passed, failed] = [0, 0];
  for (const [name, journey] of Object.entries(journeys)) {
    if (positionals.length > 0 && !positionals.some((part) => name.includes(part))) continue;
    const startedAt = performance.now();
    let problem: string | undefined;
    try {
      const remark = await journey(world);
      passed += 1;
      console.log(
        `ok      ${name}, ${Math.round(performance.now() - startedAt)} ms${remark ? `: ${remark}` : ''}`,
      );
    } catch (error) {
      problem = error instanceof WrongAnswer ? error.message : String((error as Error).stack);
      failed += 1;
      console.log(`FAILED  ${name}: ${problem}`);
    }
  }
  await world.close();
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
