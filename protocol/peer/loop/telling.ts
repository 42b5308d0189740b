/**
 * Who is told of a publication, and how. Neighbours that hear briefs are told what they need to decide whether they pull it (wire/brief.ts); all others get the
 * sealed announcement.
 */
import type { Telling, Transport } from "../../base/seams.ts";
import { decodeAnnouncement } from "../../wire/announcement.ts";
import { briefOf } from "../../wire/brief.ts";
import type { Acquaintance } from "../inbound/acquaintance.ts";
import type { News } from "../inbound/news.ts";

/** Tells of an announcement of this peer, sealed; resolves when it is on its way. */
export type Tell = (sealed: Uint8Array) => Promise<void>;

export interface TellComponents {
  readonly transport: Pick<Transport, "announce" | "peers">;
  readonly news: Pick<News, "hearers">;
  /** Left out where all are told by announcements. */
  readonly briefs?: { readonly telling: Telling; readonly acquaintance: Pick<Acquaintance, "hearsBriefs"> };
}

/** @param topics of announcements and of briefs. */
export function createTell(
  { transport, news, briefs }: TellComponents,
  topics: { readonly announce: string; readonly brief: string },
): Tell {
  return async (sealed) => {
    const hearers = news.hearers();
    const numbers = briefs && briefOf(decodeAnnouncement(sealed));
    if (briefs === undefined || numbers === undefined) return transport.announce(topics.announce, sealed, hearers);
    const told = [...(hearers ?? transport.peers())];
    const hearing = new Set(told.filter((peer) => briefs.acquaintance.hearsBriefs(peer)));
    briefs.telling.tell(hearing, topics.brief, numbers);
    const others = told.filter((peer) => !hearing.has(peer));
    if (others.length > 0) await transport.announce(topics.announce, sealed, new Set(others));
  };
}
