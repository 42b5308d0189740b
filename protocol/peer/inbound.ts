/**
 * Inbound half of the loop: announcement -> do I want it? -> pull by hash -> validate -> inbox.
 *
 * Whom to read is the receiver's choice: in every cycle up to k authors are drawn at random among those with a model that was
 * not taken yet. Who announces more often is not drawn more often, so flooding buys nothing.
 */
import { isHearsayError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import type { PeerId, Verdict } from "../seams.ts";
import { type Announced, createAnnouncementBook } from "./announcements.ts";
import { pullBlob } from "./blobs.ts";
import { countRefused, type PeerContext } from "./context.ts";
import { type Candidate, createInbox } from "./inbox.ts";
import { validateBody } from "./validate.ts";

export interface Inbound {
  /** Announcement bytes from anywhere: the topic, or a hello. */
  receive(from: PeerId, sealed: Uint8Array): Verdict;
  /** A new cycle starts: draw anew, up to k models. `ownNorm` bounds what is let in. */
  beginCycle(cycle: number, ownNorm: number): void;
  fresh(): number;
  /** Fresh candidates that it makes sense to wait for: k, or fewer where fewer peers are alive. */
  wanted(cycleMs: number): number;
  /** Candidates of this merge, sorted by peer id, and bodies refused since the last merge. */
  take(): { candidates: Candidate[]; invalid: Announced[] };
  /** After a merge: see `Inbox.merged`. */
  merged(keep: (candidate: Candidate) => boolean): void;
  /** Moving average of the duration of a pull, ms; 0 before the first. */
  pullMs(): number;
  /** Calls back once, when the number of fresh candidates grows. */
  onFresh(callback: () => void): void;
}

/** A model may be this many times as long as one's own; anything robust rules can bound is let in. */
const MAX_NORM_RATIO = 10;

/** An author whose body was refused is left out for 2^refusals own cycles, at most this many. */
const MAX_PENALTY_CYCLES = 1024;

export function createInbound(context: PeerContext): Inbound {
  const { task, counters, clock, codec } = context;
  const { inboxSize, memory } = task.aggregation;
  const inbox = createInbox({ capacity: Math.max(inboxSize, memory), memory });
  const rng = context.rng.fork("pulls");
  const penalties = new Map<PeerId, { refusals: number; untilCycle: number }>();
  let cycle = 0;
  let maxNorm = Number.MAX_VALUE;
  let drawn = 0;
  let pulling = 0;
  let meanPullMs = 0;
  let invalid: Announced[] = [];
  let listener: (() => void) | undefined;

  const book = createAnnouncementBook({
    task: context.taskId,
    self: context.identity.peerId,
    bodyBytes: codec.bodyBytes,
    announcementsPerSecond: task.limits.announcementsPerSecond,
    clock,
    crypto: context.crypto,
    cycle: () => cycle,
  });

  /** Starts pulls until k models were drawn in this cycle, as far as there are any. */
  function draw(): void {
    const choice = book
      .available()
      .filter(({ author }) => (penalties.get(author)?.untilCycle ?? 0) <= cycle && !inFlight.has(author));
    while (choice.length > 0 && drawn < inboxSize && pulling < LIMITS.maxConcurrentPulls && !context.signal.aborted) {
      const [announced] = choice.splice(rng.below(choice.length), 1);
      if (announced !== undefined) void pull(announced);
    }
  }

  const inFlight = new Set<PeerId>();

  async function pull(announced: Announced): Promise<void> {
    const { author } = announced;
    drawn++;
    pulling++;
    inFlight.add(author);
    const startedMs = clock.now();
    try {
      const body = await pullBlob(context, author, context.names.blob, {
        hash: announced.model,
        maxBytes: codec.bodyBytes,
        expectedBytes: announced.bytes,
        signal: context.signal,
      });
      inbox.put({ announced, params: validateBody(body, codec, maxNorm) });
      penalties.delete(author);
      const tookMs = clock.now() - startedMs;
      meanPullMs = meanPullMs === 0 ? tookMs : 0.8 * meanPullMs + 0.2 * tookMs;
      listener?.();
    } catch (error) {
      if (!isHearsayError(error)) throw error;
      drawn--; // its place is free for another
      if (!context.signal.aborted) failed(announced, error.code, error.message);
    } finally {
      pulling--;
      inFlight.delete(author);
      book.settle(announced);
      draw();
    }
  }

  function failed(announced: Announced, code: string, message: string): void {
    countRefused(counters, code);
    context.observe?.({ kind: "refused", peer: announced.author, code, message });
    if (!code.startsWith("ERR_MODEL_")) return; // unreachable, too slow or replaced meanwhile: no fault of the model
    invalid.push(announced);
    if (invalid.length > LIMITS.maxInboxSize) invalid.shift();
    const refusals = (penalties.get(announced.author)?.refusals ?? 0) + 1;
    penalties.delete(announced.author);
    penalties.set(announced.author, { refusals, untilCycle: cycle + Math.min(MAX_PENALTY_CYCLES, 2 ** refusals) });
    for (const oldest of penalties.keys()) {
      if (penalties.size <= LIMITS.maxAnnouncers) break;
      penalties.delete(oldest);
    }
  }

  return {
    receive(from, sealed) {
      const verdict = book.receive(sealed);
      if (verdict.code !== undefined) {
        countRefused(counters, verdict.code);
        if (verdict.verdict === "reject") {
          context.observe?.({
            kind: "refused",
            peer: from,
            code: verdict.code,
            message: "an announcement was rejected",
          });
        }
      }
      if (verdict.verdict === "accept") draw();
      return verdict;
    },
    beginCycle(newCycle, ownNorm) {
      cycle = newCycle;
      maxNorm = MAX_NORM_RATIO * (ownNorm + 1);
      drawn = pulling;
      draw();
    },
    fresh: () => inbox.fresh(),
    wanted(cycleMs) {
      const alive = book.authorsSince(clock.now() - task.staleness.cutoff * cycleMs);
      return Math.min(inboxSize, Math.max(task.aggregation.quorum, alive));
    },
    take() {
      const refused = invalid;
      invalid = [];
      return { candidates: inbox.select(), invalid: refused };
    },
    merged: (keep) => inbox.merged(keep),
    pullMs: () => meanPullMs,
    onFresh(callback) {
      listener = () => {
        listener = undefined;
        callback();
      };
    },
  };
}
