// `npm run image [-- arguments of build]`: the container image coupon-book, by podman or docker, whichever is there. With
// `-- --platform linux/amd64,linux/arm64` for both kinds of machine, where the engine can.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const ENGINES = ['podman', 'docker'];
const root = join(import.meta.dirname, '..');

const engine = ENGINES.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
if (!engine) {
  console.error(`An image is built by ${ENGINES.join(' or ')}, and none is installed here.`);
  process.exit(1);
}
// Podman's own format has no health check.
const format = engine === 'podman' ? ['--format', 'docker'] : [];
const args = ['build', ...format, '--tag', 'coupon-book', ...process.argv.slice(2), root];
process.exitCode = spawnSync(engine, args, { stdio: 'inherit' }).status ?? 1;
