import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Database } from '../../../database/connection.ts';
import { takeTurns } from '../../../database/turns.ts';
import { type EventStream, openEventStream } from './event-stream.ts';
import type { Caller } from '../../../access/caller.ts';
import { Problem } from '../../../problems.ts';
import { findActiveUsers } from '../../accounts/people/queries.ts';
import type { Hub } from './hub.ts';
import type { Listener, ResetReason } from './listener.ts';
import { controlMessage, formatPlace, heartbeat, type Place, placeAt } from './messages.ts';
import { tellMissed } from './resume.ts';
import type { Snapshot } from '../snapshot.ts';

const MAX_STREAMS = 10_000;
/** An account's: a person has tabs, a backend has nodes. */
const MAX_STREAMS_OF = { USER: 20, ADMIN: 500 };
/** Queries of those who connect, at a time: thousands may come back at once, and others need the pool. */
const CONNECTING_AT_ONCE = 4;

const TICK_MS = 1_000;
/** Shorter than what proxies allow a silent connection: nginx 60 s, AWS load balancers 60 s. */
const TICKS_PER_HEARTBEAT = 15;
/** Accounts are asked for this often, and before anybody is told something: nobody hears more than 5 s after a change. */
const ACCOUNT_CHECK_MS = 2_000;
/** What may wait for a reader that is still being told what it missed. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;

type EndReason = 'token-expired' | 'account-changed' | 'stopping';

interface Queue {
  parts: Buffer[];
  bytes: number;
}

/** One connection that is open, or about to be. */
interface Member {
  caller: Caller;
  endsAt: number;
  listener: Listener;
  stream: EventStream | null;
  /** What comes while it is still being told what it missed; null: it hears everything as it comes. */
  queue: Queue | null;
}

export interface AudienceOptions {
  db: Database;
  hub: Hub;
  limitScale: number;
  /** True when this process does not take traffic any more. */
  isStopping: () => boolean;
}

export interface Admission {
  caller: Caller;
  bookId: string | undefined;
  /** Where the reader was; null: it named a place that is none of ours. */
  place: Place | null | undefined;
}

export interface Audience {
  /** Opens the stream of a request. Throws as long as nothing was sent. */
  admit: (request: FastifyRequest, reply: FastifyReply, admission: Admission) => Promise<void>;
  /** Ends the streams of those who may no longer listen, if that was not checked just now. */
  checkAccounts: () => Promise<void>;
  size: () => number;
  stop: () => void;
}

