import { addBookToAssign, confirmAssigned } from '../harness/claims.ts';
import { openListeners } from '../harness/listeners.ts';
import { alternate, compare, turnOfLoad } from '../harness/measure.ts';
import { withProduct } from '../harness/product.ts';
import type { Program } from '../program.ts';

const CONNECTIONS = 64;
/** Each listens to the coupons of a user; of those who claim, two in five. */
const STREAMS = 2_000;

export const p11: Program = {
  id: 'P11',
  title: `assign while ${STREAMS} users have a live stream open, against the same without`,
  run: (bench) =>
    withProduct(bench, {}, async (product) => {
      const { server, users } = product;
      const { bookId, requests } = await addBookToAssign(bench, product, 2);
      // Once: a token is verified when it is first seen, and new ones for each turn with streams would make it pay for that alone.
      const tokens = await product.renewTokens();
      const extent = { connections: CONNECTIONS, seconds: bench.options.seconds };
      const turns = await alternate(
        bench,
        { setting: `${CONNECTIONS} connections` },
        {
          'assign without streams': () => turnOfLoad(product, requests, extent),
          async 'assign with streams'() {
            const listeners = await openListeners(server.url, tokens.slice(0, STREAMS));
            try {
              const first = requests.sent;
              const turn = await turnOfLoad(product, requests, extent);
              await listeners.heard(countFor(first, requests.sent));
              return turn;
            } finally {
              listeners.close();
            }
          },
        },
      );
      await confirmAssigned(product, bookId, requests.sent);
      return {
        measures: Object.values(turns),
        findings: [compare(turns['assign with streams'], turns['assign without streams'], { atLeast: 0.9 })],
        notes: [`Every change was told to the user who listens for it, exactly as often as it happened.`],
      };

      /** Of requests `from` to `to`, those of users who listen. */
      function countFor(from: number, to: number): number {
        let count = 0;
        for (let n = from; n < to; n += 1) if (n % users.length < STREAMS) count += 1;
        return count;
      }
    }),
};
