import pg from 'pg';

interface Column {
  table: string;
  name: string;
  type: string;
  nullable: boolean;
  /** PK, FK and UK, as far as they apply. */
  keys: string[];
}

interface Relation {
  table: string;
  target: string;
  columns: string;
  nullable: boolean;
  unique: boolean;
  /** Of a foreign key: what becomes of the row when its target is deleted. */
  cascades: boolean;
}

interface Rule {
  table: string;
  name: string;
  definition: string;
}

/** Tables in the order they were made, which is the order in which one explains the next. */
const COLUMNS = `
  SELECT c.relname AS table, a.attname AS name, NOT a.attnotnull AS nullable,
         CASE t.typname WHEN 'int2' THEN 'smallint' WHEN 'int4' THEN 'integer' WHEN 'int8' THEN 'bigint'
              WHEN 'bool' THEN 'boolean' ELSE t.typname END AS type,
         array_remove(ARRAY[
           CASE WHEN bool_or(k.contype = 'p') THEN 'PK' END,
           CASE WHEN bool_or(k.contype = 'f') THEN 'FK' END,
           CASE WHEN bool_or(k.contype = 'u' AND cardinality(k.conkey) = 1) THEN 'UK' END], NULL) AS keys
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype IN ('p', 'f', 'u') AND a.attnum = ANY (k.conkey)
   WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'migrations'
   GROUP BY c.oid, a.attnum, c.relname, a.attname, a.attnotnull, t.typname
   ORDER BY c.oid, a.attnum`;

const RELATIONS = `
  SELECT c.relname AS table, f.relname AS target, string_agg(a.attname, ', ' ORDER BY a.attnum) AS columns,
         NOT bool_and(a.attnotnull) AS nullable, k.confdeltype = 'c' AS cascades,
         EXISTS (SELECT FROM pg_constraint u
                  WHERE u.conrelid = k.conrelid AND u.contype IN ('p', 'u') AND u.conkey <@ k.conkey) AS unique
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_class f ON f.oid = k.confrelid
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
   WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace
   GROUP BY c.oid, c.relname, f.relname, k.oid, k.confdeltype, k.conrelid, k.conkey
   ORDER BY c.oid, min(a.attnum)`;

const INDEXES = `
  SELECT c.relname AS table, i.relname AS name,
         CASE WHEN x.indisunique THEN 'unique ' ELSE '' END
           || regexp_replace(pg_get_indexdef(x.indexrelid), '^.* USING (btree )?', '') AS definition
    FROM pg_index x
    JOIN pg_class c ON c.oid = x.indrelid
    JOIN pg_class i ON i.oid = x.indexrelid
   WHERE c.relnamespace = 'public'::regnamespace AND c.relname <> 'migrations'
   ORDER BY c.oid, NOT x.indisprimary, i.relname`;

// NOT NULL is a constraint of its own from PostgreSQL 18 on; here it is a property of the column.
const CHECKS = `
  SELECT c.relname AS table, k.conname AS name,
         regexp_replace(pg_get_constraintdef(k.oid, true), '^CHECK \\((.*)\\)$', '\\1') AS definition
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid
   WHERE k.contype = 'c' AND k.connamespace = 'public'::regnamespace
   ORDER BY c.oid, k.conname`;

/** The schema as a Mermaid diagram, with its indexes and CHECK constraints, read from the catalogue. */
export async function describeDatabase(databaseUrl: string): Promise<string> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const { rows: columns } = await client.query<Column>(COLUMNS);
    const { rows: relations } = await client.query<Relation>(RELATIONS);
    const { rows: indexes } = await client.query<Rule>(INDEXES);
    const { rows: checks } = await client.query<Rule>(CHECKS);
    return [
      diagram(columns, relations),
      ...section('Indexes', 'columns', indexes),
      ...section('CHECK constraints', 'what every row fulfils', checks),
    ].join('\n\n');
  } finally {
    await client.end();
  }
}

function diagram(columns: Column[], relations: Relation[]): string {
  const tables = Map.groupBy(columns, ({ table }) => table);
  const lines = relations.map((relation) => {
    const parent = relation.nullable ? '|o' : '||';
    const children = relation.unique ? 'o|' : 'o{';
    const cascade = relation.cascades ? ' (deleted with it)' : '';
    return `  ${relation.target} ${parent}--${children} ${relation.table} : "${relation.columns}${cascade}"`;
  });
  for (const [table, fields] of tables) {
    lines.push(`  ${table} {`);
    for (const { type, name, keys, nullable } of fields) {
      lines.push(
        `    ${[type, name, keys.join(', '), nullable ? '"nullable"' : ''].filter(Boolean).join(' ')}`,
      );
    }
    lines.push('  }');
  }
  return ['```mermaid', 'erDiagram', ...lines, '```'].join('\n');
}

function section(title: string, words: string, rules: Rule[]): string[] {
  const rows = rules.map(({ table, name, definition }) => {
    const text = definition.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
    return `| ${table} | ${name} | \`${text}\` |`;
  });
  return [`## ${title}`, [`| table | name | ${words} |`, '| --- | --- | --- |', ...rows].join('\n')];
}
