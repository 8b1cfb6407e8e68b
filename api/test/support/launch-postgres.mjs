// node launch-postgres.mjs <data folder> [module]: prints where PostgreSQL runs, then waits for SIGTERM and stops it.
const [dataDir, module = '../../src/embedded-postgres.ts'] = process.argv.slice(2);
const { startEmbeddedPostgres } = await import(module);
try {
  const log = { info() {}, warn() {} };
  const postgres = await startEmbeddedPostgres({ dataDir, log, settings: { fsync: 'off' } });
  process.once('SIGTERM', () => postgres.stop());
  console.log(JSON.stringify({ url: postgres.url, postgresPid: postgres.pid }));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
