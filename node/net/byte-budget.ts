/**
 * The one account of the bytes that this process holds for others: frames of which only a part has come, and answers that nobody has taken yet.
 *
 * A neighbour, the newcomers of one address prefix, all newcomers, and everybody together have a bound each (LIMITS.maxHeld...). What would exceed one
 * of them is not held: a half frame ends its stream, an answer waits until there is room, before it is made.
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { PeerId } from "../../protocol/base/seams.ts";

/** Bytes that are held until `release`, which may be called more than once. */
export interface Hold {
  /** Holds this many from now on; false, and nothing changes, where there is no room for more. */
  resize(bytes: number): boolean;
  release(): void;
}

/** Half a frame costs whoever sends it next to nothing, so that newcomers may have less room for these than for answers. */
export type HoldKind = "answer" | "frame";

export interface ByteBudget {
  /** Holds bytes for a neighbour at once; undefined where there is no room. */
  tryHold(peer: PeerId, bytes: number, kind?: HoldKind): Hold | undefined;
  /**
   * The same as soon as there is room, first come first served among those whom it suits.
   * @throws HearsayError ERR_RATE where too many wait already; the signal's reason.
   */
  hold(peer: PeerId, bytes: number, signal: AbortSignal): Promise<Hold>;
  heldBytes(): number;
}

interface Waiter {
  readonly newcomer: boolean;
  /** True once it holds its bytes. */
  tryNow(): boolean;
}

interface Bound {
  readonly key: string;
  readonly maxBytes: number;
}

const TOTAL = "total";

export function createByteBudget(modules: {
  readonly prefixOf: (peer: PeerId) => string;
  readonly isKnown: (peer: PeerId) => boolean;
}): ByteBudget {
  const { prefixOf, isKnown } = modules;
  const held = new Map<string, number>();
  const waiters = new Set<Waiter>();

  function tryHold(peer: PeerId, bytes: number, kind: HoldKind = "answer"): Hold | undefined {
    const bounds = boundsOf(peer, isKnown(peer) ? undefined : prefixOf(peer), kind);
    let holding = 0;
    const resize = (to: number): boolean => {
      const more = to - holding;
      if (more > 0 && bounds.some(({ key, maxBytes }) => (held.get(key) ?? 0) + more > maxBytes)) return false;
      holding = to;
      for (const { key } of bounds) addTo(held, key, more);
      if (more < 0) admit(waiters);
      return true;
    };
    return resize(bytes) ? { resize, release: () => void resize(0) } : undefined;
  }

  return {
    tryHold,
    heldBytes: () => held.get(TOTAL) ?? 0,
    async hold(peer, bytes, signal) {
      signal.throwIfAborted();
      const now = tryHold(peer, bytes);
      if (now !== undefined) return now;
      const newcomer = !isKnown(peer);
      const alike = newcomer ? [...waiters].filter((waiter) => waiter.newcomer).length : waiters.size;
      if (alike >= LIMITS.maxWaitingForRoom / (newcomer ? 2 : 1))
        throw new HearsayError("ERR_RATE", "too many requests wait for their answers to be taken; ask again later");
      return wait(waiters, newcomer, () => tryHold(peer, bytes), signal);
    },
  };
}

/** Whose bytes count against what; a newcomer has an address prefix. */
function boundsOf(peer: PeerId, prefix: string | undefined, kind: HoldKind): Bound[] {
  const bounds = [
    { key: TOTAL, maxBytes: LIMITS.maxHeldBytes },
    { key: `peer ${peer}`, maxBytes: LIMITS.maxHeldForNeighbourBytes },
  ];
  if (prefix === undefined) return bounds;
  return [
    ...bounds,
    { key: "newcomers", maxBytes: LIMITS.maxHeldForNewcomersBytes },
    { key: `prefix ${prefix}`, maxBytes: LIMITS.maxHeldForPrefixBytes },
    ...(kind === "frame" ? [{ key: "frames of newcomers", maxBytes: LIMITS.maxHeldFramesBytes }] : []),
  ];
}

function addTo(held: Map<string, number>, key: string, bytes: number): void {
  const sum = (held.get(key) ?? 0) + bytes;
  if (sum === 0) held.delete(key);
  else held.set(key, sum);
}

/** Room was made: whoever fits goes in, the first that came first. */
function admit(waiters: Set<Waiter>): void {
  for (const waiter of waiters) if (waiter.tryNow()) waiters.delete(waiter);
}

function wait(
  waiters: Set<Waiter>,
  newcomer: boolean,
  tryHold: () => Hold | undefined,
  signal: AbortSignal,
): Promise<Hold> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      waiters.delete(waiter);
      reject(signal.reason);
    };
    const waiter: Waiter = {
      newcomer,
      tryNow() {
        const hold = tryHold();
        if (hold === undefined) return false;
        signal.removeEventListener("abort", giveUp);
        resolve(hold);
        return true;
      },
    };
    waiters.add(waiter);
    signal.addEventListener("abort", giveUp, { once: true });
  });
}
