import { useQuery } from '@pinia/colada';
import { computed, reactive } from 'vue';
import { api, unwrap } from '../api/client';
import type { operations } from '../api/schema';
import { TYPING_MS, whenTyped } from '../ui/whenTyped';
import { useWrite } from '../api/useWrite';

type Body = operations['generateCodes']['requestBody']['content']['application/json'];

export const CHARSETS = ['default', 'digits', 'letters', 'own'] as const;

/** The form to generate codes, its preview, and the generation itself. */
export function useGenerateCodes(bookId: () => string) {
  const form = reactive({
    count: 1000 as number | null,
    by: 'pattern' as 'pattern' | 'parts',
    pattern: '####-####-####',
    length: 10 as number | null,
    prefix: '',
    postfix: '',
    charset: 'default' as (typeof CHARSETS)[number],
    ownCharset: '',
    allowGuessable: false,
  });

  /** Null while a field has no usable value. */
  const body = computed<Body | null>(() => {
    const charset = form.charset === 'own' ? form.ownCharset.trim() : form.charset;
    if (!form.count || charset.length < 2) return null;
    if (form.by === 'pattern') {
      const pattern = form.pattern.trim();
      return pattern === '' ? null : { count: form.count, charset, pattern };
    }
    if (!form.length) return null;
    const { length, prefix, postfix } = form;
    return { count: form.count, charset, length, prefix: prefix.trim(), postfix: postfix.trim() };
  });
  const asked = whenTyped(computed(() => JSON.stringify(body.value)));

  const {
    data: preview,
    error: previewError,
    refetch,
    isPlaceholderData,
  } = useQuery({
    key: () => ['books', bookId(), 'preview', asked.value],
    enabled: () => asked.value !== 'null',
    query: ({ signal }) =>
      unwrap(
        api.POST('/api/v1/books/{id}/codes/preview', {
          params: { path: { id: bookId() } },
          body: JSON.parse(asked.value) as Body,
          signal,
        }),
      ),
    placeholderData: (before) => before,
    gcTime: TYPING_MS,
  });
  /** The preview is older than what is typed. */
  const isBehind = computed(
    () => isPlaceholderData.value || asked.value !== JSON.stringify(body.value) || body.value === null,
  );

  const generation = useWrite((headers, wanted: Body) =>
    unwrap(
      api.POST('/api/v1/books/{id}/codes/generate', {
        params: { path: { id: bookId() } },
        body: wanted,
        headers: { ...headers, prefer: 'respond-async' },
      }),
    ),
  );

  const refusal = computed(() => preview.value?.refusal ?? null);
  const isGuessable = computed(() => refusal.value?.reason === 'guessable-codes');
  const canStart = computed(
    () =>
      body.value !== null &&
      !isBehind.value &&
      !previewError.value &&
      (refusal.value === null || (isGuessable.value && form.allowGuessable)),
  );
  const start = () =>
    generation.run({ ...body.value!, ...(isGuessable.value ? { allowGuessable: form.allowGuessable } : {}) });

  return {
    form,
    preview,
    previewError,
    refetch,
    isBehind,
    refusal,
    isGuessable,
    canStart,
    start,
    retry: generation.retry,
    running: generation.running,
    problem: generation.problem,
  };
}
