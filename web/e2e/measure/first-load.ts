// P12 of the web app: JavaScript at the first load of each role's landing page, and what Lighthouse says of it, on demo data.
// `npm run measure-web`; with `-- --lighthouse <folder>` (where `npm install lighthouse` was run) the scores too;
// with `-- --million` another program: the pages of a book of a million coupons.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseArgs, promisify } from 'node:util';
import { freePort } from '../../../api/race/server-process.ts';
import { launchChromium, launchSignedIn, signIn, untilSettled, watchScripts } from '../support/browser.ts';
import { ADMIN_EMAIL, PASSWORD, USER_EMAIL, withDemo } from '../support/demo.ts';

const MAX_KB = 160;
const MIN_SCORE = 95;
const ROLES = [
  { role: 'USER', email: USER_EMAIL, path: '/coupons' },
  { role: 'ADMIN', email: ADMIN_EMAIL, path: '/overview' },
];
/** Of one round of Lighthouse, which waits 45 s at most for a page. */
const ROUND_MS = 180_000;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];

const { values } = parseArgs({
  options: {
    lighthouse: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    files: { type: 'boolean' },
    million: { type: 'boolean' },
  },
});

if (values.million) await (await import('./million.ts')).measureMillion();
else await withDemo(measureFirstLoads);

async function measureFirstLoads(url: string): Promise<void> {
  for (const { role, email, path } of ROLES) {
    const browser = await launchChromium();
    try {
      await measureScripts(role, url + path);
    } finally {
      await browser.close();
    }
    if (values.lighthouse) {
      const port = await freePort();
      await using _ = await launchSignedIn(port, url, email, PASSWORD);
      await runLighthouse(role, url + path, port);
    }

    /** In a browser that has been here before, but whose cache is empty. */
    async function measureScripts(name: string, address: string): Promise<void> {
      const fresh = await browser.newContext();
      const page = await fresh.newPage();
      await signIn(page, url, email, PASSWORD);
      await untilSettled(page);
      const storageState = await fresh.storageState();
      await fresh.close();
      const context = await browser.newContext({ storageState });
      const scripts = watchScripts(context);
      const landing = await context.newPage();
      await landing.goto(address);
      await untilSettled(landing);
      const sizes = [...(await scripts())]
        .map(([file, body]) => ({ file, bytes: gzipSync(body, { level: 9 }).length }))
        .sort((a, b) => b.bytes - a.bytes);
      await context.close();
      const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0) / 1000;
      const verdict = total <= MAX_KB ? 'ok' : 'MISSED';
      console.log(
        `${name}: ${total.toFixed(1)} kB of JavaScript (gzip) in ${sizes.length} files, at most ${MAX_KB}: ${verdict}`,
      );
      if (values.files)
        for (const { file, bytes } of sizes)
          console.log(`  ${(bytes / 1000).toFixed(1).padStart(6)} ${file}`);
    }
  }
}

/** What is read of Lighthouse's. */
interface Report {
  finalDisplayedUrl: string;
  categories: Record<string, { score: number; auditRefs: { id: string; weight: number }[] }>;
  audits: Record<
    string,
    { title: string; score: number | null; displayValue?: string; numericValue?: number }
  >;
}

/**
 * For each form factor the median of some rounds: 0 to 100. This process must stay awake: Playwright holds each new tab until it has
 * seen it, that of Lighthouse too.
 */
async function runLighthouse(role: string, address: string, port: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-lighthouse-'));
  try {
    for (const form of ['mobile', 'desktop']) {
      const rounds: Report[] = [];
      for (let round = 1; round <= Number(values.rounds); round += 1) {
        const report = join(folder, `${form}-${round}.json`);
        const args = [
          join(values.lighthouse!, 'node_modules/lighthouse/cli/index.js'),
          address,
          `--port=${port}`,
          '--disable-storage-reset',
          `--only-categories=${CATEGORIES.join(',')}`,
          ...(form === 'desktop' ? ['--preset=desktop'] : []),
          '--output=json',
          `--output-path=${report}`,
          '--quiet',
        ];
        await promisify(execFile)(process.execPath, args, { timeout: ROUND_MS }).catch((error: Error) => {
          throw new Error(
            `Lighthouse failed, or took ${ROUND_MS / 1000} s: ${role}, ${form}, round ${round}.`,
            {
              cause: error,
            },
          );
        });
        rounds.push(JSON.parse(readFileSync(report, 'utf8')) as Report);
      }
      const scores = CATEGORIES.map((category) => {
        const score = median(rounds.map(({ categories }) => 100 * categories[category]!.score));
        return `${category} ${score.toFixed(0)}${score >= MIN_SCORE ? '' : ' MISSED'}`;
      });
      const { audits, categories, finalDisplayedUrl } = rounds.at(-1)!;
      console.log(`${role}, ${form}, ${new URL(finalDisplayedUrl).pathname}: ${scores.join(', ')}`);
      const paints = [
        'first-contentful-paint',
        'largest-contentful-paint',
        'total-blocking-time',
        'cumulative-layout-shift',
      ];
      console.log(`  ${paints.map((id) => `${id} ${audits[id]?.displayValue}`).join(', ')}`);
      for (const { auditRefs } of Object.values(categories))
        for (const { id, weight } of auditRefs)
          if (weight > 0 && (audits[id]!.score ?? 1) < 0.9)
            console.log(`  ${id}: ${audits[id]!.title} ${audits[id]!.displayValue ?? ''}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
