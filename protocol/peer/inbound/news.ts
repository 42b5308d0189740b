/**
 * How often neighbours tell each other of new models, where one of them pays for bytes.
 *
 * Such a peer merges seldom, and of an author it needs one announcement for each of its own merges. A neighbour that publishes in every cycle costs it more by
 * announcements than by all models that are pulled from it (1 MB a day, a cycle a minute: half of the budget, sim/results/budget.md). So it says with its answer
 * to a greeting how often it wants to hear. Neighbours keep to that: what they publish in between nobody tells it, and a merge takes the newest it has heard of.
 *
 * The connection to a neighbour that does not keep to it is closed: an author gains nothing by announcing often, and costs no more than others.
 */
import { type Allowance, allowanceAt, type Rate } from "../../base/bounded.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Clock, PeerId, Transport } from "../../base/seams.ts";
import type { Thrift } from "../../traffic/thrift.ts";
import { decodeAnnouncement } from "../../wire/announcement.ts";
import type { Reports } from "../reports.ts";
import type { ToldService, TopicService } from "../services.ts";
import { forgetAbsent } from "./acquaintance.ts";

export interface News {
  /** What a neighbour that greets is told: it may announce once in so many seconds. Undefined where nobody pays for bytes. */
  wish(peer: PeerId): number | undefined;
  /** A neighbour that has answered has this wish, or none. */
  wished(peer: PeerId, everyS: number | undefined): void;
  /** The neighbours that are told of what is published now; undefined: all. */
  hearers(): ReadonlySet<PeerId> | undefined;
  /** Whether this peer pays for what it hears. */
  isPaying(): boolean;
  /** Counts what neighbours announce of their own, whether they greeted or not. What comes with an answer was asked for. */
  counting(receive: TopicService["handle"]): TopicService["handle"];
  /** The same of briefs, which nobody but their author tells. */
  countingBriefs(receive: ToldService["handle"]): ToldService["handle"];
}

export interface NewsComponents {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly transport: Pick<Transport, "peers" | "shun">;
  readonly thrift: Pick<Thrift, "mergeEveryMs">;
  readonly reports: Pick<Reports, "refused">;
}

/** What one may say to the other, and what is left of that. */
interface Share {
  readonly everyS: number;
  allowance: Allowance | undefined;
}

/** Announcements of an author in the time of a merge: what a model costs is known better later, and merges come to be closer to each other than was planned with at the greeting. */
const A_MERGE = 2;

/** A neighbour may have said so many times what it was asked to say: its clock is its own, and it may have been started anew. */
const LENIENCE = 2;

/** Neighbours that are remembered, before those that are gone are forgotten. */
const MAX_REMEMBERED = 1024;

export function createNews(components: NewsComponents): News {
  const { thrift, transport } = components;
  /** Of neighbours, and those that they were told. */
  const theirs = new Map<PeerId, Share>();
  const own = new Map<PeerId, Share>();
  return {
    wish: (peer) => wishTo(components, own, peer)?.everyS,
    wished(peer, everyS) {
      if (everyS === undefined) theirs.delete(peer);
      else remember(theirs, peer, { everyS, allowance: theirs.get(peer)?.allowance }, transport);
    },
    hearers: () => hearers(components, theirs),
    isPaying: () => thrift.mergeEveryMs() !== undefined,
    counting: (receive) => (from, sealed) => {
      const verdict = receive(from, sealed);
      if (
        verdict.verdict !== "reject" &&
        thrift.mergeEveryMs() !== undefined &&
        decodeAnnouncement(sealed).author === from
      )
        heard(components, own, from);
      return verdict;
    },
    countingBriefs: (receive) => (from, numbers) => {
      const verdict = receive(from, numbers);
      if (verdict.verdict !== "reject" && thrift.mergeEveryMs() !== undefined) heard(components, own, from);
      return verdict;
    },
  };
}

/** What a neighbour is asked from now on; undefined where it may say all. */
function wishTo({ thrift, transport }: NewsComponents, own: Map<PeerId, Share>, peer: PeerId): Share | undefined {
  const everyMs = thrift.mergeEveryMs();
  if (everyMs === undefined) return undefined;
  const everyS = Math.min(LIMITS.longestNewsS, Math.max(1, Math.ceil(everyMs / A_MERGE / 1000)));
  const share = { everyS, allowance: own.get(peer)?.allowance };
  remember(own, peer, share, transport);
  return share;
}

function remember(shares: Map<PeerId, Share>, peer: PeerId, share: Share, { peers }: Pick<Transport, "peers">): void {
  shares.set(peer, share);
  if (shares.size > MAX_REMEMBERED) forgetAbsent(shares, peers());
}

function hearers({ clock, transport }: NewsComponents, theirs: Map<PeerId, Share>): ReadonlySet<PeerId> | undefined {
  if (theirs.size === 0) return undefined;
  const peers = transport.peers();
  const told = peers.filter((peer) => {
    const share = theirs.get(peer);
    return share === undefined || take(share, clock.monotonicMs(), 1);
  });
  return told.length === peers.length ? undefined : new Set(told);
}

function heard(components: NewsComponents, own: Map<PeerId, Share>, peer: PeerId): void {
  const { clock, transport, reports } = components;
  const share = own.get(peer) ?? wishTo(components, own, peer);
  if (share === undefined || take(share, clock.monotonicMs(), LENIENCE)) return;
  reports.refused(
    peer,
    "ERR_RATE",
    `it announces more often than once in ${share.everyS} s, as it was asked to: it is left`,
  );
  transport.shun(peer);
}

/** Takes one announcement off what is left; false where there is none. */
function take(share: Share, nowMs: number, times: number): boolean {
  const rate: Rate = { burst: times * LIMITS.newsBurst, perSecond: times / share.everyS };
  const { tokens, atMs } = allowanceAt(nowMs, share.allowance, rate);
  const isLeft = tokens >= 1;
  share.allowance = { tokens: isLeft ? tokens - 1 : tokens, atMs };
  return isLeft;
}
