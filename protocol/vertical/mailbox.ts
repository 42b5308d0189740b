/**
 * How messages of any length get from one party to another over requests that are short and answers that are not: the sender keeps a message under the name of its
 * step until the receiver has fetched it, in chunks. A request for a message that is not there yet waits a while for it.
 *
 * A request for what lies behind the end of a message confirms that all of it has come.
 *
 * So a message that was lost is fetched again, a party that has left costs its peers nothing but the wait, and nobody can send anything that was not asked for.
 */
import { forgetOldest } from "../base/bounded.ts";
import { Buckets } from "../base/buckets.ts";
import { concatBytes, equalBytes } from "../base/bytes.ts";
import { HearsayError, isHearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Clock, PeerId, Transport } from "../base/seams.ts";
import { decodeAsk, decodePart, encodeAsk, encodePart, VERTICAL_PROTOCOL } from "./messages.ts";

export interface MailboxParts {
  readonly transport: Pick<Transport, "request" | "onRequest" | "withdraw">;
  readonly clock: Clock;
  readonly session: Uint8Array;
  /** Tries to open a connection to a party that cannot be reached; may fail in silence. */
  readonly reconnect?: (peer: PeerId) => Promise<void>;
  /** Who may be given what; ERR_NOT_FOUND for all others. All, where left out. */
  readonly mayFetch?: (peer: PeerId, step: string) => boolean;
  /** Called before a request is answered, that may be. */
  readonly onAsk?: (peer: PeerId, step: string) => void;
  readonly silenceMs?: number;
  readonly stepMs?: number;
  readonly signal?: AbortSignal;
}

export interface Mailbox {
  /** Keeps a message for a party, in place of one of the same step. The eight newest are kept. */
  post(to: PeerId, step: string, message: Uint8Array): void;
  /**
   * The message of a party.
   * @throws HearsayError ERR_TIMEOUT (it left, or has nothing to give), ERR_STATE (it started again), ERR_DECODE or ERR_TOO_LARGE for what it sends, or
   *   ERR_NOT_FOUND where it knows no such session or run (any more);
   *   the reason of the signal where that ended it.
   */
  fetch(from: PeerId, step: string): Promise<Uint8Array>;
  /** Tells a party that one has the whole of its message: for messages after which it would leave. Fails in silence. */
  confirm(from: PeerId, step: string): Promise<void>;
  /** Resolves when a party has confirmed that it has the whole message. @throws HearsayError ERR_TIMEOUT where it has not come for it in time. */
  delivered(to: PeerId, step: string): Promise<void>;
  /** Takes a message back. A party that asks for it once more has started again: the next message that is fetched from that party fails with ERR_STATE. */
  retract(to: PeerId, step: string): void;
  /** Refuses to give messages of any other run from now on: so parties of an earlier one learn at once that it has ended. */
  begin(run: string): void;
  close(): void;
}

const PAUSE_MS = 300;
const CONFIRMATIONS = 3;
/** An offset behind every message: all of it has come. */
const BEYOND = LIMITS.maxVerticalMessageBytes;
/** A step of a run has its name, 32 hexadecimal digits, before it. */
const OF_RUN = /^([0-9a-f]{32})\//;

interface Waiting {
  readonly promise: Promise<void>;
  readonly wake: () => void;
}

export function createMailbox(parts: MailboxParts): Mailbox {
  const state: State = {
    parts,
    posted: new Map(),
    taken: new Set(),
    waiting: new Map(),
    requests: new Buckets(LIMITS.verticalRequests, LIMITS.maxConnections),
    retracted: new Set(),
    again: new Set(),
    run: undefined,
  };
  parts.transport.onRequest(VERTICAL_PROTOCOL, (from, body) => serve(state, from, body));
  return {
    post(to, step, message) {
      const own = state.posted.get(to) ?? new Map<string, Uint8Array>();
      own.delete(step);
      state.posted.set(to, own.set(step, message));
      forgetOldest(own, LIMITS.maxVerticalPosted);
      wake(state, to, step);
    },
    fetch: (from, step) => fetchWhole(state, from, step),
    confirm: (from, step) => confirm(state, from, step),
    delivered: (to, step) => delivered(state, to, step),
    retract(to, step) {
      state.posted.get(to)?.delete(step);
      state.retracted.add(nameOf(to, step));
    },
    begin(run) {
      state.run = run;
      for (const { wake } of state.waiting.values()) wake();
      state.waiting.clear();
      state.retracted.clear();
      state.again.clear();
    },
    close: () => parts.transport.withdraw(VERTICAL_PROTOCOL),
  };
}

interface State {
  readonly parts: MailboxParts;
  readonly posted: Map<PeerId, Map<string, Uint8Array>>;
  /** Messages that were confirmed: an answer that was sent may have been lost, or be one to a request that its asker had given up. */
  readonly taken: Set<string>;
  readonly waiting: Map<string, Waiting>;
  readonly requests: Buckets;
  readonly retracted: Set<string>;
  /** Parties that have started again. */
  readonly again: Set<PeerId>;
  run: string | undefined;
}

