import AjvCompiler from '@fastify/ajv-compiler';
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import fp from 'fastify-plugin';
import { type FieldError, Problem } from '../problems.ts';

const MAX_DEPTH = 20;
const compile = AjvCompiler();

type BuildValidator = NonNullable<
  NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>['buildValidator']
>;

/**
 * Two validators: text (path, query, headers) is converted to the type its schema asks for, JSON must have it. Neither drops
 * unknown fields: they are refused.
 */
export const buildValidator: BuildValidator = (schemas: unknown, options: object | undefined) =>
  ((route: { httpPart?: string }) =>
    validateOnDemand(() => {
      const customOptions = {
        removeAdditional: false,
        useDefaults: true,
        allErrors: false,
        allowUnionTypes: true,
        coerceTypes: route.httpPart === 'body' ? false : 'array',
      } as const;
      const settings = { ...options, customOptions, plugins: [addKeywords] };
      return compile(schemas as never, settings as never)(route as never) as Validator;
    })) as never;

const serializer = SerializerSelector();

type BuildSerializer = NonNullable<
  NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>['buildSerializer']
>;

/** Fastify's own, compiled on demand too. */
export const buildSerializer: BuildSerializer = (schemas, options) => {
  const compileSerializer = serializer(schemas, options);
  return (route) => {
    let serialize: ((data: unknown) => string) | undefined;
    return (data) => (serialize ??= compileSerializer(route))(data);
  };
};

type Validator = ((data: unknown) => boolean) & { errors?: unknown[] | null };

/**
 * Compiles at the first request: a process that starts need not compile the schemas of all its routes, of which a function may
 * only ever serve one.
 */
function validateOnDemand(compileSchema: () => Validator): (data: unknown) => true | { error: unknown } {
  let validate: Validator | undefined;
  return (data) => {
    validate ??= compileSchema();
    return validate(data) || { error: validate.errors };
  };
}

function addKeywords(ajv: { addKeyword: (keyword: object) => void }): object {
  ajv.addKeyword({ keyword: 'example' }); // OpenAPI's; it checks nothing
  ajv.addKeyword({
    keyword: 'x-max-json-bytes',
    schemaType: 'number',
    error: { message: 'is too large: see the limit in the documentation' },
    validate: (limit: number, value: unknown) => Buffer.byteLength(JSON.stringify(value)) <= limit,
  });
  return ajv;
}

/** What holds for every input before its schema is asked. */
export default fp(
  async (app: FastifyInstance) => {
    const parseJson = app.getDefaultJsonParser('error', 'error');
    app.removeContentTypeParser(['application/json', 'text/plain']);
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
      // Many clients announce JSON and send nothing where the body is optional.
      if (body === '') done(null, undefined);
      else void parseJson(request, body as string, done);
    });

    // A route that declares no query takes none.
    app.addHook('onRoute', (route) => {
      if (!route.url.startsWith('/api/')) return;
      route.schema ??= {};
      route.schema.querystring ??= { type: 'object', properties: {}, additionalProperties: false };
    });

    app.addHook('preValidation', (request, _reply, done) => {
      const { schema } = request.routeOptions;
      if (schema?.body && request.body === undefined) request.body = {};
      const errors: FieldError[] = [];
      request.body = cleanText(request.body, 'body', '', errors, 0);
      request.query = cleanText(request.query, 'query', '', errors, 0);
      request.params = cleanText(request.params, 'path', '', errors, 0);
      done(
        errors.length > 0
          ? new Problem('invalid-request', 'The request contains text that cannot be kept.', { errors })
          : undefined,
      );
    });
  },
  { name: 'input' },
);

/** NFC, so that what looks the same is the same; refuses what PostgreSQL or another reader could not store: NUL, lone surrogates. */
function cleanText(
  value: unknown,
  place: FieldError['in'],
  pointer: string,
  errors: FieldError[],
  depth: number,
): unknown {
  if (typeof value === 'string') {
    const detail = value.includes('\0')
      ? 'must not contain NUL'
      : value.isWellFormed()
        ? null
        : 'must be well-formed Unicode';
    if (detail) errors.push({ in: place, pointer, detail });
    return value.normalize('NFC');
  }
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value) || Symbol.asyncIterator in value)
    return value;
  if (depth > MAX_DEPTH) {
    errors.push({ in: place, pointer, detail: `must not be nested deeper than ${MAX_DEPTH}` });
    return value;
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => cleanText(item, place, `${pointer}/${index}`, errors, depth + 1));
  }
  const clean: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const name = cleanText(key, place, `${pointer}/${key.toWellFormed()}`, errors, depth + 1) as string;
    clean[name] = cleanText(item, place, `${pointer}/${name}`, errors, depth + 1);
  }
  return clean;
}
