/**
 * Inbound half of the loop: announcement -> do I want it? -> pull by hash -> validate -> inbox.
 *
 * Whom to read is the receiver's choice (pulls.ts). Where authors answer for their logs, the proof is pulled beside the body, and a model without
 * one is refused (peer/account/proofs.ts).
 */
import type { PeerId, Verdict } from "../../base/seams.ts";
import { type Announcement, decodeAnnouncement } from "../../wire/announcement.ts";
import { countRefused, type PeerContext } from "../context.ts";
import type { Announced, Candidate } from "../stages.ts";
import { type Accountable, createInboundState, type InboundState, seated } from "./inbound-state.ts";
import { draw, drawInTime, drawNow } from "./pulls.ts";

export interface Inbound {
  /** Announcement bytes from anywhere: the topic, or a hello. */
  receive(from: PeerId, sealed: Uint8Array): Verdict;
  /** A new cycle starts, which will merge about `mergeInMs` from now: draw anew, up to k models. `ownNorm` bounds what is let in. */
  beginCycle(cycle: number, ownNorm: number, mergeInMs: number): void;
  /** The merge may be due sooner than was expected: what is still put off is drawn at once. */
  drawNow(): void;
  fresh(): number;
  /** Fresh candidates that it makes sense to wait for: as many authors as delivered within two cycles, at most k; of a full committee, those under way. */
  wanted(cycleMs: number): number;
  /** Candidates of this merge, sorted by peer id, and bodies refused since the last merge. */
  take(): Taken;
  /** `taken` are now in the log; see `Inbox.merged`. */
  merged(taken: Taken, keep: (candidate: Candidate) => boolean): void;
  /** Moving average of the duration of a pull, ms; 0 before the first. */
  pullMs(): number;
  /** The newest announcement of an author that came. */
  newest(author: PeerId): Announcement | undefined;
  /** Calls back once, when a pull has ended. */
  onFresh(callback: () => void): void;
}

export interface Taken {
  readonly candidates: readonly Candidate[];
  readonly invalid: readonly Announced[];
}

/** A model may be this many times as long as one's own; anything robust rules can bound is let in. */
const MAX_NORM_RATIO = 10;

/** An author is hoped for as long as its last model came within this many cycles: dead, silent and much slower ones are not. */
const DELIVERY_CYCLES = 2;

/** @param startCycle own cycles before this start: the staleness of what comes before the first `beginCycle` counts from it. */
export function createInbound(context: PeerContext, startCycle: number, accountable?: Accountable): Inbound {
  const state = createInboundState(context, startCycle, accountable);
  const { book, inbox, places } = state;
  return {
    receive: (from, sealed) => receive(state, from, sealed),
    beginCycle(cycle, ownNorm, mergeInMs) {
      beginCycle(state, cycle, ownNorm);
      drawInTime(state, mergeInMs);
    },
    drawNow: () => drawNow(state),
    fresh: () => inbox.fresh().length,
    wanted: (cycleMs) => wanted(state, cycleMs),
    take: () => take(state),
    merged(taken, keep) {
      state.invalid = state.invalid.filter((announced) => !taken.invalid.includes(announced));
      for (const { announced } of inbox.merged(taken.candidates, keep)) book.giveUp(announced);
    },
    pullMs: places.meanMs,
    newest: (author) => book.newest(author),
    onFresh(callback) {
      state.listener = () => {
        state.listener = undefined;
        callback();
      };
    },
  };
}

function receive(state: InboundState, from: PeerId, sealed: Uint8Array): Verdict {
  const { context, book } = state;
  const verdict = book.receive(from, sealed);
  const { code } = verdict;
  if (code !== undefined) {
    countRefused(context.counters, code);
    if (verdict.verdict === "reject")
      context.observe?.({ kind: "refused", peer: from, code, message: "an announcement was rejected" });
  }
  if (verdict.verdict === "accept") draw(state, decodeAnnouncement(sealed).author);
  return verdict;
}

function beginCycle(state: InboundState, cycle: number, ownNorm: number): void {
  const { committee, inbox, places, tryOuts } = state;
  state.cycle = cycle;
  state.maxNorm = MAX_NORM_RATIO * (ownNorm + 1);
  for (const author of places.lateNewcomers()) tryOuts.add(author); // their seats are free
  const pulling = seated(state);
  state.drawn = pulling.length;
  state.asked = new Set(places.pulling());
  committee.begin([...pulling, ...inbox.fresh()]);
}

function wanted(state: InboundState, cycleMs: number): number {
  const { context, committee, inbox } = state;
  const sinceMs = context.clock.monotonicMs() - DELIVERY_CYCLES * cycleMs;
  const hoped = Math.min(context.task.aggregation.inboxSize, context.identities.deliveredSince(sinceMs));
  return committee.isFull() ? Math.min(hoped, inbox.fresh().length + seated(state).length) : hoped;
}

function take({ accountable, committee, inbox, invalid }: InboundState): Taken {
  const counts = (author: PeerId) => committee.has(author) && !accountable?.isBanned(author);
  const candidates = inbox.select().filter(({ announced }) => counts(announced.author));
  return { candidates, invalid: [...invalid] };
}
