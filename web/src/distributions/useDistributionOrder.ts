import { computed, type Ref } from 'vue';
import type { paths } from '../api/schema';
import { useQueryParameters } from '../ui/useQueryParameters';

type Order = paths['/api/v1/pools/{id}/distribute']['post']['requestBody']['content']['application/json'];

/** The maximum of the API. */
const MOST = 10_000_000;

/**
 * What to distribute, as chosen in the page's address.
 * @param fixed what the page decides: a book's page its book, a pool's its pool
 */
export function useDistributionOrder(fixed: { bookId: Ref<string>; poolId: Ref<string> }) {
  const choice = useQueryParameters([
    'book',
    'pool',
    'mode',
    'by',
    'perUser',
    'total',
    'maxPerUser',
    'shortage',
    'job',
  ]);
  if (choice.perUser === '' && choice.total === '') choice.perUser = '1';

  const bookId = computed(() => fixed.bookId.value || choice.book);
  const poolId = computed(() => fixed.poolId.value || choice.pool);
  const mode = computed(() => (choice.mode === 'random' ? 'random' : 'equal'));
  /** A number for each person, and not one for all together. */
  const isPerUser = computed(() => mode.value === 'equal' && choice.by !== 'total');

  /** Null while something is missing or is no number. */
  const order = computed<{ poolId: string; body: Order } | null>(() => {
    if (bookId.value === '' || poolId.value === '') return null;
    const shared = {
      bookId: bookId.value,
      mode: mode.value,
      onShortage: choice.shortage === 'partial' ? 'partial' : 'refuse',
    } as const;
    const amount = isPerUser.value
      ? { perUser: readCount(choice.perUser) }
      : {
          total: readCount(choice.total),
          maxPerUser: choice.maxPerUser ? readCount(choice.maxPerUser) : undefined,
        };
    const isWrong =
      'perUser' in amount ? amount.perUser === null : amount.total === null || amount.maxPerUser === null;
    return isWrong ? null : { poolId: poolId.value, body: { ...shared, ...(amount as Partial<Order>) } };
  });

  return { choice, mode, isPerUser, order, bookId, poolId };
}

function readCount(text: string): number | null {
  const count = Number(text);
  return Number.isInteger(count) && count >= 1 && count <= MOST ? count : null;
}
