/**
 * Which release this peer serves. One thing after another:
 *
 *     the order that holds names a release: that of its ring, or that of all others (release/rings.ts)
 *     the tag of it is known, its body is here, and it has the hash of the tag
 *     every gate on it that is known holds on the own hold-out, where there is one; a release that this peer has served before has passed
 *
 * Where one of these is not so, the previous release goes on serving, and the status says what is missing. Every gate is also answered by a vote.
 */
import { equalBytes, keyOf, toHex } from "../../base/bytes.ts";
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import type { Metrics } from "../../base/learning-seams.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Crypto } from "../../base/seams.ts";
import type { ReleaseBook } from "../../release/book.ts";
import { parseGate, passes } from "../../release/gate.ts";
import type { Obstacle } from "../../release/obstacles.ts";
import { isInRing } from "../../release/rings.ts";
import type { Statement } from "../../release/statements.ts";
import type { Life } from "../life.ts";
import type { Library } from "./library.ts";

/** A release that answers. */
export interface ServedRelease {
  /** Hexadecimal. */
  readonly id: string;
  readonly name: string;
  readonly params: Float32Array;
}

export interface Serving {
  /** Looks again at what should be served: something new is known. */
  settle(): void;
  /** Resolves when all is done that was asked for so far. */
  settled(): Promise<void>;
  served(): ServedRelease | undefined;
  /** Id of the release that was served before this one. */
  before(): Uint8Array | undefined;
  /** What stands in the way of the release that the order names; undefined where nothing does. */
  obstacle(): Obstacle | undefined;
  /** What a gate said here; undefined where there is no hold-out, or it was not looked at yet. */
  verdict(gate: Uint8Array): boolean | undefined;
}

export interface ServingComponents {
  readonly book: ReleaseBook;
  readonly library: Library;
  readonly crypto: Pick<Crypto, "sha256">;
  readonly life: Life;
}

export interface ServingOptions {
  readonly publicKey: Uint8Array;
  readonly isCanary: boolean;
  /** Releases that were served before this start, the last one first. */
  readonly before: readonly Uint8Array[];
  /** Names of metrics that may stand in a gate. */
  readonly metrics: readonly string[];
  /** The body of a tag, from here or from others; undefined where nobody has it now. */
  bodyOf(tag: Statement<"tag">): Promise<Uint8Array | undefined>;
  decode(body: Uint8Array): Float32Array;
  /** Figures on the own hold-out. @throws HearsayError ERR_DATA where there is none. */
  evaluate(params: Float32Array): Promise<Metrics>;
  /** A gate was looked at. */
  vote(gate: Statement<"gate">, passes: boolean): Promise<void>;
  /** Another release answers from now on; undefined: none. */
  changed(release: ServedRelease | undefined, why: Change): void;
}

/** `again`: it served before the restart, too. `back`: it served earlier, or none serves now. */
export type Change = "again" | "new" | "back";

/** No say: there is no hold-out, or the gate is in words of a later version, and so it stays. */
type Verdict = boolean | "no say";

/** Codes of these two. */
const FOR_EVER: readonly string[] = ["ERR_DATA", "ERR_CONFIG"];

interface State {
  served: ServedRelease | undefined;
  /** Ids of releases that were served, the newest first. */
  history: Uint8Array[];
  obstacle: Obstacle | undefined;
  hasBegun: boolean;
  /** Of each gate that was looked at. */
  readonly verdicts: Map<string, Verdict>;
}

export function createServing(components: ServingComponents, options: ServingOptions): Serving {
  const state: State = {
    served: undefined,
    history: [...options.before],
    obstacle: undefined,
    hasBegun: false,
    verdicts: new Map(),
  };
  let work: Promise<void> = Promise.resolve();
  let again = false;
  const round = async () => {
    again = false;
    if (components.life.signal.aborted) return;
    await goOnServing(components, options, state);
    await answerGates(components, options, state);
    await serveWhatIsOrdered(components, options, state);
  };
  return {
    settle() {
      if (again) return; // a round that has not begun yet will see it
      again = true;
      work = work.then(round);
      work.catch(components.life.fail);
    },
    settled: () => work,
    served: () => state.served,
    before: () => state.history[1],
    obstacle: () => state.obstacle,
    verdict(gate) {
      const verdict = state.verdicts.get(keyOf(gate));
      return verdict === "no say" ? undefined : verdict;
    },
  };
}

