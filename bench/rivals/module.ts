import fp from 'fastify-plugin';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { callerOf } from '../../api/src/access/caller.ts';
import { Problem } from '../../api/src/problems.ts';
import { strict, uuid } from '../../api/src/schemas.ts';
import { openBossRival } from './boss.ts';
import { openBriefRival } from './brief.ts';
import { openGuardedRival } from './guarded-update.ts';
import { openRedisRival } from './redis.ts';
import type { Rival } from './rival.ts';

const rivals = {
  brief: openBriefRival,
  guarded: openGuardedRival,
  boss: openBossRival,
  redis: openRedisRival,
};

/**
 * The rivals as routes of the product's own server, behind the same hooks (authentication, rate limits, headers, metrics, schema): what
 * differs is how a coupon is found and kept. Each opens its connections with its first request.
 */
export default fp(
  async (instance) => {
    const app = instance.withTypeProvider<TypeBoxTypeProvider>();
    // The yardstick: everything that an authenticated request costs, and nothing else.
    app.get('/api/v1/bench/noop', { schema: { hide: true }, config: { access: 'user' } }, async () => ({
      done: true,
    }));

    for (const [name, open] of Object.entries(rivals)) {
      let rival: Promise<Rival> | undefined;
      app.post(
        `/api/v1/bench/${name}`,
        {
          schema: { hide: true, body: strict({ bookId: uuid('of which a coupon is wanted') }) },
          config: { access: 'user' },
        },
        async (request) => {
          const { claim } = await (rival ??= open());
          const { bookId } = request.body;
          const userId = callerOf(request).id;
          const code = await claim(bookId, userId);
          if (code === null) throw new Problem('book-exhausted');
          return { code, bookId, ownerId: userId };
        },
      );
      app.addHook('onClose', async () => (await rival)?.close());
    }
  },
  { name: 'rivals', dependencies: ['authentication'] },
);
