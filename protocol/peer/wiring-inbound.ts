/** The wiring of what comes in (wiring.ts): announcements, pulls, and the greetings of neighbours. */
import type { PeerId } from "../base/seams.ts";
import { massesOf } from "../base/task.ts";
import type { Announcement } from "../wire/announcement.ts";
import type { LogPosition } from "../wire/messages.ts";
import type { Accountability } from "./account/accountability.ts";
import type { Past } from "./account/past.ts";
import { heardIn, isNewer } from "./inbound/announcement-order.ts";
import { type AnnouncementBook, createAnnouncementBook } from "./inbound/announcements.ts";
import { createChoosing, type ExplainedChoosing } from "./inbound/choosing.ts";
import { createFetch, type Fetch } from "./inbound/fetch.ts";
import { createGreeter } from "./inbound/greet.ts";
import { createBriefHearing, createHearing } from "./inbound/hearing.ts";
import { createHelloService, type HelloService } from "./inbound/hello-service.ts";
import { createInbound, type Inbound } from "./inbound/inbound.ts";
import { askNewest, createLateFetch } from "./inbound/late-fetch.ts";
import { createPlaces, type Places } from "./inbound/places.ts";
import { createPuller, type Round } from "./inbound/puller.ts";
import { createRanks, type Ranks } from "./memory/ranks.ts";
import type { PeerOptions } from "./modules.ts";
import type { Releases } from "./release/releases.ts";
import type { ToldService, TopicService } from "./services.ts";
import type { Parts } from "./wiring.ts";

/** From the announcement of a model to the inbox of the loop. */
export interface WayIn {
  readonly inbound: Inbound;
  readonly places: Places;
  readonly ranks: Ranks;
  readonly book: AnnouncementBook;
  /** Takes announcements: of the topic, of a greeting, of an answer. */
  readonly receive: TopicService["handle"];
  /** Takes briefs. */
  readonly receiveBrief: ToldService["handle"];
  /** Undefined where no author is preferred to others. */
  readonly choosing: ExplainedChoosing | undefined;
}

/** @param startCycle own cycles before this start: the staleness of models that come before the first cycle is counted from it. */
export function joinInbound(
  parts: Parts,
  startCycle: number,
  account: Accountability | undefined,
  selection: PeerOptions["selection"],
): WayIn {
  const { clock, transport, rng, identities, life, reports, subject } = parts;
  const { task, codec } = subject;
  const { signal } = life;
  const round = { cycle: startCycle, maxNorm: Number.MAX_VALUE };
  const receive: TopicService["handle"] = (from, sealed) => hearing(from, sealed); // book and fetcher need it, and it needs them
  const ranks = createRanks({ clock, transport, identities });
  const book = bookOf(parts, { account, ranks, round, receive });
  const places = createPlaces({ clock, standing: identities, transport, signal }, codec.maxBytes);
  const fetcher = fetcherOf(parts, { account, book, receive });
  const puller = createPuller({ fetcher, places, identities, clock, reports }, { signal });
  const choosing = createChoosing({ book, ranks, identities, places, transport, clock }, selection, round);
  const inbound = createInbound(
    { book, ranks, identities, puller, clock, choosing },
    { task, rng, round, signal, ...(account && { isBanned: account.isBanned }) },
  );
  const heard = (author: PeerId) => inbound.heard(author);
  const hearing = createHearing({ book, reports }, heard);
  const receiveBrief = createBriefHearing({ book, reports }, heard);
  if (parts.telling) transport.onConnect((author) => book.connected(author));
  return { inbound, places, ranks, book, receive, receiveBrief, choosing };
}