/** Answers one request; what is thrown reaches the asker as its code. */
async function serve(state: State, from: PeerId, body: Uint8Array): Promise<Uint8Array> {
  const { session, step, offset } = decodeAsk(body);
  const { parts, posted } = state;
  if (!equalBytes(session, parts.session) || parts.mayFetch?.(from, step) === false) throw notFound();
  if (isOfOtherRun(state, step)) throw notFound();
  if (!state.requests.spend(from, parts.clock.monotonicMs())) throw new HearsayError("ERR_RATE", "too many requests");
  parts.onAsk?.(from, step);
  if (state.retracted.has(nameOf(from, step))) state.again.add(from);
  if (posted.get(from)?.get(step) === undefined) await awaitPost(state, from, step);
  if (isOfOtherRun(state, step)) throw notFound();
  const message = posted.get(from)?.get(step);
  if (message === undefined) return encodePart(0, new Uint8Array(0));
  const end = Math.min(message.length, offset + LIMITS.maxChunkBytes);
  if (offset >= message.length) {
    state.taken.add(nameOf(from, step));
    forgetOldest(state.taken, LIMITS.maxVerticalPosted * LIMITS.maxVerticalParties);
    wake(state, from, `taken ${step}`);
  }
  return encodePart(message.length, message.subarray(Math.min(offset, end), end));
}

function isOfOtherRun({ run }: State, step: string): boolean {
  const named = OF_RUN.exec(step)?.[1];
  return named !== undefined && run !== undefined && named !== run;
}

function notFound(): HearsayError {
  return new HearsayError("ERR_NOT_FOUND", "no such session or run, or none of this party's");
}

/** Until it is posted, or LIMITS.verticalPollMs have passed. */
function awaitPost(state: State, peer: PeerId, step: string, withinMs: number = LIMITS.verticalPollMs): Promise<void> {
  const name = nameOf(peer, step);
  let waiting = state.waiting.get(name);
  if (waiting === undefined) {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting = { promise, wake: resolve };
    state.waiting.set(name, waiting);
    const cancel = state.parts.clock.after(withinMs, () => wake(state, peer, step));
    void promise.then(cancel);
  }
  return waiting.promise;
}

function wake({ waiting }: State, peer: PeerId, step: string): void {
  const name = nameOf(peer, step);
  waiting.get(name)?.wake();
  waiting.delete(name);
}

async function delivered(state: State, to: PeerId, step: string): Promise<void> {
  if (!state.taken.has(nameOf(to, step))) await awaitPost(state, to, `taken ${step}`, silenceOf(state));
  if (!state.taken.has(nameOf(to, step))) throw left(to, step, undefined);
}

async function fetchWhole(state: State, from: PeerId, step: string): Promise<Uint8Array> {
  let chunks: Uint8Array[] = [];
  let [length, total] = [0, 0];
  const deadlineMs = state.parts.clock.monotonicMs() + (state.parts.stepMs ?? LIMITS.verticalStepMs);
  do {
    const part = await fetchPart(state, from, step, length);
    if (part.total === 0) {
      [chunks, length, total] = [[], 0, 0]; // not there yet; or no more, since its sender has started again
      if (state.parts.clock.monotonicMs() > deadlineMs)
        throw new HearsayError("ERR_TIMEOUT", `${from} is there, but gives nothing for ${step}`);
      continue;
    }
    if (part.total > LIMITS.maxVerticalMessageBytes)
      throw new HearsayError("ERR_TOO_LARGE", `${from} has a message of ${part.total} bytes for ${step}`);
    const wanted = Math.min(part.total - length, LIMITS.maxChunkBytes);
    if ((length > 0 && part.total !== total) || part.chunk.length !== wanted)
      throw new HearsayError("ERR_DECODE", `${from} changes the length of ${step}, or cuts it short`);
    total = part.total;
    length += part.chunk.length;
    chunks.push(part.chunk);
  } while (total === 0 || length < total);
  return concatBytes(...chunks);
}

async function confirm(state: State, from: PeerId, step: string): Promise<void> {
  const { transport, clock, session, reconnect } = state.parts;
  for (let attempt = 0; attempt < CONFIRMATIONS; attempt++)
    try {
      await transport.request(from, VERTICAL_PROTOCOL, encodeAsk({ session, step, offset: BEYOND }));
      return;
    } catch {
      await pause(clock, PAUSE_MS);
      await reconnect?.(from).catch(() => {});
    }
}

/** One part, however often it has to be asked for, as long as the other is there. */
async function fetchPart(state: State, from: PeerId, step: string, offset: number) {
  const { transport, clock, session, reconnect, signal } = state.parts;
  const silentMs = clock.monotonicMs() + silenceOf(state);
  for (;;) {
    signal?.throwIfAborted();
    if (state.again.has(from)) throw new HearsayError("ERR_STATE", `${from} has started again`, { peer: from, step });
    try {
      const body = encodeAsk({ session, step, offset });
      return decodePart(await transport.request(from, VERTICAL_PROTOCOL, body, signal === undefined ? {} : { signal }));
    } catch (error) {
      signal?.throwIfAborted();
      const isThere = isHearsayError(error, "ERR_RATE");
      if (!isThere && !isHearsayError(error, "ERR_UNREACHABLE") && !isHearsayError(error, "ERR_TIMEOUT")) throw error;
      if (clock.monotonicMs() > silentMs) throw left(from, step, error);
      await pause(clock, PAUSE_MS);
      if (!isThere) await reconnect?.(from).catch(() => {});
    }
  }
}

function left(from: PeerId, step: string, cause: unknown): HearsayError {
  const message = `${from} has left (at ${step}); what was learned is saved: run the same command again on all sides`;
  return new HearsayError("ERR_TIMEOUT", message, { peer: from, step }, cause);
}

/** Resolves `ms` later. */
export function pause(clock: Clock, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  clock.after(ms, resolve);
  return promise;
}

function silenceOf({ parts }: State): number {
  return parts.silenceMs ?? LIMITS.verticalSilenceMs;
}

function nameOf(peer: PeerId, step: string): string {
  return `${peer} ${step}`;
}
