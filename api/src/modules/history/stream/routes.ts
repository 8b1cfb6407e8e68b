import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { callerOf } from '../../../access/caller.ts';
import type { Config } from '../../../config.ts';
import { Problem } from '../../../problems.ts';
import { ref, strict, uuid } from '../../../schemas.ts';
import type { Audience } from './audience.ts';
import { readPlace, streamedEventSchema } from './messages.ts';

const description = `A stream of Server-Sent Events. A USER hears of their own coupons, an ADMIN of all or of one book. Ask with
\`Authorization\`, so with \`fetch\` and not with \`EventSource\`, which cannot send it.

- A message without a name is a change of a coupon, its \`data\` as in the schema. A change anywhere arrives within a second.
- \`ready\` \`{ resumed }\`: from here on everything is told. Without \`resumed\`, load your lists after it.
- \`reset\` \`{ reason }\`: what you missed cannot be told (\`unknown-position\`, \`too-many-events\`). Load your lists again.
- \`end\` \`{ reason }\`: come back at once, after \`token-expired\` with a fresh token; \`account-changed\`, \`stopping\`.

Send the \`id\` of the last message (those without data count too) as \`Last-Event-ID\` when you come back, to any node: nothing is
missed and nothing comes twice. A client that is too slow is cut off, and comes back like this. A comment comes every 15 seconds.`;

export function streamRoutes(
  fastify: FastifyInstance,
  audience: Audience,
  { liveStream }: Pick<Config, 'liveStream'>,
): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/v1/events/stream',
    {
      // A request that lasts for minutes says nothing about how fast answers are.
      config: { access: 'user', disableMetrics: true, problems: ['not-available-here'] },
      exposeHeadRoute: false,
      schema: {
        tags: ['events'],
        operationId: 'streamEvents',
        summary: 'What happens to coupons, as it happens',
        description,
        querystring: strict({ bookId: Type.Optional(uuid('only of this book')) }),
        headers: Type.Object({
          'last-event-id': Type.Optional(Type.String({ description: '`id` of the last message received' })),
        }),
        response: {
          200: {
            description: 'the stream; the schema is that of the `data` of a message',
            content: { 'text/event-stream': { schema: ref(streamedEventSchema) } },
          },
        },
      },
    },
    async (request, reply) => {
      if (!liveStream) throw new Problem('not-available-here', 'no-live-stream');
      const last = request.headers['last-event-id'];
      await audience.admit(request, reply, {
        caller: callerOf(request),
        bookId: request.query.bookId,
        place: last === undefined || last === '' ? undefined : readPlace(last),
      });
      return reply as never;
    },
  );
}
