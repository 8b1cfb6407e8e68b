import { computed, type WritableComputedRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';

/** A filter that lives in the address (`?name=`), so that it can be shared and survives a reload. Undefined when it is not set. */
export function useAddressParam(name: string): WritableComputedRef<string | undefined> {
  const route = useRoute();
  const router = useRouter();
  return computed({
    get: () => {
      const value = route.query[name];
      return typeof value === 'string' && value !== '' ? value : undefined;
    },
    set: (value) => void router.replace({ query: { ...route.query, [name]: value || undefined } }),
  });
}
