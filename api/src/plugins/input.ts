import { isUtf8 } from 'node:buffer';
import AjvCompiler from '@fastify/ajv-compiler';
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import type { FastifyInstance, FastifyRequest, FastifyServerOptions } from 'fastify';
import fp from 'fastify-plugin';
import { cut, MAX_POINTER_LENGTH } from '../bounds.ts';
import { escapePointer, fieldProblem, type Place, Problem } from '../problems.ts';
import type { Why } from '../reasons.ts';

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

/** A keyword of our own: the longest JSON of a value, in bytes. */
const MAX_BYTES = 'x-max-json-bytes';

function fitsInBytes(limit: number) {
  const fits = (value: unknown): boolean => {
    // What ajv says when it does not: with the limit, as of its own keywords.
    fits.errors = [{ keyword: MAX_BYTES, params: { limit } }];
    return Buffer.byteLength(JSON.stringify(value)) <= limit;
  };
  fits.errors = [] as object[];
  return fits;
}

function addKeywords(ajv: { addKeyword: (keyword: object) => void }): object {
  ajv.addKeyword({ keyword: 'example' }); // OpenAPI's; it checks nothing
  ajv.addKeyword({ keyword: MAX_BYTES, schemaType: 'number', compile: fitsInBytes });
  return ajv;
}

/** Longest JSON body in bytes, also of a route that takes larger files. Parsing holds up everybody else: 1 MB takes up to 0.1 s. */
const MAX_JSON_BYTES = 1024 * 1024;

/** What holds for every input before its schema is asked: its work grows with the size of the input and with nothing else. */
export default fp(
  async (app: FastifyInstance) => {
    refuseBadHeaders(app);
    app.addHook('preParsing', (request, reply, _payload, done) => {
      const { 'content-encoding': encoding = 'identity' } = request.headers;
      if (encoding.toLowerCase() === 'identity') return done();
      reply.header('accept-encoding', 'identity');
      done(new Problem('unsupported-media-type', 'compressed-body'));
    });

    app.removeContentTypeParser(['application/json', 'text/plain']);
    app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
      try {
        done(null, readJson(request, body as Buffer));
      } catch (error) {
        done(error as Error);
      }
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
      try {
        request.body = clean(request.body, { in: 'body', path: [] });
        request.query = clean(request.query, { in: 'query', path: [] });
        request.params = clean(request.params, { in: 'path', path: [] });
        done();
      } catch (error) {
        done(error as Error);
      }
    });
  },
  { name: 'input' },
);

/** Refuses requests that are no good HTTP/1.1, also where a gateway looks at nothing else. Node would answer them without a body. */
export function refuseBadHeaders(app: FastifyInstance): void {
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.addHook('onRequest', (request, _reply, done) => done(headerProblem(request)));
}

/** What HTTP/1.1 asks of every request. */
function headerProblem({ raw: { httpVersion, headers } }: FastifyRequest): Problem | undefined {
  if (httpVersion !== '1.1') return undefined;
  if (headers.host === undefined) {
    return fieldProblem({ in: 'headers', pointer: '/host' }, 'required');
  }
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    const why = { reason: 'not-one-of', values: { allowed: '100-continue' } } as const;
    return fieldProblem({ in: 'headers', pointer: '/expect' }, why);
  }
  return undefined;
}

/** @throws {Problem} payload-too-large, unsupported-media-type for what is not UTF-8, invalid-request for what is not JSON */
function readJson(request: FastifyRequest, body: Buffer): unknown {
  // Many clients announce JSON and send nothing where the body is optional.
  if (body.length === 0) return undefined;
  if (body.length > MAX_JSON_BYTES)
    throw new Problem('payload-too-large', { reason: 'body-too-large', values: { max: MAX_JSON_BYTES } });
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(request.headers['content-type']!)?.[1] ?? 'utf-8';
  if (!/^(utf-?8|us-ascii)$/i.test(charset) || !isUtf8(body))
    throw new Problem('unsupported-media-type', 'not-utf-8');
  try {
    return JSON.parse(body.toString().replace(/^\uFEFF/, ''));
  } catch {
    throw new Problem('invalid-request', 'not-json');
  }
}

/** Where in the request is looked. */
interface Spot {
  in: Place['in'];
  path: (string | number)[];
}

/**
 * Makes the same what looks the same (NFC), in place, and stops at the first thing that cannot be kept.
 * @throws {Problem} invalid-request, pointing at it
 */
function clean(value: unknown, place: Spot): unknown {
  if (typeof value === 'string') return cleanText(value, place);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value) || Symbol.asyncIterator in value)
    return value;
  const { path } = place;
  if (path.length > MAX_DEPTH) refuse(place, { reason: 'too-deep', values: { max: MAX_DEPTH } });
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      path.push(index);
      value[index] = clean(item, place);
      path.pop();
    }
    return value;
  }
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    path.push(key);
    // As a name it would change the object instead of being one of its fields.
    if (key === '__proto__') refuse(place, { reason: 'unknown-field' });
    const name = cleanText(key, place);
    const item = clean(fields[key], place);
    if (name !== key) delete fields[key];
    fields[name] = item;
    path.pop();
  }
  return fields;
}

/**
 * More marks on one letter than any language writes; 30 is the limit of Unicode's Stream-Safe Text Format (UAX 15). NFC sorts them in
 * quadratic time: 80,000 of them took 4 s.
 */
const TOO_MANY_MARKS = /\p{M}{31}/u;

function cleanText(text: string, place: Spot): string {
  if (text.includes('\0')) refuse(place, { reason: 'has-nul' });
  if (!text.isWellFormed()) refuse(place, { reason: 'not-unicode' });
  if (TOO_MANY_MARKS.test(text)) refuse(place, { reason: 'too-many-accents', values: { max: 30 } });
  return text.normalize('NFC');
}

function refuse({ in: part, path }: Spot, why: Why): never {
  const steps = path.map((step) => `/${escapePointer(cut(String(step), MAX_POINTER_LENGTH).toWellFormed())}`);
  throw fieldProblem({ in: part, pointer: steps.join('') }, why);
}
