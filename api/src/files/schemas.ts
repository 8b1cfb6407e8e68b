import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { component, nullable, reasonFields, ref, strict } from '../schemas.ts';
import { DELIMITERS } from './csv.ts';
import { ENCODINGS } from './encoding.ts';

/** How a file is to be read, for every route that takes one. */
export const layoutQuery = {
  column: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        'which column is read: its title, or its number from 1. Needed only when the file leaves it open',
    }),
  ),
  header: Type.Enum(['auto', 'present', 'absent'], {
    default: 'auto',
    description: 'whether there is a row of titles. auto: where one of the titles is known',
  }),
  encoding: Type.Enum(['auto', ...ENCODINGS], {
    default: 'auto',
    description: 'of the text. auto: by its bytes; Windows-1252 when it is not valid UTF-8',
  }),
};

export const readAs = component(
  'FileReadAs',
  {
    encoding: Type.Enum([...ENCODINGS]),
    delimiter: nullable(
      Type.String({
        description: `between cells: ${DELIMITERS.map((one) => (one === '\t' ? 'tab' : one)).join(' ')}; null: nothing is`,
      }),
    ),
    header: nullable(Type.String({ description: 'title of the column that was read' })),
    headerLine: nullable(Type.Integer({ description: 'where the titles are; null: there are none' })),
    column: nullable(
      Type.Integer({ description: 'the column that was read, from 1; null: all cells, or all lines' }),
    ),
  },
  'how a file was read',
);

const count = (description: string) => Type.Integer({ minimum: 0, description });
const cell = Type.String({ description: 'cut after 80 characters' });

export const filePreview = component(
  'FilePreview',
  {
    file: ref(readAs),
    columns: Type.Array(
      strict({
        number: Type.Integer({ description: 'from 1: what `column` takes' }),
        title: nullable(Type.String()),
        examples: Type.Array(cell),
        fits: Type.Boolean({ description: 'all its cells can be what is sought' }),
      }),
      { description: 'the first 50' },
    ),
    firstRows: Type.Array(Type.Array(cell), {
      description: 'at most 10, with the titles and what is above them',
    }),
    refusal: nullable(
      strict(reasonFields, { description: 'why the file cannot be read like this; null: it can' }),
    ),
    counts: nullable(
      strict({
        rows: count('good + repeated + existing + invalid + skipped'),
        good: count('would be stored'),
        repeated: count('in the file before'),
        existing: count('codes that exist already; 0 for people'),
        invalid: count('hold no code, or nobody'),
        skipped: count('lines above the header, and those that repeat it'),
      }),
    ),
    errors: Type.Array(strict({ line: Type.Integer(), value: Type.String(), ...reasonFields }), {
      description: 'the first 100 of the invalid and the skipped',
    }),
  },
  'what reading a file would bring; nothing is stored',
);

/** For every module that takes files, whichever there are. */
export function addFileSchemas(app: FastifyInstance): void {
  for (const schema of [readAs, filePreview]) {
    const { $id } = schema as { $id?: string };
    if (!app.getSchema($id!)) app.addSchema(schema);
  }
}
