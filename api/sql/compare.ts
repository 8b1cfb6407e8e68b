// Holds what the code says of a row against what PostgreSQL says of its columns.
import ts from 'typescript';
import type { Column } from './describe.ts';

/** As `pg` and our own parser (int8) give values of a type; an array of int8 has no parser of ours. */
const KINDS: Record<string, string> = {
  ...Object.fromEntries(['int2', 'int4', 'int8', 'float4', 'float8', 'oid'].map((type) => [type, 'number'])),
  ...Object.fromEntries(
    ['text', 'varchar', 'name', 'uuid', 'xid', 'xid8', 'pg_snapshot', 'numeric', 'char'].map((type) => [
      type,
      'string',
    ]),
  ),
  ...Object.fromEntries(['timestamptz', 'timestamp', 'date'].map((type) => [type, 'Date'])),
  bool: 'boolean',
  bytea: 'Buffer',
  json: 'JSON',
  jsonb: 'JSON',
  _int8: 'string[]',
};

/** What is wrong with a row type; nothing when it is what the statement gives. */
export function compareRow(
  checker: ts.TypeChecker,
  row: ts.Type,
  columns: readonly Column[],
  labels: ReadonlyMap<string, readonly string[]>,
  at: ts.Node,
): string[] {
  const properties = new Map(checker.getPropertiesOfType(row).map((property) => [property.name, property]));
  const faults: string[] = [];
  for (const { name, type, nullable } of columns) {
    const property = properties.get(name);
    properties.delete(name);
    if (!property) {
      faults.push(`the column "${name}" is not in the row type`);
      continue;
    }
    const given = checker.getTypeOfSymbolAtLocation(property, at);
    const said = checker.typeToString(given);
    if (!fits(given, type))
      faults.push(`"${name}" is ${type}${kindOf(type) ? ` (${kindOf(type)})` : ''}, not ${said}`);
    if (nullable && !allowsNull(given)) faults.push(`"${name}" can be null, and ${said} cannot`);
  }
  for (const name of properties.keys()) faults.push(`no column is called "${name}"`);
  return faults;

  function kindOf(type: string): string | undefined {
    return KINDS[type] ?? (labels.has(type) ? 'string' : undefined);
  }

  function fits(given: ts.Type, type: string): boolean {
    const known = kindOf(type);
    if (known === 'JSON') return true;
    const value = checker.getNonNullableType(given);
    if (value.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return false;
    const element =
      type.startsWith('_') || known?.endsWith('[]')
        ? checker.getIndexTypeOfType(value, ts.IndexKind.Number)
        : null;
    if (element === undefined) return false;
    if (element) return known ? isKind(element, known.slice(0, -2)) : fits(element, type.slice(1));
    const isWhole = (labels.get(type) ?? []).every((label) =>
      checker.isTypeAssignableTo(checker.getStringLiteralType(label), value),
    );
    return known !== undefined && isKind(value, known) && isWhole;
  }
}

function isKind(type: ts.Type, kind: string): boolean {
  return (type.isUnion() ? type.types : [type]).every((part) => {
    if (kind === 'string') return (part.flags & ts.TypeFlags.StringLike) !== 0;
    if (kind === 'number') return (part.flags & ts.TypeFlags.NumberLike) !== 0;
    if (kind === 'boolean') return (part.flags & ts.TypeFlags.BooleanLike) !== 0;
    return part.symbol?.name === kind;
  });
}

const allowsNull = (type: ts.Type): boolean =>
  (type.isUnion() ? type.types : [type]).some(
    ({ flags }) => (flags & (ts.TypeFlags.Null | ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0,
  );
