import { STATUS_CODES } from 'node:http';
import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema, RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import Type from 'typebox';
import { version } from '../config.ts';
import { type ProblemCode, problems } from '../problem-codes.ts';
import { problemBody, Problem } from '../problems.ts';
import { component, reasonFields, reasonSchema, ref } from '../schemas.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The refusals of this route beside those that its kind brings (see `problemsOf`). For the documentation. */
    problems?: ProblemCode[];
  }
  interface FastifySchema {
    /** In the document: the `access` of the route. */
    'x-access'?: FastifyContextConfig['access'];
  }
}

const fieldError = component('FieldError', {
  in: Type.Enum(['body', 'query', 'path', 'headers']),
  pointer: Type.String({ description: 'JSON pointer to the field' }),
  ...reasonFields,
});

const problem = Type.Object(
  {
    type: Type.String({ description: 'address of a page about this problem' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.Enum(Object.keys(problems) as ProblemCode[], {
      description: 'stable; what programs decide by',
    }),
    reason: ref(reasonSchema),
    values: reasonFields.values,
    instance: Type.String({ description: 'the path that was asked' }),
    requestId: Type.String(),
    errors: Type.Optional(Type.Array(Type.Unsafe({ $ref: 'FieldError#' }))),
  },
  { $id: 'Problem', title: 'Problem', additionalProperties: true, description: 'RFC 9457 problem details' },
);

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** The problems that a kind of route brings: what plugins refuse before a handler runs. */
function problemsOf({ method, schema, config }: RouteOptions): ProblemCode[] {
  const codes: ProblemCode[] = ['invalid-request', 'rate-limited', 'unavailable'];
  if (config?.access !== 'public') codes.push('unauthenticated');
  if (config?.access === 'admin') codes.push('forbidden');
  if (WRITES.has(String(method))) codes.push('conflict', 'idempotency-key-reused');
  if (schema?.body) codes.push('unsupported-media-type', 'payload-too-large');
  return [...new Set([...codes, ...(config?.problems ?? [])])];
}

/** One documented response per status, with an example of each code it can carry. */
function problemResponses(codes: ProblemCode[], url: string): Record<string, object> {
  const byStatus = Object.groupBy(codes, (code) => problems[code].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group]) => [
      status,
      {
        description: group.map((code) => `\`${code}\`: ${problems[code].about}`).join('\n\n'),
        content: {
          'application/problem+json': {
            schema: { $ref: 'Problem#' },
            examples: Object.fromEntries(
              group.map((code) => [
                code,
                {
                  value: problemBody(new Problem(code), {
                    instance: url,
                    requestId: '0199f0a2-6f3c-7c1e-9d57-0f4e2f6f6a51',
                  }),
                },
              ]),
            ),
          },
        },
      },
    ]),
  );
}

/** OpenAPI asks for a description of every response; those that say nothing themselves get the name of their status. */
function described(responses: Record<string, object> = {}): Record<string, object> {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [
      status,
      'description' in response ? response : { ...response, description: STATUS_CODES[status] },
    ]),
  );
}

/** What has a default need not be sent: the validator fills it in, so to the handler it is always there, to a client it is optional. */
function withDefaultsOptional(querystring: unknown): unknown {
  const { properties, required, ...rest } = querystring as {
    properties: Record<string, object>;
    required?: string[];
  };
  return { ...rest, properties, required: required?.filter((name) => !('default' in properties[name]!)) };
}

/**
 * What a route's kind adds to its documentation. Only there: as part of the schemas, the refusals of all routes would be compiled
 * into hundreds of serialisers that nobody calls, and a start would take one second more.
 */
function documented(schema: FastifySchema | undefined, route: RouteOptions): FastifySchema {
  const responses = described(schema?.response as Record<string, object> | undefined);
  if (!route.url.startsWith('/api/')) return { ...schema, response: responses };
  return {
    ...schema,
    'x-access': route.config?.access,
    ...(schema?.querystring ? { querystring: withDefaultsOptional(schema.querystring) } : {}),
    security: schema?.security ?? (route.config?.access === 'public' ? [] : [{ accessToken: [] }]),
    headers: schema?.headers ?? (WRITES.has(String(route.method)) ? idempotencyHeader : undefined),
    response: { ...problemResponses(problemsOf(route), route.url), ...responses },
  };
}

/** `/openapi.json`, from the routes' own schemas. */
export default fp(
  async (app) => {
    app.addSchema(reasonSchema);
    app.addSchema(fieldError);
    app.addSchema(problem);

    await app.register(swagger, {
      openapi: {
        openapi: '3.0.3',
        info: {
          title: 'Coupon Book',
          version,
          description:
            'Gives coupon codes to users, holds them at checkout and redeems them. Every write takes an `Idempotency-Key`: ' +
            'a repeat with the same key and body gets the first answer, byte for byte, with `Idempotent-Replayed: true`.',
        },
        components: {
          securitySchemes: {
            accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
            session: { type: 'apiKey', in: 'cookie', name: 'coupon_book_session' },
          },
        },
        security: [{ accessToken: [] }],
      },
      transform: ({ schema, url, route }) => ({ schema: documented(schema, route), url }),
      refResolver: {
        buildLocalReference: ({ $id }, _base, _fragment, index) =>
          typeof $id === 'string' ? $id : `Schema${index}`,
      },
    });

    serveJson(app);
  },
  { name: 'openapi' },
);

/** The same of a document that is there already, for a gateway that has none of the routes. */
export const openapiOf = (document: object) =>
  fp(
    async (app: FastifyInstance) => {
      await app.register(swagger, { mode: 'static', specification: { document: document as never } });
      serveJson(app);
    },
    { name: 'openapi' },
  );

function serveJson(app: FastifyInstance): void {
  app.get('/openapi.json', { schema: { hide: true }, config: { access: 'public' } }, async () =>
    app.swagger(),
  );
}

const idempotencyHeader = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      description: 'makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours',
      example: '6c1f7c3e-5f0e-4b7e-9a53-0b7a5f7f7b0d',
    },
  },
};
