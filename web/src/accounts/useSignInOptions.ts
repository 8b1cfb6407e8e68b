import { useQuery } from '@pinia/colada';
import { computed } from 'vue';
import { publicApi, unwrap } from '../api/client';

/** How one gets in here. While that is not known, registration counts as closed. */
export function useSignInOptions() {
  const { data, error, isLoading, refetch } = useQuery({
    key: ['sign-in-options'],
    query: ({ signal }) => unwrap(publicApi.GET('/api/v1/auth/options', { signal })),
    staleTime: 60_000,
  });
  return {
    isOpen: computed(() => data.value?.registration === 'open'),
    isClosed: computed(() => data.value?.registration === 'closed'),
    error,
    isLoading,
    refetch,
  };
}
