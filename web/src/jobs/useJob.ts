import { useQuery } from '@pinia/colada';
import { type MaybeRefOrGetter, toValue, watch } from 'vue';
import { api, type Schemas, unwrap } from '../api/client';
import { usePolling } from '../ui/usePolling';
import { useReload } from '../ui/useReload';

export type Job = Schemas['Job'];

/**
 * A job, read every second until it has ended.
 * @param id null: no job yet
 * @param onEnd called once per job when it has ended, to read again what it changed
 */
export function useJob(id: MaybeRefOrGetter<string | null>, onEnd?: (job: Job) => void) {
  const reload = useReload();
  const {
    data: job,
    error,
    refetch,
  } = useQuery({
    key: () => ['jobs', toValue(id) ?? 'none'],
    enabled: () => toValue(id) !== null,
    query: ({ signal }) =>
      unwrap(api.GET('/api/v1/jobs/{id}', { params: { path: { id: toValue(id)! } }, signal })),
  });

  usePolling(() => job.value?.finishedAt === null, refetch);

  watch(
    () => (job.value?.finishedAt ? job.value.id : null),
    (ended) => {
      if (ended === null) return;
      void reload(['jobs', 'list']);
      onEnd?.(job.value!);
    },
    { immediate: true },
  );

  return { job, error, refetch };
}
