import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fp from 'fastify-plugin';
import Type from 'typebox';
import { version } from '../../config.ts';
import { examine } from '../../doctor/examine.ts';
import { type Finding, FINDING_REASONS } from '../../doctor/finding.ts';
import { allowLongWork } from '../../deadline.ts';
import { component, ref, strict } from '../../schemas.ts';
import type { ModuleOptions } from '../module.ts';

const findingSchema = component(
  'Finding',
  {
    severity: Type.Enum(['error', 'warning', 'notice']),
    reason: Type.Enum(FINDING_REASONS),
    values: Type.Unsafe<Record<string, string | number>>({
      type: 'object',
      additionalProperties: { type: ['string', 'number'] },
    }),
    detail: Type.String({ description: 'what was found' }),
    advice: Type.String({ description: 'what to do' }),
    run: Type.Array(Type.String(), { description: 'SQL that does it, for who has looked first' }),
  },
  'something that an operator should know',
);

const examinationSchema = component(
  'Examination',
  {
    version: Type.String({ description: 'of the service' }),
    findings: Type.Array(ref(findingSchema), { description: 'the worst first; none: all is well' }),
  },
  'what a look at the service and its database found',
);

/** A page says how many more there are. */
const MOST_BOOKS = 20;

/** What `npm run doctor` finds, for administrators. */
export default fp<ModuleOptions>(
  async (fastify) => {
    const app = fastify.withTypeProvider<TypeBoxTypeProvider>();
    for (const schema of [findingSchema, examinationSchema]) app.addSchema(schema);
    /** One look at all data at a time: whoever asks meanwhile gets its answer. */
    let looking: Promise<Finding[]> | undefined;

    app.get(
      '/api/v1/doctor',
      {
        config: { access: 'admin' },
        schema: {
          tags: ['operation'],
          operationId: 'examineService',
          summary: 'What is wrong with the service and its database, and what to do',
          querystring: strict({
            data: Type.Boolean({
              default: false,
              description:
                'also compare all coupons with their counters, history and events; takes seconds for each million',
            }),
          }),
          response: { 200: ref(examinationSchema) },
        },
      },
      async (request) => {
        const { data } = request.query;
        if (data) allowLongWork(request);
        const findings = data
          ? await (looking ??= examine(app.db, { data, mostBooks: MOST_BOOKS }).finally(
              () => (looking = undefined),
            ))
          : await examine(app.db, { data });
        return { version, findings: findings as never };
      },
    );
  },
  { name: 'doctor', dependencies: ['database', 'authentication', 'openapi'] },
);
