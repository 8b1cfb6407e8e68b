import { useQueryCache } from '@pinia/colada';
import { defineStore } from 'pinia';
import { computed, readonly, ref, shallowRef, watch } from 'vue';
import { publicApi, type Schemas, unwrap, useAuthority } from '../api/client';
import { ApiProblem } from '../api/problem';

type User = Schemas['User'];

/** What tabs tell each other. */
type Told = 'signed-out' | { signedIn: string };

/** A token is replaced when it expires sooner than this, so that no request outlives it. */
const RENEW_BEFORE_MS = 60_000;
/** Marks that there may be a session, so that a first visit does not ask for one. Holds no secret. */
const HINT = 'coupon-book.signed-in';

/** Who is signed in. The access token is only in memory; the session is in a cookie that no script can read. */
export const useSessionStore = defineStore('session', () => {
  const queries = useQueryCache();
  const user = shallowRef<User | null>(null);
  /**
   * The session has ended by itself, and not by signing out. `user` stays: the page is kept with all that was typed into it, and
   * asks for the password (`SessionEnded`).
   */
  const expired = ref(false);
  let accessToken: string | null = null;
  let renewAt = 0;
  let renewal: Promise<string | null> | undefined;

  const isSignedIn = computed(() => user.value !== null);
  const isAdmin = computed(() => user.value?.role === 'ADMIN');

  const otherTabs = new BroadcastChannel('coupon-book.session');
  otherTabs.onmessage = ({ data }: MessageEvent<Told>) => {
    if (data === 'signed-out') forget();
    // The cookie is the browser's: whoever signed in there is now signed in here too.
    else if (data.signedIn !== user.value?.id || expired.value) void renew().catch(() => {});
  };

  // What one account has read is not for the next one.
  watch(
    () => user.value?.id,
    () => queries.getEntries().forEach((entry) => queries.remove(entry)),
    { flush: 'sync' },
  );

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
    expired.value = false;
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
        accessToken = null;
        localStorage.removeItem(HINT);
        expired.value = user.value !== null;
        return null;
      }
    })().finally(() => (renewal = undefined));
    return renewal;
  }

  const token = async () => (accessToken !== null && performance.now() > renewAt ? renew() : accessToken);
  useAuthority({
    token,
    renewed: async (refused) => (accessToken !== null && accessToken !== refused ? accessToken : renew()),
  });

  /** Picks up the session of an earlier visit, if there is one. */
  async function restore(): Promise<void> {
    if (localStorage.getItem(HINT) !== null) await renew();
  }

  async function signIn(email: string, password: string): Promise<User> {
    accept(await unwrap(publicApi.POST('/api/v1/auth/login', { body: { email, password } })));
    const { id } = user.value!;
    otherTabs.postMessage({ signedIn: id } satisfies Told);
    return user.value!;
  }

  /** Sets the password of the account that an access link is for, and signs in. */
  async function signInByLink(token: string, password: string): Promise<User> {
    accept(await unwrap(publicApi.POST('/api/v1/auth/password/reset', { body: { token, password } })));
    otherTabs.postMessage({ signedIn: user.value!.id } satisfies Told);
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
    otherTabs.postMessage('signed-out' satisfies Told);
  }

  /**
   * Ends all other sessions of the account.
   * @throws {ApiProblem} `unauthenticated` when the current password is wrong; not repeated with another token, as other refusals
   * of a token are: each attempt counts
   */
  async function changePassword(
    change: { currentPassword: string; newPassword: string },
    headers: Record<string, string>,
  ): Promise<void> {
    const authorization = `Bearer ${await token()}`;
    await unwrap(
      publicApi.POST('/api/v1/auth/password', { body: change, headers: { ...headers, authorization } }),
    );
    if (user.value) user.value = { ...user.value, hasPassword: true, initialPassword: false };
  }

  return {
    user: readonly(user),
    isSignedIn,
    isAdmin,
    expired,
    restore,
    renew,
    signIn,
    signInByLink,
    register,
    signOut,
    changePassword,
    /** Leaves an ended session for good. */
    forget,
  };
});
