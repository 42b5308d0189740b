/**
 * Whose models are drawn and pulled. In every cycle, shortly before its merge, a committee is drawn (committee.ts), and up to k models of members are
 * pulled that are not held yet, a few at a time (places.ts).
 */
import { LIMITS } from "../../base/limits.ts";
import type { PeerId } from "../../base/seams.ts";
import type { Announced } from "../stages.ts";
import { fitting } from "./fitting.ts";
import { type InboundState, isNew, isOpen, mayPull, youngAuthors } from "./inbound-state.ts";
import type { FailedPull } from "./puller.ts";

/** Time that is planned for each wave of pulls, in mean durations of a pull: some take longer than the mean. */
const LEAD = 2;

/**
 * Draws k models so late that they are just here when they are merged: a model that waits for the end of a training grows
 * stale, and stale models hold everybody back (with this, a prototype of 23 November 2026 took half the cycles to a given accuracy
 * on skewed data; no table has it, and it was not measured again).
 */
export function drawInTime(state: InboundState, mergeInMs: number): void {
  const { clock, most, puller } = state;
  state.drawLater?.();
  state.drawLater = undefined;
  const waves = Math.ceil(most / LIMITS.maxConcurrentPulls);
  const leadMs = LEAD * puller.places.meanMs() * waves;
  if (leadMs > 0 && mergeInMs > leadMs) {
    state.drawLater = clock.after(mergeInMs - leadMs, () => {
      state.drawLater = undefined;
      draw(state);
    });
  } else draw(state);
}

/** Draws at once what `drawInTime` has put off. */
export function drawNow(state: InboundState): void {
  if (state.drawLater === undefined) return;
  state.drawLater();
  state.drawLater = undefined;
  draw(state);
}

/**
 * Draws members and pulls what they have that is not here, until k pulls have begun: older models do not stand in for what is over that budget.
 * @param announcer the author of the announcement that is the occasion, if one is; ignored unless it is a neighbour.
 */
export function draw(state: InboundState, announcer?: PeerId): void {
  const { puller, ranks, round, signal } = state;
  if (state.drawLater !== undefined || signal.aborted) return;
  if (isFull(state) && !mayTryOut(state)) return;
  if (announcer !== undefined && puller.strikes.isOut(announcer, round.cycle)) return; // the list of neighbours costs more than anything else here
  const near = ranks.neighbours(0); // announcements come from everywhere, bodies from neighbours
  if (announcer !== undefined && !near.has(announcer)) return;
  drawMembers(state, near);
  tryOut(state, near);
}

/** K pulls have begun. */
function isFull({ drawn, most }: InboundState): boolean {
  return drawn >= most;
}

/** Pulls what members have that is new; where none of them has anything, draws one more. Until k pulls have begun, or nobody is left. */
function drawMembers(state: InboundState, near: ReadonlySet<PeerId>): void {
  const { book, committee, puller } = state;
  const { places } = puller;
  const choices = choicesOf(state, near);
  const wanted = () => committee.find((author) => isNew(state, author, near));
  while (!isFull(state)) {
    if (!places.hasFree()) {
      const isWaitedFor = places.hasSlow() && (wanted() !== undefined || committee.hasNext(choices));
      if (!isWaitedFor || !makePlace(state)) return;
    }
    const author = wanted();
    if (author !== undefined) void pull(state, book.newest(author) as Announced);
    else if (committee.next(choices) === undefined) return;
  }
}

/**
 * The authors that may be drawn now, in groups. The list is made when it is first asked for: it costs more than all the rest, and most announcements come while
 * all places are taken. Who may be drawn at any time (`isOpen`) stays so while members are drawn; for all others it is asked anew each time.
 */
function choicesOf(state: InboundState, near: ReadonlySet<PeerId>): () => readonly (readonly PeerId[])[] {
  let young: PeerId[] | undefined;
  let open: ReadonlySet<PeerId> | undefined;
  return () => {
    young ??= youngAuthors(state, near);
    open ??= new Set(young.filter((author) => isOpen(state, author, near)));
    const isAllOpen = open.size === young.length;
    const now = isAllOpen ? young : young.filter((author) => open?.has(author) || mayPull(state, author, near));
    return state.puller.places.inTurns(fitting(state, now));
  };
}

/** Once a cycle, while newcomers are distrusted: a try-out takes no seat from a known author. */
function mayTryOut({ triedCycle, round, puller, most }: InboundState): boolean {
  return most > 0 && triedCycle !== round.cycle && puller.places.distrustsNewcomers() && puller.places.hasFree();
}

/** Pulls a newcomer's model although all seats are taken: if it delivers, it counts as known from then on. */
function tryOut(state: InboundState, near: ReadonlySet<PeerId>): void {
  const { book, committee, puller, tryOuts } = state;
  if (!mayTryOut(state) || !(isFull(state) || committee.isFull())) return;
  const untried = youngAuthors(state, near).filter((author) => isNew(state, author, near));
  const [, newcomers = []] = puller.places.inTurns(untried);
  if (newcomers.length === 0) return;
  state.tryOutRng ??= state.rng.fork("try-outs");
  const author = newcomers[state.tryOutRng.below(newcomers.length)] as PeerId;
  state.triedCycle = state.round.cycle;
  tryOuts.add(author);
  void pull(state, book.newest(author) as Announced);
}

/** Takes the place of a pull that is much slower than others, and the seat of its author, for authors that wait. The pull itself goes on. */
function makePlace(state: InboundState): boolean {
  const { committee, inbox, puller, tryOuts } = state;
  const author = puller.places.release();
  if (author === undefined) return false;
  if (!tryOuts.has(author)) state.drawn--;
  if (inbox.get(author) === undefined) committee.dismiss(author);
  return true;
}

async function pull(state: InboundState, announced: Announced): Promise<void> {
  const { inbox, puller, tryOuts } = state;
  const { author } = announced;
  if (!tryOuts.has(author)) state.drawn++;
  state.asked.add(author);
  try {
    const pulled = await puller.pull(announced, state.round);
    if ("because" in pulled) failed(state, announced, pulled);
    else inbox.put(pulled);
  } finally {
    tryOuts.delete(author);
    draw(state);
    state.listener?.();
  }
}

/** The seat of a failed pull is free for another. */
function failed(state: InboundState, announced: Announced, { hadPlace, because }: FailedPull): void {
  const { book, committee, inbox, invalid, tryOuts } = state;
  const { author } = announced;
  if (hadPlace && !tryOuts.has(author)) state.drawn--;
  if (inbox.get(author) === undefined) committee.dismiss(author);
  if (because === "again" || because === "over") return;
  const known = book.now(announced);
  book.giveUp(known);
  if (because === "gone" || known.isBrief) return; // a brief has no signature, so the log cannot name its model as invalid
  invalid.push(known);
  if (invalid.length > LIMITS.maxInboxSize) invalid.shift();
}
