/** What a runner of tests does, until it is told to stop: starts PostgreSQL, and a process that starts another, as servers do. Prints their pids. */
import { spawn } from 'node:child_process';
import { startTestPostgres } from './test-postgres.ts';

const SERVER = `
  const { spawn } = require('node:child_process');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  console.log(child.pid);
  setInterval(() => {}, 1000);`;

const { adminUrl } = await startTestPostgres();
const server = spawn(process.execPath, ['-e', SERVER], {
  detached: true,
  stdio: ['ignore', 'pipe', 'inherit'],
});
server.stdout.once('data', (pid) =>
  console.log(JSON.stringify({ adminUrl, pids: [server.pid, Number(pid)] })),
);
