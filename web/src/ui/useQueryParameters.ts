import { reactive } from 'vue';
import { useRoute, useRouter } from 'vue-router';

/**
 * Query parameters of the page's address, to read and set; '' if absent. Setting one replaces the address, so that "back" leaves the
 * page and the address can be shared.
 */
export function useQueryParameters<Name extends string>(names: readonly Name[]): Record<Name, string> {
  const route = useRoute();
  const router = useRouter();
  // What was set in this tick and is not in the route yet, so that two set at once are both kept.
  let pending: Record<string, string | undefined> = {};

  const descriptors = Object.fromEntries(
    names.map((name) => [
      name,
      {
        enumerable: true,
        get: () => [route.query[name]].flat()[0] ?? '',
        set(value: string) {
          pending[name] = value === '' ? undefined : value;
          void router
            .replace({ query: { ...route.query, ...pending }, hash: route.hash })
            .finally(() => (pending = {}));
        },
      },
    ]),
  );
  return reactive(Object.defineProperties({}, descriptors)) as Record<Name, string>;
}
