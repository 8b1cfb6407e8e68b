import Type, { type Static } from 'typebox';
import { component, nullable, reasonFields, strict, uuid } from '../../schemas.ts';
import type { ReadAs } from '../../files/describe.ts';
import { layoutQuery } from '../../files/schemas.ts';
import { MAX_CODE_LENGTH } from '../coupons/code.ts';
import { DEFAULT_PATTERN } from './pattern.ts';

/** Codes of one generation. */
export const MAX_GENERATED = 1_000_000;

export const bookId = strict({ id: uuid() });

export const uploadQuery = strict({
  onError: Type.Enum(['skip', 'abort'], {
    default: 'skip',
    description: 'skip: good rows are stored, the others reported; abort: every row is stored, or none',
  }),
  ...layoutQuery,
});
/** A preview is asked the same; `onError` changes nothing there. */
export type LayoutQuery = Omit<UploadQuery, 'onError'>;
export type UploadQuery = Static<typeof uploadQuery>;

const count = (description: string) => Type.Integer({ minimum: 0, description });

/** What became of a file: the result of a job of kind import. */
export interface ImportResult extends ReadAs {
  /** With content, without the header: stored + duplicates + invalid + skipped, once the job has completed. */
  rows: number;
  stored: number;
  duplicates: number;
  invalid: number;
  /** Lines above the header, and those that repeat it. */
  skipped: number;
}

/** The result of a job of kind generate. */
export interface GenerateResult {
  stored: number;
  /** How many codes the pattern has, exactly: digits, because it can be beyond 2^53. */
  capacity: string;
}

const pattern = {
  pattern: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: MAX_CODE_LENGTH,
      description: `# is one random character of the charset, all else stands for itself (default: ${DEFAULT_PATTERN})`,
      example: 'SUMMER-####-####',
    }),
  ),
  length: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_CODE_LENGTH,
      description: 'instead of a pattern: how many random characters, between prefix and postfix',
    }),
  ),
  prefix: Type.Optional(Type.String({ maxLength: MAX_CODE_LENGTH })),
  postfix: Type.Optional(Type.String({ maxLength: MAX_CODE_LENGTH })),
  charset: Type.Optional(
    Type.String({
      minLength: 2,
      maxLength: MAX_CODE_LENGTH,
      description:
        'default (A-Z without I and O, 2-9), digits, letters, or the characters themselves: at least two different ones of ' +
        'A-Z, 0-9, - and _',
      example: 'default',
    }),
  ),
};

export const generateBody = strict(
  {
    count: Type.Integer({ minimum: 1, maximum: MAX_GENERATED, description: 'how many new codes' }),
    ...pattern,
    allowGuessable: Type.Optional(
      Type.Boolean({
        description: 'store the codes although a guess hits one more often than once in a thousand times',
      }),
    ),
  },
  { examples: [{ count: 1000, pattern: 'SUMMER-####-####' }] },
);
export type GenerateBody = Static<typeof generateBody>;

const capacity = Type.String({
  pattern: '^[0-9]+$',
  description: 'how many different codes the pattern has, exactly; digits, because it can be beyond 2^53',
  example: '1152921504606846976',
});

export const preview = component('CodePreview', {
  pattern: Type.String(),
  charset: Type.String({ description: 'the characters that # stands for' }),
  capacity,
  entropyBits: Type.Number({ description: 'how many bits a guesser must get right', example: 60 }),
  samples: Type.Array(Type.String(), { description: 'examples; they are not kept' }),
  existing: count('codes of any book that fit the pattern now'),
  guess: strict({
    before: Type.Number({ description: 'probability that one guess hits a code now' }),
    after: Type.Number({ description: 'the same once the codes are generated' }),
    oneIn: Type.String({
      description: 'of how many guesses about one hits then',
      example: '1152921504606846',
    }),
  }),
  refusal: nullable(
    strict(reasonFields, { description: 'why generating would be refused; null: it would not' }),
  ),
});
export type Preview = Static<typeof preview>;
