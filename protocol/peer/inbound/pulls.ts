/**
 * Whose models are drawn and pulled. In every cycle, shortly before its merge, a committee is drawn (committee.ts), and up to k models of members are
 * pulled that are not held yet, a few at a time (places.ts).
 */
import { type HearsayError, isHearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { PeerId } from "../../base/seams.ts";
import { countRefused } from "../context.ts";
import { fetchBody, lookInto } from "../loop/fetch.ts";
import type { Announced } from "../stages.ts";
import { type InboundState, isNew, mayPull, seated, youngAuthors } from "./inbound-state.ts";
import type { Outcome } from "./places.ts";

/** Time for the pulls of a cycle, in mean durations of one, for each wave of them: some take longer than the mean. */
const LEAD = 2;

/** Failed pulls whose author did not answer, or too slowly. */
const SILENT: readonly string[] = ["ERR_UNREACHABLE", "ERR_TIMEOUT"];

/** Failed pulls that are no fault of the model: unreachable, too slow, or replaced meanwhile. */
const NO_FAULT_OF_THE_MODEL: readonly string[] = ["ERR_UNREACHABLE", "ERR_TIMEOUT", "ERR_NOT_FOUND"];

/**
 * Draws k models so late that they are just here when they are merged: a model that waits for the end of a training grows
 * stale, and stale models hold everybody back (half the cycles to a given accuracy on skewed data, sim/results/measurements.md).
 */
export function drawInTime(state: InboundState, mergeInMs: number): void {
  const { clock, task } = state.context;
  state.drawLater?.();
  state.drawLater = undefined;
  const waves = Math.ceil(task.aggregation.inboxSize / LIMITS.maxConcurrentPulls);
  const leadMs = LEAD * state.places.meanMs() * waves;
  if (leadMs > 0 && mergeInMs > leadMs) {
    state.drawLater = clock.after(mergeInMs - leadMs, () => {
      state.drawLater = undefined;
      draw(state);
    });
  } else draw(state);
}

/** What is still put off is drawn at once. */
export function drawNow(state: InboundState): void {
  if (state.drawLater === undefined) return;
  state.drawLater();
  state.drawLater = undefined;
  draw(state);
}

/**
 * Draws members and pulls what they have that is not here, until k pulls have begun: older models do not stand in for what is over that budget.
 * @param announcer who has announced something, where that is the occasion: of no interest but where it is a neighbour.
 */
export function draw(state: InboundState, announcer?: PeerId): void {
  const { context, strikes, cycle } = state;
  if (state.drawLater !== undefined || context.signal.aborted) return;
  if (isFull(state) && !mayTryOut(state)) return;
  if (announcer !== undefined && strikes.isOut(announcer, cycle)) return; // the list of neighbours costs more than anything else here
  const near = state.ranks.neighbours(0); // announcements come from everywhere, bodies from neighbours
  if (announcer !== undefined && !near.has(announcer)) return;
  drawMembers(state, near);
  tryOut(state, near);
}

/** K pulls have begun. */
function isFull({ drawn, context }: InboundState): boolean {
  return drawn >= context.task.aggregation.inboxSize;
}

function drawMembers(state: InboundState, near: ReadonlySet<PeerId>): void {
  const { book, committee, inbox, places } = state;
  let young: PeerId[] | undefined;
  const choices = () => {
    young ??= youngAuthors(state, near);
    return places.inTurns(young.filter((author) => inbox.get(author) !== undefined || mayPull(state, author, near)));
  };
  const wanted = () => committee.members().find((author) => isNew(state, author, near));
  while (!isFull(state)) {
    if (!places.hasFree() && !((wanted() !== undefined || committee.hasNext(choices)) && makePlace(state))) return;
    const author = wanted();
    if (author !== undefined) void pull(state, book.newest(author) as Announced);
    else if (committee.next(choices) === undefined) return;
  }
}

/** Once a cycle while newcomers are distrusted, who take no seat from anybody then. */
function mayTryOut({ triedCycle, cycle, places }: InboundState): boolean {
  return triedCycle !== cycle && places.distrustsNewcomers() && places.hasFree();
}

/** Pulls a newcomer's model when the seats are taken: who delivers is known from then on. */
function tryOut(state: InboundState, near: ReadonlySet<PeerId>): void {
  const { book, committee, places, tryOuts, tryOutRng } = state;
  if (!mayTryOut(state) || !(isFull(state) || committee.isFull())) return;
  const [, newcomers = []] = places.inTurns(youngAuthors(state, near).filter((author) => isNew(state, author, near)));
  const author = newcomers[newcomers.length === 0 ? 0 : tryOutRng.below(newcomers.length)];
  if (author === undefined) return;
  state.triedCycle = state.cycle;
  tryOuts.add(author);
  void pull(state, book.newest(author) as Announced);
}

/** A pull that takes much longer than others goes on without a place, and its author without a seat: others wait. */
function makePlace(state: InboundState): boolean {
  const { committee, inbox, places, tryOuts } = state;
  const author = places.release();
  if (author === undefined) return false;
  if (!tryOuts.has(author)) state.drawn--;
  if (inbox.get(author) === undefined) committee.dismiss(author);
  return true;
}

/** Stages Fetched and Candidate, and what comes of it for the author. */
async function pull(state: InboundState, announced: Announced): Promise<void> {
  const { context, accountable, committee, inbox, places, strikes, tryOuts } = state;
  const { author } = announced;
  if (!tryOuts.has(author)) state.drawn++;
  state.asked.add(author);
  const signal = places.take(author, strikes.has(author));
  try {
    const protocol = context.names.blob;
    const proofs = accountable && { proofs: accountable };
    const maxBytes = context.codec.maxBytes;
    const fetched = await fetchBody(context, announced, { protocol, maxBytes, signal, ...proofs });
    inbox.put(lookInto(fetched, context.codec, state.maxNorm));
    delivered(state, author);
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    if (seated(state).includes(author)) state.drawn--;
    if (inbox.get(author) === undefined) committee.dismiss(author);
    places.end(author, outcomeOf(error));
    if (!context.signal.aborted) failed(state, announced, error);
  } finally {
    tryOuts.delete(author);
    draw(state);
    state.listener?.();
  }
}

function delivered({ context, places, strikes }: InboundState, author: PeerId): void {
  strikes.forgive(author);
  places.end(author, "delivered");
  context.identities.delivered(author, context.clock.monotonicMs());
}

function failed(state: InboundState, announced: Announced, { code, message, details }: HearsayError): void {
  const { context, book, cycle, invalid, strikes } = state;
  countRefused(context.counters, code);
  context.observe?.({ kind: "refused", peer: announced.author, code, message });
  if (isBusy({ code, details })) return; // asked again in the next cycle
  const lost = SILENT.includes(code) && context.identities.isKnown(announced.author);
  if (code !== "ERR_NOT_FOUND" && strikes.add(announced.author, cycle, lost)) return; // asked again in the next cycle
  book.giveUp(announced);
  if (NO_FAULT_OF_THE_MODEL.includes(code)) return;
  invalid.push(announced);
  if (invalid.length > LIMITS.maxInboxSize) invalid.shift();
}

function outcomeOf(error: HearsayError): Outcome {
  if (SILENT.includes(error.code)) return "silent";
  return isBusy(error) ? "busy" : "refused";
}

/** Its author answers too many at the moment. */
function isBusy({ code, details }: Pick<HearsayError, "code" | "details">): boolean {
  return code === "ERR_RATE" && details.limit === undefined;
}