function bookOf(
  parts: Parts,
  needs: Pick<WayIn, "ranks" | "receive"> & {
    readonly account: Accountability | undefined;
    readonly round: Round;
  },
): AnnouncementBook {
  const { clock, crypto, identity, transport, budget, identities, life, subject } = parts;
  const { task, taskId, names, codec } = subject;
  const { account, ranks, round, receive } = needs;
  const passOn = (sealed: Uint8Array) => void parts.telling?.passOn(names.announce, sealed).catch(() => {}); // a peer that is not reached hears the next
  return createAnnouncementBook(
    { clock, crypto, identities, ranks, budget },
    {
      task: taskId,
      self: identity.peerId,
      bodyBytes: codec,
      announcementsPerSecond: task.limits.announcementsPerSecond,
      masses: massesOf(task),
      silentCycles: task.staleness.cutoff,
      cycle: () => round.cycle,
      ...(account && { accountable: account }),
      askNewest(author) {
        const asked = askNewest({ transport, subject, receive }, author, life.signal);
        life.aside(asked.then((news) => news && passOn(news)));
      },
      passOn,
    },
  );
}

function fetcherOf(
  parts: Parts,
  needs: Pick<WayIn, "book" | "receive"> & { readonly account: Accountability | undefined },
): Fetch {
  const { clock, crypto, transport, archive, identities, subject, news, acquaintance, gateway } = parts;
  const { account, book, receive } = needs;
  const fetcher = createFetch(
    { transport, crypto, clock },
    {
      names: subject.names,
      codec: subject.codec,
      servesPulls: (author) => gateway?.border.isGuest(author) === true || acquaintance.servesPulls(author),
      show: (brief, announcement) => book.show(brief, announcement),
      keepBodies: archive !== undefined,
      ...(account && { proofs: account }),
    },
  );
  return createLateFetch({ fetcher, news, identities, clock, transport, subject, receive });
}

/** What greetings need beside the parts. */
export interface GreetingNeeds {
  readonly receive: TopicService["handle"];
  latest(to: PeerId): Uint8Array | undefined;
  newestOf(peer: PeerId): Uint8Array | undefined;
  heardOf(peer: PeerId): LogPosition | undefined;
  readonly account: Accountability | undefined;
  readonly past: Past | undefined;
  readonly releases: Releases | undefined;
  /** What the owner calls this peer. */
  readonly name: string | undefined;
}

/** What this peer knows of the newest publication of another: what that one has signed, and what it has only told. */
export function knownOf(
  { identities }: Parts,
  account: Accountability | undefined,
): Pick<GreetingNeeds, "newestOf" | "heardOf"> {
  const slotOf = (peer: PeerId) => identities.get(peer)?.slot;
  return {
    newestOf: (peer) => newestSigned(heardIn(slotOf(peer)), account?.proved(peer))?.sealed,
    heardOf(peer) {
      const { announced } = slotOf(peer) ?? {};
      return announced?.isBrief ? announced : undefined;
    },
  };
}

function newestSigned([heard]: readonly Announcement[], proved: Announcement | undefined): Announcement | undefined {
  if (heard === undefined || proved === undefined) return heard ?? proved;
  return isNewer(proved, heard) ? proved : heard;
}

export function joinGreetings(parts: Parts, needs: GreetingNeeds): HelloService {
  const { clock, transport, budget, life, subject, acquaintance, news } = parts;
  const { receive, latest, newestOf, heardOf, account, past, releases, name } = needs;
  const answered = (other: PeerId, yours: Uint8Array | undefined, heard: LogPosition | undefined) => {
    past?.told(other, yours, heard);
    account?.met(other);
    releases?.met(other);
  };
  const passOn = account !== undefined;
  const greet = createGreeter(
    { transport, subject, acquaintance, news },
    { signal: life.signal, receive, passOn, answered },
  );
  const servesPulls = account !== undefined;
  const hearsBriefs = servesPulls && parts.telling !== undefined;
  return createHelloService(
    { transport, clock, budget, subject, acquaintance, news },
    { latest, newestOf, heardOf, greet, servesPulls, hearsBriefs, ...(name !== undefined && { name }) },
  );
}