/** After a start: the release that served before serves until something else is known. */
async function goOnServing({ book }: ServingComponents, options: ServingOptions, state: State): Promise<void> {
  const [last] = state.history;
  if (state.served !== undefined || state.hasBegun || last === undefined) return;
  state.hasBegun = true;
  const tag = book.tag(last);
  const body = tag && (await options.bodyOf(tag));
  if (tag === undefined || body === undefined) return;
  state.served = { id: toHex(last), name: tag.name, params: options.decode(body) };
  options.changed(state.served, "again");
}

async function answerGates(components: ServingComponents, options: ServingOptions, state: State): Promise<void> {
  const { book } = components;
  for (const gate of book.gates()) {
    if (state.verdicts.has(keyOf(gate.id))) continue;
    const own = book.votes(gate.id).find(({ signer }) => equalBytes(signer, options.publicKey));
    if (own !== undefined) {
      state.verdicts.set(keyOf(gate.id), own.passes);
      continue;
    }
    const tag = book.tag(gate.release);
    const body = tag && (await options.bodyOf(tag));
    if (body === undefined) continue; // it may come
    const verdict = await verdictOf(gate, body, options);
    if (verdict === undefined) continue; // nobody could look now
    state.verdicts.set(keyOf(gate.id), verdict);
    if (verdict !== "no say") await options.vote(gate, verdict);
  }
}

/** Undefined where it cannot be said now. */
async function verdictOf(
  gate: Statement<"gate">,
  body: Uint8Array,
  { metrics, decode, evaluate }: ServingOptions,
): Promise<Verdict | undefined> {
  try {
    const conditions = parseGate(gate.expression, metrics);
    return passes(conditions, await evaluate(decode(body))) ?? "no say";
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return FOR_EVER.includes(error.code) ? "no say" : undefined;
  }
}

async function serveWhatIsOrdered(components: ServingComponents, options: ServingOptions, state: State): Promise<void> {
  const { book, crypto } = components;
  const { order } = book.standing() ?? {};
  if (order === undefined) return;
  const isMine = isInRing(order.target, order.permille, options, crypto);
  const wanted = isMine ? order.target : order.base;
  if (wanted === null) {
    state.obstacle = undefined;
    if (state.served !== undefined) options.changed(undefined, "back");
    state.served = undefined;
    return;
  }
  if (state.served?.id === toHex(wanted)) {
    state.obstacle = undefined;
    return;
  }
  const found = await findRelease(wanted, components, options, state);
  state.obstacle = "obstacle" in found ? found.obstacle : undefined;
  if ("obstacle" in found) return;
  state.served = found.release;
  const why = state.history.some((id) => equalBytes(id, wanted)) ? "back" : "new";
  await remember(wanted, components, state);
  options.changed(found.release, why);
}

async function findRelease(
  wanted: Uint8Array,
  { book }: ServingComponents,
  { bodyOf, decode }: ServingOptions,
  { history, verdicts }: State,
): Promise<{ readonly release: ServedRelease } | { readonly obstacle: Obstacle }> {
  const tag = book.tag(wanted);
  if (tag === undefined) return { obstacle: "no tag" };
  const failed = book
    .gates()
    .filter((gate) => equalBytes(gate.release, wanted) && verdicts.get(keyOf(gate.id)) === false);
  const isProven = history.some((id) => equalBytes(id, wanted));
  if (failed.length > 0 && !isProven) return { obstacle: "gate failed" };
  const body = await bodyOf(tag);
  if (body === undefined) return { obstacle: "no body" };
  try {
    return { release: { id: toHex(wanted), name: tag.name, params: decode(body) } };
  } catch (error) {
    if (error instanceof HearsayError) return { obstacle: "no body" }; // its maker signed what no model of this task is
    throw error;
  }
}

/** This release is served now; of those before, the last few stay at hand for a way back. */
async function remember(wanted: Uint8Array, { book, library }: ServingComponents, state: State): Promise<void> {
  const before = state.history.filter((id) => !equalBytes(id, wanted));
  state.history = [wanted, ...before].slice(0, LIMITS.maxReleaseBodies);
  await library.keepServed(state.history);
  const { order } = book.standing() ?? {};
  const named = order === undefined ? [] : [order.target, ...(order.base === null ? [] : [order.base])];
  const gated = book.gates().map(({ release }) => release);
  const tags = [...state.history, ...named, ...gated].map((id) => book.tag(id));
  await library.keepOnly(tags.filter((tag) => tag !== undefined).map(({ model }) => model));
}
