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
 * @param timeoutMs longest to wait for all of them
 * @throws the error of the first that failed
 */
export function runTogether(
  client: pg.ClientBase,
  statements: readonly CompiledQuery[],
  timeoutMs: number | undefined,
): Promise<Result[]> {
  return new Promise((resolve, reject) => {
    // Before anything is sent: a value that cannot be written must not leave half a group on the way.
    const encoded = statements.map(({ sql, parameters }) => ({
      text: sql,
      values: parameters.map(prepareValue),
    }));
    client.query(
      new StatementGroup(encoded, timeoutMs, (error, results) => (error ? reject(error) : resolve(results!))),
    );
  });
}

/** The interface that `pg` has for queries of one's own (pg-cursor is one). */
class StatementGroup implements pg.Submittable {
  readonly query_timeout: number | undefined;
  callback: (error: Error | null, results?: Result[]) => void;
  readonly #statements: { text: string; values: (string | null)[] }[];
  readonly #done: Result[] = [];
  #reader = newReader();
  #unreadable: Error | undefined;

  constructor(
    statements: { text: string; values: (string | null)[] }[],
    timeoutMs: number | undefined,
    callback: (error: Error | null, results?: Result[]) => void,
  ) {
    this.#statements = statements;
    this.query_timeout = timeoutMs;
    this.callback = callback;
  }

  submit(connection: pg.Connection): void {
    connection.stream.cork();
    for (const { text, values } of this.#statements) {
      connection.parse({ name: '', text, types: [] }, true);
      connection.bind({ values }, true);
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
