import Type, { type Static, type TObject, type TProperties, type TSchema, type TUnsafe } from 'typebox';
import { fieldProblem } from './problems.ts';
import { type Reason, reasonBlanks, type ReasonValues } from './reasons.ts';

/** The parts that schemas share. A schema is written once: it is the check, the type and the OpenAPI. */

/** A named component: it is registered with `app.addSchema`, shows under its name in OpenAPI, and is used with `ref`. */
export function component<T extends TProperties>(
  name: string,
  properties: T,
  description?: string,
): TObject<T> {
  return Type.Object(properties, { $id: name, title: name, description, additionalProperties: false });
}

/** Why something was refused, failed or left out, for programs: see reasons.ts. */
export const reasonSchema = Type.Enum(Object.keys(reasonBlanks) as Reason[], {
  $id: 'Reason',
  title: 'Reason',
  description: 'stable, for programs; `x-values` names the values that come with each',
  'x-values': Object.fromEntries(Object.entries(reasonBlanks).filter(([, names]) => names.length > 0)),
});

/** A reference to a component that keeps its type. */
export function ref<T extends TSchema>(schema: T): TUnsafe<Static<T>> {
  return Type.Unsafe<Static<T>>({ $ref: `${(schema as { $id?: string }).$id}#` });
}

/** Why, wherever that is said. */
export const reasonFields = {
  reason: ref(reasonSchema),
  values: Type.Unsafe<ReasonValues>({
    type: 'object',
    additionalProperties: { anyOf: [{ type: 'string' }, { type: 'number' }] },
    description: 'what the words of the reason need',
  }),
  detail: Type.String({ description: 'the reason in English, for people' }),
};

/** `T | null`, in the words of OpenAPI 3.0. */
export function nullable<T extends TSchema>(schema: T): TUnsafe<Static<T> | null> {
  return Type.Unsafe<Static<T> | null>({ ...schema, nullable: true });
}

/** An object of exactly these properties: unknown ones are refused, not dropped. */
export function strict<T extends TProperties>(properties: T, options: object = {}): TObject<T> {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

export const uuid = (description?: string) => Type.String({ format: 'uuid', description });

/** RFC 3339 with an offset, years 1970 to 9999. */
export const time = (description?: string) =>
  Type.String({ format: 'date-time', description, example: '2026-12-24T18:00:00.000Z' });

/** Anything a caller wants to keep with a thing. */
export const metadata = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  additionalProperties: true,
  'x-max-json-bytes': 4096,
  description: 'your own data, a JSON object of at most 4096 bytes',
  example: { source: 'newsletter' },
});

export const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'most items in the answer' }),
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 500, description: '`nextCursor` of the page before' }),
  ),
};

/** `{ items, nextCursor }`: the shape of every list. */
export function page<T extends TSchema>(name: string, item: T) {
  return component(name, {
    items: Type.Array(item),
    nextCursor: nullable(Type.String({ description: 'null on the last page' })),
  });
}

/** For a route that answers with a list or, asked by `Accept: text/csv`, with all of it as a file. */
export const exportQuery = {
  ...pageQuery,
  bom: Type.Boolean({
    default: false,
    description: 'of a CSV file: begin with a byte order mark, by which Excel knows UTF-8',
  }),
};

/** The answer of such a route. In a file, cells that a spreadsheet would run as a formula begin with an apostrophe. */
export function listOrCsv<T extends TSchema>(list: T, header: readonly string[]) {
  return {
    description:
      'A page of the list; with `Accept: text/csv` all of it as a file, without `limit` and `cursor`',
    content: {
      'application/json': { schema: ref(list) },
      'text/csv': { schema: Type.String({ example: `${header.join(',')}\r\n` }) },
    },
  };
}

/** An opaque cursor: the sort key of the last row of a page. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * Reads a cursor made by `encodeCursor`.
 * @param shape a check for each part of the key
 * @throws {Problem} invalid-request when it is not one of ours
 */
export function decodeCursor<K extends readonly (string | number)[]>(
  cursor: string,
  shape: { [I in keyof K]: (part: unknown) => part is K[I] },
): K {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(key) && key.length === shape.length && shape.every((fits, index) => fits(key[index]))) {
      return key as unknown as K;
    }
  } catch {
    // falls through to the refusal
  }
  throw fieldProblem({ in: 'query', pointer: '/cursor' }, 'foreign-cursor');
}

const isMillisecond = (part: unknown): part is number =>
  Number.isSafeInteger(part) && Math.abs(part as number) < 8.64e15;
const isUuid = (part: unknown): part is string =>
  typeof part === 'string' && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(part);

/** The last row of the page before, of a list that is sorted newest first. */
export interface Age {
  createdAt: Date;
  id: string;
}

/** Where a page of a list that is sorted newest first begins. */
export function readAgeCursor(cursor: string | undefined): Age | undefined {
  if (cursor === undefined) return undefined;
  const [createdAt, id] = decodeCursor<[number, string]>(cursor, [isMillisecond, isUuid]);
  return { createdAt: new Date(createdAt), id };
}

/** The sort key of a list that is sorted newest first. */
export const ageKey = ({ createdAt, id }: Age) => [createdAt.getTime(), id] as const;

/** Cuts a page out of `limit + 1` rows: the extra row only tells that there is a next page. */
export function toPage<R, T>(
  rows: readonly R[],
  limit: number,
  present: (row: R) => T,
  key: (row: R) => readonly (string | number)[],
): { items: T[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(present),
    nextCursor: rows.length > limit && last ? encodeCursor(key(last)) : null,
  };
}
