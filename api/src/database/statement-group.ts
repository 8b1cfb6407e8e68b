import { createHash } from 'node:crypto';
import type { CompiledQuery } from 'kysely';
import pg from 'pg';

type Result = pg.QueryResult<pg.QueryResultRow>;
/** What `pg` reads answers into. Its types leave these methods out. */
type ResultReader = Result & {
  addFields: (fields: unknown) => void;
  parseRow: (fields: unknown) => pg.QueryResultRow;
  addRow: (row: pg.QueryResultRow) => void;
  addCommandComplete: (message: unknown) => void;
};

const newReader = () => new (pg.Result as unknown as new () => ResultReader)();
const { prepareValue } = (pg as unknown as { utils: { prepareValue: (value: unknown) => string | null } })
  .utils;

/**
 * Sends several statements at once and waits for all their answers: one round trip. They run one after the other; after one that
 * fails none of those behind it is run, a COMMIT or a statement behind a BEGIN that failed included.
 *
 * Extended protocol with one Sync at the end. (`pg`'s own pipeline mode sends a Sync behind each statement: the answers come in as
 * many packets, and a failed BEGIN would not stop what follows it.)
 *
 * @param options.timeoutMs longest to wait for all of them
 * @param options.keep keeps them prepared on the connection, for the next time
 * @throws the error of the first that failed
 */
export function runTogether(
  client: pg.ClientBase,
  statements: readonly CompiledQuery[],
  { timeoutMs, keep }: { timeoutMs: number | undefined; keep: boolean },
): Promise<Result[]> {
  return new Promise((resolve, reject) => {
    // Before anything is sent: a value that cannot be written must not leave half a group on the way.
    const encoded = statements.map(({ sql, parameters }) => ({
      name: keep ? nameOf(sql) : '',
      text: sql,
      values: parameters.map(prepareValue),
    }));
    client.query(
      new StatementGroup(encoded, timeoutMs, (error, results) => (error ? reject(error) : resolve(results!))),
    );
  });
}

interface Statement {
  /** Empty: prepared for this once. */
  name: string;
  text: string;
  values: (string | null)[];
}

const names = new Map<string, string>();

/** The same text has the same name wherever connections are shared, and another text another. */
function nameOf(text: string): string {
  let name = names.get(text);
  if (!name) names.set(text, (name = createHash('sha256').update(text).digest('base64url')));
  return name;
}

/** Names of the statements that are prepared on a connection. */
const prepared = new WeakMap<pg.Connection, Set<string>>();

/** The interface that `pg` has for queries of one's own (pg-cursor is one). */
class StatementGroup implements pg.Submittable {
  readonly query_timeout: number | undefined;
  callback: (error: Error | null, results?: Result[]) => void;
  readonly #statements: Statement[];
  readonly #done: Result[] = [];
  #prepared = new Set<string>();
  #reader = newReader();
  #unreadable: Error | undefined;

  constructor(
    statements: Statement[],
    timeoutMs: number | undefined,
    callback: (error: Error | null, results?: Result[]) => void,
  ) {
    this.#statements = statements;
    this.query_timeout = timeoutMs;
    this.callback = callback;
  }

  submit(connection: pg.Connection): void {
    this.#prepared = prepared.get(connection) ?? new Set();
    prepared.set(connection, this.#prepared);
    connection.stream.cork();
    for (const { name, text, values } of this.#statements) {
      if (!this.#prepared.has(name)) {
        // It may be there although the answer never came; closing one that is not is no error.
        if (name) connection.close({ type: 'S', name }, true);
        connection.parse({ name, text, types: [] }, true);
      }
      connection.bind({ statement: name, values }, true);
      connection.describe({ type: 'P', name: '' }, true);
      connection.execute({}, true);
    }
    connection.sync();
    connection.stream.uncork();
  }

  handleRowDescription({ fields }: { fields: unknown }): void {
    this.#reader.addFields(fields);
  }

  handleDataRow({ fields }: { fields: unknown }): void {
    try {
      this.#reader.addRow(this.#reader.parseRow(fields));
    } catch (error) {
      this.#unreadable ??= error as Error;
    }
  }

  handleCommandComplete(message: unknown): void {
    this.#reader.addCommandComplete(message);
    this.#done.push(this.#reader);
    this.#reader = newReader();
  }

  handleReadyForQuery(): void {
    for (const { name } of this.#statements) if (name) this.#prepared.add(name);
    this.callback(this.#unreadable ?? null, this.#done);
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' });
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: pg.Connection & { sendCopyFail: (reason: string) => void }): void {
    connection.sendCopyFail('COPY does not go together with other statements');
  }

  handleCopyData(): void {}
}
