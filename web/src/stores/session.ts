import { defineStore } from 'pinia';
import { computed, readonly, ref, shallowRef } from 'vue';
import { publicApi, type Schemas, unwrap, useAuthority } from '../api/client';
import { ApiProblem } from '../api/problem';

type User = Schemas['User'];

/** A token is replaced when it has less than this to live: a request must not outlive it. */
const RENEW_BEFORE_MS = 60_000;
/** Says that there may be a session, so that a first visit does not ask for one and log a refusal. Holds no secret. */
const HINT = 'coupon-book.signed-in';

/** Who is signed in. The access token is kept in memory alone; the session is in a cookie that no script can read. */
export const useSessionStore = defineStore('session', () => {
  const user = shallowRef<User | null>(null);
  /** Why the last session ended by itself; the sign-in page says it. */
  const expired = ref(false);
  let accessToken: string | null = null;
  let renewAt = 0;
  let renewal: Promise<string | null> | undefined;

  const isSignedIn = computed(() => user.value !== null);
  const isAdmin = computed(() => user.value?.role === 'ADMIN');

  const otherTabs = new BroadcastChannel('coupon-book.session');
  otherTabs.onmessage = ({ data }: MessageEvent<string>) => {
    if (data === 'signed-out') forget();
  };

  function accept(answer: Schemas['SignedIn']): string {
    accessToken = answer.accessToken;
    renewAt = performance.now() + answer.expiresIn * 1000 - RENEW_BEFORE_MS;
    user.value = answer.user;
    expired.value = false;
    localStorage.setItem(HINT, '1');
    return answer.accessToken;
  }

  function forget(): void {
    accessToken = null;
    user.value = null;
    localStorage.removeItem(HINT);
  }

  /**
   * The next access token by the session's cookie; null when the session is over. Asked once at a time.
   * @throws {ApiProblem} when nobody can say (no network, overload)
   */
  function renew(): Promise<string | null> {
    renewal ??= (async () => {
      try {
        return accept(await unwrap(publicApi.POST('/api/v1/auth/refresh')));
      } catch (error) {
        if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
        expired.value = user.value !== null;
        forget();
        return null;
      }
    })().finally(() => (renewal = undefined));
    return renewal;
  }

  useAuthority({
    token: async () => (accessToken !== null && performance.now() > renewAt ? renew() : accessToken),
    renewed: async (refused) => (accessToken !== null && accessToken !== refused ? accessToken : renew()),
  });

  /** Picks up the session of an earlier visit, if there is one. */
  async function restore(): Promise<void> {
    if (localStorage.getItem(HINT) !== null) await renew();
  }

  async function signIn(email: string, password: string): Promise<User> {
    accept(await unwrap(publicApi.POST('/api/v1/auth/login', { body: { email, password } })));
    return user.value!;
  }

  async function register(
    account: { email: string; password: string; name?: string },
    headers: Record<string, string>,
  ): Promise<void> {
    await unwrap(publicApi.POST('/api/v1/auth/register', { body: account, headers }));
  }

  /** Ends the session here and in all other tabs. */
  async function signOut(): Promise<void> {
    await unwrap(publicApi.POST('/api/v1/auth/logout'));
    forget();
    otherTabs.postMessage('signed-out');
  }

  return {
    user: readonly(user),
    isSignedIn,
    isAdmin,
    expired,
    restore,
    renew,
    signIn,
    register,
    signOut,
    /** The present token, for the live stream. */
    token: async () => (accessToken !== null && performance.now() > renewAt ? renew() : accessToken),
  };
});
