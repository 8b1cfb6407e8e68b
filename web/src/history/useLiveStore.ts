import { useQueryCache } from '@pinia/colada';
import { defineStore } from 'pinia';
import { readonly, ref, watch } from 'vue';
import type { Schemas } from '../api/client';
import { readEventStream } from '../api/readEventStream';
import { ApiProblem } from '../api/problem';
import { noteServerTime } from '../ui/serverClock';
import { useSessionStore } from '../accounts/useSessionStore';

export type LiveEvent = Schemas['StreamedEvent'];
type Listener = (event: LiveEvent) => void;

/** What the tab that holds the connection tells the others. */
type Shared =
  | { kind: 'event'; id: string; event: LiveEvent }
  | { kind: 'reload'; id: string }
  | { kind: 'connected'; connected: boolean };

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5_000;
/** Where there is no stream: how often a tab that is shown reads again what it shows. */
const RELOAD_MS = 5_000;

/**
 * The live stream of events. All tabs of an account share one connection, because browsers allow only six per host: the tab that
 * holds a browser lock reads and tells the others.
 */
export const useLiveStore = defineStore('live', () => {
  const session = useSessionStore();
  const queries = useQueryCache();
  const listeners = new Set<Listener>();
  const connected = ref(false);
  /** True while the connection is lost. */
  const interrupted = ref(false);
  let lastEventId: string | null = null;

  watch(
    () => (session.expired ? undefined : session.user?.id),
    (userId, _before, onCleanup) => {
      lastEventId = null;
      connected.value = interrupted.value = false;
      if (userId === undefined) return;
      const stop = new AbortController();
      onCleanup(() => stop.abort());
      void listen(userId, stop.signal);
    },
    { immediate: true },
  );

  async function listen(userId: string, signal: AbortSignal): Promise<void> {
    const name = `coupon-book.live.${userId}`;
    const channel = new BroadcastChannel(name);
    signal.addEventListener('abort', () => channel.close());
    channel.onmessage = ({ data }: MessageEvent<Shared>) => take(data);
    const share = (message: Shared) => {
      take(message);
      if (!signal.aborted) channel.postMessage(message);
    };
    const reading = () => read(share, signal);
    const end = await ('locks' in navigator
      ? navigator.locks.request(name, { signal }, reading).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        })
      : reading());
    if (end === 'no-stream') await reloadAgainAndAgain(signal);
  }

  /** Each tab for itself: one that is hidden is slowed down by browsers, and could not do it for the others. */
  async function reloadAgainAndAgain(signal: AbortSignal): Promise<void> {
    connected.value = true;
    for (await pause(RELOAD_MS, signal); !signal.aborted; await pause(RELOAD_MS, signal))
      if (document.visibilityState === 'visible') await queries.invalidateQueries().catch(() => {});
  }

  /** Reads until told to stop, through cuts, restarts and expired tokens. Each connection continues where the last one ended. */
  async function read(
    share: (message: Shared) => void,
    signal: AbortSignal,
  ): Promise<'no-stream' | undefined> {
    let delay = FIRST_RETRY_MS;
    while (!signal.aborted) {
      try {
        for await (const message of readEventStream(lastEventId, signal)) {
          delay = FIRST_RETRY_MS;
          share({ kind: 'connected', connected: true });
          const id = message.id ?? lastEventId ?? '';
          if (message.event === 'ready') {
            const { resumed } = JSON.parse(message.data) as { resumed?: boolean };
            if (!resumed) share({ kind: 'reload', id });
          } else if (message.event === 'reset') share({ kind: 'reload', id });
          else if (message.event === 'end') await session.renew();
          else share({ kind: 'event', id, event: JSON.parse(message.data) as LiveEvent });
        }
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error;
        if (error.code === 'not-available-here') return 'no-stream';
        if (error.status === 401 || error.status === 403) return; // The session is over; whoever signs in starts anew.
      }
      if (signal.aborted) return;
      share({ kind: 'connected', connected: false });
      // With jitter: after a restart of the server, not all clients should come at once.
      await pause(delay * (0.5 + Math.random() / 2), signal);
      delay = Math.min(delay * 2, LAST_RETRY_MS);
    }
  }

  function take(message: Shared): void {
    if (message.kind === 'connected') {
      connected.value = message.connected;
      interrupted.value = !message.connected;
      return;
    }
    connected.value = true;
    lastEventId = message.id;
    // Each query shows its own error.
    if (message.kind === 'reload') void queries.invalidateQueries().catch(() => {});
    else {
      if (message.event.coupon) noteServerTime(message.event.coupon.serverTime);
      for (const listener of listeners) listener(message.event);
    }
  }

  /** Calls `listener` for each change of a coupon that this account may see; returns how to stop. */
  function onEvent(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return { connected: readonly(connected), interrupted: readonly(interrupted), onEvent };
});

/** Waits, but not longer than until the network is back. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener('online', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    window.addEventListener('online', done);
    signal.addEventListener('abort', done);
  });
}
