/**
 * Which authors a peer prefers to pull from, where its owner sets `select.by` (the policies are in ../../select/). It goes by what it has measured itself of each author; a
 * share of the draws stays random, and each address prefix is preferred for a bounded number of draws. Without `select.by` this part is left out.
 */
import type { Clock, PeerId, Transport } from "../../base/seams.ts";
import { drawOne } from "../../select/draw.ts";
import { SELECTORS } from "../../select/registry.ts";
import { type Reputation, weightOf, worthOf } from "../../select/reputation.ts";
import type { Known, Selection, Selector } from "../../select/selector.ts";
import { memoryText } from "../../select/words.ts";
import type { Identities } from "../memory/identities.ts";
import type { Ranks } from "../memory/ranks.ts";
import type { AnnouncementBook } from "./announcements.ts";
import type { Choosing } from "./committee.ts";
import type { Places } from "./places.ts";
import type { Round } from "./puller.ts";

/** What draws did since the start. */
export interface SelectionStatus extends Selection {
  readonly preferred: number;
  readonly atRandom: number;
}

/** Why a neighbour is asked, or not. */
export interface Asking {
  /** Place among the neighbours that have announced something, 1 the first, and how many these are. */
  readonly place: number;
  readonly of: number;
  /** Draws since the start. */
  readonly preferred: number;
  readonly atRandom: number;
  /** Own cycle in which it was drawn last; undefined where it never was. */
  readonly lastCycle: number | undefined;
  readonly words: string;
}

export interface ExplainedChoosing extends Choosing {
  status(): SelectionStatus;
  /** Undefined for a peer that is no neighbour, or has announced nothing. */
  of(peer: PeerId): Asking | undefined;
}

export interface ChoosingComponents {
  readonly book: Pick<AnnouncementBook, "newest">;
  readonly identities: Pick<Identities, "get" | "change">;
  readonly ranks: Pick<Ranks, "neighbours">;
  readonly places: Pick<Places, "pullMs">;
  readonly transport: Pick<Transport, "prefixOf" | "linkTo">;
  readonly clock: Pick<Clock, "monotonicMs">;
}

interface Chooser extends ChoosingComponents {
  readonly selection: Selection;
  readonly selector: Selector;
  readonly round: Round;
  /** Own cycles before this start. */
  readonly startCycle: number;
  /** Of each prefix, the authors that were preferred in this cycle. */
  readonly preferredOf: Map<string, number>;
  preferred: number;
  atRandom: number;
}

/** Undefined where all authors are alike. @param round what the cycle is. @throws RangeError for a policy that there is not. */
export function createChoosing(
  components: ChoosingComponents,
  selection: Selection | undefined,
  round: Round,
): ExplainedChoosing | undefined {
  if (selection === undefined) return undefined;
  const selector = SELECTORS.get(selection.by);
  if (selector === undefined)
    throw new RangeError(`no policy "${selection.by}"; one of ${[...SELECTORS.keys()].join(", ")}`);
  if (selector.name === "random") return undefined;
  const chooser: Chooser = {
    ...components,
    selection,
    selector,
    round,
    startCycle: round.cycle,
    preferredOf: new Map(),
    preferred: 0,
    atRandom: 0,
  };
  return {
    begin: () => chooser.preferredOf.clear(),
    one: (open, rng) => {
      const { floor, perPrefix } = selection;
      const { author, isPreferred } = drawOne(
        open,
        {
          floor,
          top: selector.top,
          score: (peer) => selector.score(knownOf(chooser, peer)),
          mayPrefer: (peer) => (chooser.preferredOf.get(chooser.transport.prefixOf(peer)) ?? 0) < perPrefix,
        },
        rng,
      );
      remember(chooser, author, isPreferred);
      return author;
    },
    status: () => ({ ...selection, preferred: chooser.preferred, atRandom: chooser.atRandom }),
    of: (peer) => askingOf(chooser, peer),
  };
}

function knownOf({ book, identities, places, transport, clock, round }: Chooser, peer: PeerId): Known {
  const link = transport.linkTo?.(peer);
  const newest = book.newest(peer);
  return {
    worth: worthOf(identities.get(peer)?.reputation, round.cycle),
    pullMs: places.pullMs(peer),
    roundTripMs: link?.roundTripMs,
    isPaid: link?.isPaid === true,
    sinceMs: newest === undefined ? Number.POSITIVE_INFINITY : clock.monotonicMs() - newest.firstSeenMs,
  };
}

function remember(chooser: Chooser, author: PeerId, isPreferred: boolean): void {
  const { identities, transport, round, preferredOf } = chooser;
  if (isPreferred) {
    const prefix = transport.prefixOf(author);
    preferredOf.set(prefix, (preferredOf.get(prefix) ?? 0) + 1);
    chooser.preferred++;
  } else chooser.atRandom++;
  const { preferred = 0, atRandom = 0 } = identities.get(author)?.asked ?? {};
  identities.change(author, {
    asked: {
      preferred: preferred + Number(isPreferred),
      atRandom: atRandom + Number(!isPreferred),
      cycle: round.cycle,
      wasPreferred: isPreferred,
    },
  });
}

function askingOf(chooser: Chooser, peer: PeerId): Asking | undefined {
  const { book, ranks, identities, selector, round } = chooser;
  const near = [...ranks.neighbours(0)].filter((author) => book.newest(author) !== undefined);
  if (!near.includes(peer)) return undefined;
  const scoreOf = (author: PeerId) => selector.score(knownOf(chooser, author));
  const own = scoreOf(peer);
  const place = 1 + near.filter((author) => scoreOf(author) > own).length;
  const { reputation, asked } = identities.get(peer) ?? {};
  const { preferred = 0, atRandom = 0, cycle, wasPreferred } = asked ?? {};
  const how = wasPreferred ? "preferred" : "drawn at random";
  const now = cycle === round.cycle ? `${how} in this cycle` : "not drawn in this cycle";
  const words = `${now}: place ${place} of ${near.length} by ${selector.name}; ${selector.words(knownOf(chooser, peer))}${standsOn(chooser, reputation)}`;
  return { place, of: near.length, preferred, atRandom, lastCycle: cycle, words };
}

/** What a judgement of models stands on; nothing where none were judged. */
function standsOn({ selector, round, startCycle }: Chooser, reputation: Reputation | undefined): string {
  if (selector.judges === undefined || reputation === undefined) return "";
  const { cycle } = reputation;
  return `; ${memoryText(weightOf(reputation, round.cycle), cycle, cycle <= startCycle)}`;
}
