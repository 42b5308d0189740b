/**
 * Inbound half of the loop: announcement -> do I want it? -> pull by hash -> validate -> inbox.
 *
 * The receiver decides whose models it pulls (pulls.ts). Where logs are signed, a proof is pulled beside the body, and a model without
 * one is refused (peer/account/proofs.ts).
 */
import { longestNorm } from "../../base/norm.ts";
import type { PeerId } from "../../base/seams.ts";
import type { Announced, Candidate } from "../stages.ts";
import {
  createInboundState,
  type InboundComponents,
  type InboundOptions,
  type InboundState,
  seated,
} from "./inbound-state.ts";
import { draw, drawInTime, drawNow } from "./pulls.ts";

export interface Inbound {
  /** An author has announced something new (hearing.ts). */
  heard(author: PeerId): void;
  /**
   * A new cycle starts, which will merge about `mergeInMs` from now: draw anew, k models or as many as are planned. `ownNorm` bounds what is let in.
   */
  beginCycle(cycle: number, ownNorm: number, mergeInMs: number, plan?: Planned): void;
  /** Draws at once what was put off: the merge may be due sooner than expected. */
  drawNow(): void;
  fresh(): number;
  /** How many fresh candidates to wait for: as many as authors delivered within two cycles, at most k; with a full committee, those that are here or being pulled. */
  wanted(cycleMs: number): number;
  /** Candidates of this merge, sorted by peer id, and bodies refused since the last merge. */
  take(): Taken;
  /** `taken` are now in the log; see `Inbox.merged`. */
  merged(taken: Taken, keep: (candidate: Candidate) => boolean): void;
  /** Moving average of the duration of a pull, ms; 0 before the first. */
  pullMs(): number;
  /** Calls back once, when a pull has ended. */
  onFresh(callback: () => void): void;
}

/** What a budget of bytes allows in a cycle. */
export interface Planned {
  /** Models that are pulled at most. */
  readonly most: number;
  /** Age of the own model at the merge, by which models are chosen (fitting.ts); undefined where the budget allows all. */
  readonly age: number | undefined;
}

export interface Taken {
  readonly candidates: readonly Candidate[];
  readonly invalid: readonly Announced[];
}

/** An author is hoped for as long as its last model came within this many cycles: dead, silent and much slower ones are not. */
const DELIVERY_CYCLES = 2;

export function createInbound(components: InboundComponents, options: InboundOptions): Inbound {
  return new InboundOf(createInboundState(components, options));
}

class InboundOf implements Inbound {
  readonly #state: InboundState;

  constructor(state: InboundState) {
    this.#state = state;
  }

  heard(author: PeerId): void {
    draw(this.#state, author);
  }

  beginCycle(cycle: number, ownNorm: number, mergeInMs: number, plan?: Planned): void {
    const state = this.#state;
    state.most = plan?.most ?? state.task.aggregation.inboxSize;
    state.plannedAge = plan?.age;
    beginCycle(state, cycle, ownNorm);
    drawInTime(state, mergeInMs);
  }

  drawNow(): void {
    drawNow(this.#state);
  }

  fresh(): number {
    return this.#state.inbox.fresh().length;
  }

  wanted(cycleMs: number): number {
    return wanted(this.#state, cycleMs);
  }

  take(): Taken {
    return take(this.#state);
  }

  merged(taken: Taken, keep: (candidate: Candidate) => boolean): void {
    const { book, inbox, invalid } = this.#state;
    this.#state.invalid = invalid.filter((announced) => !taken.invalid.includes(announced));
    for (const { announced } of inbox.merged(taken.candidates, keep)) book.giveUp(announced);
  }

  pullMs(): number {
    return this.#state.puller.places.meanMs();
  }

  onFresh(callback: () => void): void {
    this.#state.listener = () => {
      this.#state.listener = undefined;
      callback();
    };
  }
}

function beginCycle(state: InboundState, cycle: number, ownNorm: number): void {
  const { committee, inbox, puller, round, tryOuts } = state;
  round.cycle = cycle;
  round.maxNorm = longestNorm(ownNorm); // anything that robust rules can bound is let in
  for (const author of puller.places.late()) tryOuts.add(author); // their seats are free: k may be all that a merge needs
  const pulling = seated(state);
  state.drawn = pulling.length;
  state.asked = new Set(puller.places.pulling());
  committee.begin([...pulling, ...inbox.fresh()]);
}

function wanted(state: InboundState, cycleMs: number): number {
  const { clock, committee, identities, inbox, most } = state;
  const sinceMs = clock.monotonicMs() - DELIVERY_CYCLES * cycleMs;
  const hoped = Math.min(most, identities.deliveredSince(sinceMs));
  return committee.isFull() ? Math.min(hoped, inbox.fresh().length + seated(state).length) : hoped;
}

function take({ committee, inbox, invalid, isBanned }: InboundState): Taken {
  const counts = (author: PeerId) => committee.has(author) && !isBanned?.(author);
  const candidates = inbox.select().filter(({ announced }) => counts(announced.author));
  return { candidates, invalid: [...invalid] };
}