/** Everybody who has a stream open here: lets them in, keeps them awake, and ends what must end. */
export function createAudience({ db, hub, limitScale, isStopping }: AudienceOptions): Audience {
  const members = new Set<Member>();
  const turn = takeTurns(CONNECTING_AT_ONCE, MAX_STREAMS);
  /** Those who are being let in. */
  const connecting = new Set<Member>();
  let ticks = 0;
  let checking: { at: number; done: Promise<void> } | undefined;
  const clock = setInterval(tick, TICK_MS).unref();

  async function admit(request: FastifyRequest, reply: FastifyReply, admission: Admission): Promise<void> {
    refuseTooMany(admission.caller);
    const member = createMember(request, admission);
    connecting.add(member);
    try {
      const opening = await turn(() => prepare(member, admission));
      if (isStopping()) throw stopping();
      if (member.queue!.bytes > MAX_QUEUED_BYTES)
        throw new Problem('unavailable', 'server-busy', { retryAfter: 1 });
      connecting.delete(member);
      members.add(member);
      member.stream = openEventStream(request, reply, () => forget(member));
      await catchUp(member, Buffer.from(opening));
    } catch (error) {
      forget(member);
      throw error;
    } finally {
      connecting.delete(member);
    }
  }

  function createMember(request: FastifyRequest, { caller, bookId }: Admission): Member {
    const own = caller.role === 'USER';
    const member: Member = {
      caller,
      endsAt: performance.now() + request.server.accessTokens.msLeft(request),
      stream: null,
      queue: { parts: [], bytes: 0 },
      listener: {
        reader: own ? 'OWNER' : 'ADMIN',
        userId: own ? caller.id : undefined,
        bookId,
        tell: (bytes) => tell(member, bytes),
        reset: (reason, position) => tell(member, Buffer.from(resetMessage(reason, position))),
      },
    };
    return member;
  }

  /** All that needs the database, while a refusal can still be an answer. From here on the member hears what happens. */
  async function prepare({ listener, caller }: Member, { place }: Admission): Promise<string> {
    // Before it is asked whether the account may listen: an account that is closed after that is found by the regular check.
    const position = await hub.join(listener, place?.to);
    if ((await findActiveUsers(db, [caller.id])).get(caller.id) !== caller.role) {
      throw new Problem('unauthenticated');
    }
    // Not all at the same moment, when they come back after this process was stopped.
    const retry = `retry: ${1_000 + Math.floor(Math.random() * 2_000)}\n\n`;
    const ready = (resumed: boolean) => controlMessage('ready', { resumed }, formatPlace(placeAt(position)));
    if (place === undefined) return retry + ready(false);
    const missed = place && (await tellMissed(db, place, position, listener));
    if (missed && 'messages' in missed) return retry + missed.messages + ready(true);
    return retry + resetMessage(missed?.reset ?? 'unknown-position', position);
  }

  /** Tells what was missed, then what happened while that was told, until nothing is left. */
  async function catchUp(member: Member, opening: Buffer): Promise<void> {
    const { stream, queue } = member as Member & { stream: EventStream; queue: Queue };
    for (let next = opening; next.length > 0; next = Buffer.concat(queue.parts.splice(0))) {
      queue.bytes = 0;
      await stream.sendAll(next);
    }
    member.queue = null;
  }

  function refuseTooMany({ id, role }: Caller): void {
    if (isStopping()) throw stopping();
    if (members.size + connecting.size >= MAX_STREAMS) {
      throw new Problem('unavailable', 'too-many-streams', { retryAfter: 10 });
    }
    let own = 0;
    for (const group of [members, connecting]) for (const { caller } of group) if (caller.id === id) own += 1;
    if (own >= MAX_STREAMS_OF[role] * limitScale) {
      throw new Problem('rate-limited', 'too-many-own-streams', { retryAfter: 30 });
    }
  }

  function tell({ queue, stream }: Member, bytes: Buffer): void {
    if (!queue) return stream!.send(bytes);
    queue.bytes += bytes.length;
    if (queue.bytes <= MAX_QUEUED_BYTES) queue.parts.push(bytes);
    else stream?.cut();
  }

  function forget(member: Member): void {
    members.delete(member);
    hub.leave(member.listener);
  }

  function end(member: Member, reason: EndReason): void {
    forget(member);
    member.stream!.end(Buffer.from(controlMessage('end', { reason })));
  }

  function tick(): void {
    ticks += 1;
    const now = performance.now();
    if (isStopping()) return endAll();
    for (const member of members) if (member.endsAt <= now) end(member, 'token-expired');
    if (ticks % TICKS_PER_HEARTBEAT === 0) sendHeartbeats();
    if (members.size > 0) void checkAccounts().catch(() => {});
  }

  function sendHeartbeats(): void {
    const position = hub.position();
    const bytes = Buffer.from(position ? heartbeat(formatPlace(placeAt(position))) : ':\n\n');
    for (const { stream, queue } of members) if (!queue) stream!.send(bytes);
  }

  function checkAccounts(): Promise<void> {
    if (checking && performance.now() - checking.at < ACCOUNT_CHECK_MS) return checking.done;
    const check = { at: performance.now(), done: endChanged() };
    checking = check;
    check.done.catch(() => {
      if (checking === check) checking = undefined;
    });
    return check.done;
  }

  /** Ends the streams of accounts that were disabled or given another role. */
  async function endChanged(): Promise<void> {
    const checked = [...members];
    const roles = await findActiveUsers(db, [...new Set(checked.map(({ caller }) => caller.id))]);
    for (const member of checked) {
      if (members.has(member) && roles.get(member.caller.id) !== member.caller.role)
        end(member, 'account-changed');
    }
  }

  function endAll(): void {
    for (const member of [...members]) end(member, 'stopping');
  }

  return {
    admit,
    checkAccounts,
    size: () => members.size,
    stop() {
      clearInterval(clock);
      endAll();
    },
  };
}

const stopping = () => new Problem('unavailable', 'stopping', { retryAfter: 1 });

const resetMessage = (reason: ResetReason, position: Snapshot) =>
  controlMessage('reset', { reason }, formatPlace(placeAt(position)));
