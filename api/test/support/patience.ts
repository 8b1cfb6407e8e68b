import type { FastifyInstance } from 'fastify';
import { isOutage } from '../../src/database/errors.ts';

const PATIENCE_MS = 300_000;

/** No answer of this app is late: for a machine with much else to do. Call it before the app is ready. */
export function bePatient(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    request.answerBy = performance.now() + PATIENCE_MS;
    done();
  });
}

/** Does what a server does before it takes traffic; as a server does, again when the database was late. */
export async function prepareAll(works: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const work of works) while (!(await work().then(() => true, refuseOtherThanOutage)));
}

function refuseOtherThanOutage(error: unknown): false {
  if (!isOutage(error)) throw error;
  return false;
}
