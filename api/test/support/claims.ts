import { Agent, request } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServerProcess } from './server.ts';
import { rowsOf, type Stage } from './stage.ts';

export interface Load {
  answered: () => number;
  /** What a request got instead of a complete answer, after its connection had been accepted. */
  lost: string[];
  statuses: Set<number>;
  /** Resolves when the server accepts no more connections. */
  refused: Promise<void>;
}

/** Claims without a pause over keep-alive connections; whoever is told to close opens a new one, until that is refused. */
export function keepClaiming({ url }: ServerProcess, { bookId, users }: Stage): Load {
  const lost: string[] = [];
  const statuses = new Set<number>();
  let answered = 0;

  const claim = (agent: Agent, user: Stage['users'][number]) =>
    new Promise<'answered' | 'refused' | 'lost'>((resolve) => {
      const body = JSON.stringify({ bookId });
      const outgoing = request(`${url}/api/v1/coupons/assign/random`, {
        agent,
        method: 'POST',
        headers: { ...user.headers, 'content-type': 'application/json', 'content-length': body.length },
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') return resolve('refused');
        lost.push(`${error.code}: ${error.message}`);
        resolve('lost');
      });
      outgoing.on('response', (response) => {
        statuses.add(response.statusCode!);
        response.resume();
        response.on('error', (error) => lost.push(`in the middle of an answer: ${error.message}`));
        response.on('end', () => {
          answered += 1;
          resolve('answered');
        });
      });
      outgoing.end(body);
    });

  const client = async (user: Stage['users'][number]) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while ((await claim(agent, user)) !== 'refused') await nextTurn();
    agent.destroy();
  };
  const refused = Promise.all(users.map(client)).then(() => undefined);
  return { answered: () => answered, lost, statuses, refused };
}

/** How many coupons of the stage's book somebody has. */
export async function countGiven(databaseUrl: string, { bookId }: Stage): Promise<number> {
  const [{ given }] = await rowsOf<{ given: number }>(
    databaseUrl,
    `SELECT count(*)::int AS given FROM coupons WHERE book_id = $1 AND state = 'ASSIGNED'`,
    [bookId],
  );
  return given;
}
