// What PostgreSQL says of a statement that is not run: its columns, their types, and which can be null.
import pg from 'pg';

export interface Column {
  name: string;
  /** As in `pg_type`: `int4`, `_text`, or the name of an enumeration. */
  type: string;
  nullable: boolean;
}

interface Field {
  name: string;
  tableID: number;
  columnID: number;
  dataTypeID: number;
}

/** Asks for a statement's columns by the extended protocol: Parse, Describe, Sync. */
class Describe {
  #fields: Field[] = [];
  readonly text: string;
  readonly done: (error: Error | undefined, fields: Field[]) => void;

  constructor(text: string, done: Describe['done']) {
    this.text = text;
    this.done = done;
  }

  submit(connection: pg.Connection): void {
    const wire = connection as unknown as Record<'parse' | 'describe' | 'sync', (message?: object) => void>;
    wire.parse({ name: '', text: this.text, types: [] });
    wire.describe({ type: 'S', name: '' });
    wire.sync();
  }
  handleRowDescription({ fields }: { fields: Field[] }): void {
    this.#fields = fields;
  }
  handleError(error: Error): void {
    this.done(error, []);
  }
  handleReadyForQuery(): void {
    this.done(undefined, this.#fields);
  }
}

interface Plan {
  'Node Type': string;
  'Join Type'?: string;
  'Parent Relationship'?: string;
  Output?: string[];
  Plans?: Plan[];
}

/**
 * A computed value that is null where nothing was found: an aggregate of no rows, or a CASE that ends without ELSE. Of other
 * computed values it is not known; they count as never null.
 */
const NULL_OF_NOTHING = /^\(?(max|min|sum|avg|array_agg|string_agg|jsonb?_agg)\(|^CASE .*ELSE NULL::/is;

/** In a statement that fails when an outer join finds nothing. */
const FINDS_ALL = '/* finds all */';

/** `FirstNormalObjectId` of PostgreSQL. */
const FIRST_OID_OF_OURS = 16_384;

export async function openDescriber(url: string) {
  const client = new pg.Client(url);
  await client.connect();
  // Else the least and the greatest are looked up in an index, and the plan does not say that they are aggregates.
  await client.query('SET enable_indexscan = off; SET enable_indexonlyscan = off');
  const typeRows = await client.query<{ oid: number; name: string }>(
    'SELECT oid::int, typname AS name FROM pg_type',
  );
  const types = new Map(typeRows.rows.map(({ oid, name }) => [oid, name]));
  const columnRows = await client.query<{ table: number; column: number }>(
    // Of the server's own views nothing is known.
    `SELECT attrelid::int AS "table", attnum AS "column" FROM pg_attribute
     WHERE NOT attnotnull AND attrelid >= ${FIRST_OID_OF_OURS}`,
  );
  const canBeNull = new Set(columnRows.rows.map(({ table, column }) => `${table} ${column}`));
  const labelRows = await client.query<{ name: string; labels: string[] }>(
    `SELECT t.typname AS name, array_agg(e.enumlabel::text) AS labels
     FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid GROUP BY 1`,
  );
  const labels = new Map(labelRows.rows.map((row) => [row.name, row.labels]));

  return {
    labels,
    close: () => client.end(),

    /** @throws what PostgreSQL says of a statement that it does not understand */
    async describe(text: string): Promise<Column[]> {
      const fields = await new Promise<Field[]>((resolve, reject) => {
        const done: Describe['done'] = (error, found) => (error ? reject(error) : resolve(found));
        client.query(new Describe(text, done) as unknown as pg.Submittable);
      });
      if (fields.length === 0) return [];
      const plan = await explain(text);
      const emptied = new Set(plan && !text.includes(FINDS_ALL) ? outputsThatJoinsEmpty(plan) : []);
      return fields.map(({ name, tableID, columnID, dataTypeID }, index) => {
        const output = plan?.Output?.[index];
        const isColumn = tableID !== 0;
        const nullable = isColumn
          ? canBeNull.has(`${tableID} ${columnID}`) || (output !== undefined && emptied.has(output))
          : output !== undefined && NULL_OF_NOTHING.test(output);
        return { name, type: types.get(dataTypeID) ?? String(dataTypeID), nullable };
      });
    },
  };

  async function explain(text: string): Promise<Plan | undefined> {
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `EXPLAIN (VERBOSE, GENERIC_PLAN, FORMAT JSON) ${text}`,
    );
    return rows[0]?.['QUERY PLAN'][0].Plan;
  }
}

/** What is null where an outer join finds nothing: all that comes from its inner side. */
function outputsThatJoinsEmpty(plan: Plan): string[] {
  const own = (plan.Plans ?? []).flatMap((child) => {
    const join = plan['Join Type'];
    const side = child['Parent Relationship'];
    const isEmptied =
      join === 'Full' || (join === 'Left' && side === 'Inner') || (join === 'Right' && side === 'Outer');
    return isEmptied ? (child.Output ?? []) : [];
  });
  return [...own, ...(plan.Plans ?? []).flatMap(outputsThatJoinsEmpty)];
}
