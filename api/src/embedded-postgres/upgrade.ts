import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { giveTo } from './account.ts';
import { rolesTarget, syncFolder, type Cluster } from './cluster.ts';
import { makePasswords, makeRoles, OLD_PASSWORD } from './roles.ts';
import { clearRemains, findServer, type Server } from './server.ts';

const POLL_MS = 20;
/** What is wrong for good fails each time. Another start that changes the same data makes ours fail for a moment only. */
const TRIES = 40;

/** Whether the data belong to another account than they should, as after a copy. */
function isStrangers({ folder, runAs }: Cluster): boolean {
  return runAs !== undefined && statSync(folder).uid !== runAs.uid;
}

/** Whether the application is the superuser still, as in data that were made before it had a role of its own. */
export const isOld = ({ folder }: Cluster): boolean => existsSync(join(folder, OLD_PASSWORD));

/**
 * Brings data of before to what is made today: owned by the account of their own, the application no superuser, new passwords. Each
 * step may be done again, and the last says that all are, so it may be interrupted anywhere, and several starts may do it at once.
 * @param endServer ends a server that nobody owns any more, which runs under the old account
 */
export async function upgrade(cluster: Cluster, endServer: (server: Server) => Promise<void>): Promise<void> {
  let failures = 0;
  for (; isOld(cluster) || isStrangers(cluster); await delay(POLL_MS)) {
    const server = findServer(cluster);
    if (server?.status === 'ready') await endServer(server);
    // One that is starting or stopping, or another start that does the same as we do, is waited for.
    if (server || !clearRemains(cluster)) continue;
    try {
      if (isStrangers(cluster)) giveTo(cluster.folder, cluster.runAs!);
      if (isOld(cluster)) await upgradeRoles(cluster);
    } catch (error) {
      if (!isFromAnother(error) && (failures += 1) === TRIES) throw failure(cluster, error);
    }
  }
}

async function upgradeRoles(cluster: Cluster): Promise<void> {
  const { folder, runAs } = cluster;
  makePasswords(folder, runAs);
  syncFolder(folder);
  await makeRoles(rolesTarget(cluster));
  rmSync(join(folder, OLD_PASSWORD), { force: true });
}

/** Another start is at it, or was faster. */
function isFromAnother(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || message.includes('lock file "postmaster.pid" already exists');
}

function failure({ folder }: Cluster, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(
    `The data in ${folder} cannot be changed to a database whose application is no superuser (${reason}): ` +
      'mend that and start again; the data are as they were.',
    { cause: error },
  );
}
