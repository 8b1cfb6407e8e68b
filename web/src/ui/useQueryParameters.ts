import { reactive, shallowRef } from 'vue';
import { useRoute, useRouter } from 'vue-router';

/**
 * Query parameters of the page's address, to read and set; '' if absent. Setting one replaces the address, so that "back" leaves the
 * page and the address can be shared.
 */
export function useQueryParameters<Name extends string>(names: readonly Name[]): Record<Name, string> {
  const route = useRoute();
  const router = useRouter();
  /** What was set and is not in the route yet: it is read at once, and none of several that are set in a row is lost. */
  const pending = shallowRef<Record<string, string | undefined>>({});

  const descriptors = Object.fromEntries(
    names.map((name) => [
      name,
      {
        enumerable: true,
        get: () => (name in pending.value ? pending.value[name] : [route.query[name]].flat()[0]) ?? '',
        set(value: string) {
          const mine = (pending.value = { ...pending.value, [name]: value === '' ? undefined : value });
          void router
            .replace({ query: { ...route.query, ...mine }, hash: route.hash })
            // If something was set meanwhile, its navigation has replaced this one and takes all of it along.
            .finally(() => pending.value === mine && (pending.value = {}));
        },
      },
    ]),
  );
  return reactive(Object.defineProperties({}, descriptors)) as Record<Name, string>;
}
