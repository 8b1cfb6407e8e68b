// `npm run verify-draw -- <file>`: repeats the draw of a distribution, as `GET /api/v1/jobs/{id}/draw` published it, and compares.
// Needs neither the service nor its database. Exit code 0: all agrees; 1: it does not; 2: there was nothing to verify.
import { readFileSync } from 'node:fs';
import { type DrawRecord, findDrawFaults } from '../src/modules/distributions/verify.ts';

const [file] = process.argv.slice(2);
process.exitCode = file ? verify(file) : explain();

function verify(path: string): number {
  const record = read(path);
  if (!record) return 2;
  const faults = findDrawFaults(record);
  if (faults.length > 0) {
    console.log(
      `The draw does NOT agree with what is recorded:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    return 1;
  }
  const { shares, seed } = record;
  const coupons = shares.reduce((sum, { share }) => sum + share, 0);
  console.log(`The draw agrees: ${coupons} coupons for ${shares.length} users, from seed ${seed}.`);
  return 0;
}

function read(path: string): DrawRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path === '-' ? 0 : path, 'utf8')) as DrawRecord;
    if (Array.isArray(record.shares) && record.terms && typeof record.seed === 'string') return record;
    console.error(`${path} is no record of a draw: save the answer of GET /api/v1/jobs/{id}/draw.`);
  } catch (error) {
    console.error(`${path} cannot be read: ${(error as Error).message}`);
  }
  return undefined;
}

function explain(): number {
  console.error(
    'Usage: npm run verify-draw -- <file>, the answer of GET /api/v1/jobs/{id}/draw ("-": standard input)',
  );
  return 2;
}
