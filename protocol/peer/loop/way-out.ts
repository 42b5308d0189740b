/** The way of a trained model out of this peer: released, encoded, in the log, offered, announced. Nothing of it leaves before it is settled how the log goes on. */
import { bytesOf } from "../../base/bytes.ts";
import type { Archive, ArchivedBlob, Crypto, Identity, Transport } from "../../base/seams.ts";
import type { Entry } from "../../log/entry/entry.ts";
import type { Log } from "../../log/stored/chain.ts";
import { none } from "../../privacy/none.ts";
import type { BlobShelf } from "../inbound/blobs.ts";
import type { Reports } from "../reports.ts";
import type { Moved, Own, Published, Trained } from "../stages.ts";
import type { Subject } from "../subject.ts";
import { encode } from "./encode.ts";
import type { HashOf } from "./params-hash.ts";
import { publish } from "./publish.ts";
import { release } from "./release.ts";
import type { Saving } from "./saving.ts";

/** Stages Released to Published: on disk when it resolves. */
export type Publisher = (own: Trained) => Promise<Published>;

export interface PublisherComponents {
  readonly log: Log;
  readonly identity: Identity;
  readonly crypto: Crypto;
  readonly subject: Subject;
  readonly hashOf: HashOf;
}

/** @param engine that trains. */
export function createPublisher(components: PublisherComponents, engine: string): Publisher {
  const { log, identity, crypto, hashOf, subject } = components;
  const { task, taskId, codec } = subject;
  return (own) => {
    const encoded = encode(release(own, none, task), task.codec, codec, crypto);
    return publish({ log, identity, hashOf }, encoded, { taskId, engine });
  };
}

/** What is published last, for greetings and for the archive. */
export interface Offer {
  readonly announcement: Uint8Array;
  /** The body; the trained parameters where it does not hold them to the bit; and what a training that was moved began with and gave. */
  readonly archived: readonly ArchivedBlob[];
}

export interface Offers {
  /** Serves and announces what is in the log; resolves when it is announced. */
  offer(published: Published): Promise<void>;
  latest(): Offer | undefined;
}

export interface OfferComponents {
  readonly shelf: Pick<BlobShelf, "offer">;
  readonly archive: Pick<Archive, "put"> | undefined;
  readonly transport: Pick<Transport, "announce">;
  readonly reports: Reports;
}

export interface OfferOptions {
  readonly topic: string;
  /** Hears of the entry that others will ask for. */
  published(entry: Entry): void;
}

export function createOffers(components: OfferComponents, options: OfferOptions): Offers {
  const { shelf, archive, transport, reports } = components;
  let latest: Offer | undefined;
  return {
    async offer({ announcement, entry, encoded, trained, moved }) {
      const blob = { hash: encoded.hash, bytes: encoded.body };
      const { age, params, moved: between } = encoded.released.trained;
      const exact = encoded.isExact ? [] : [{ hash: trained, bytes: bytesOf(params) }];
      const archived = [blob, ...exact, ...movedBlobs(between, moved)];
      latest = { announcement, archived };
      shelf.offer(blob);
      void archive?.put(archived);
      options.published(entry);
      reports.counters.published++;
      reports.tell({ kind: "published", model: blob.hash, age, bytes: blob.bytes.length });
      await transport.announce(options.topic, announcement);
    },
    latest: () => latest,
  };
}

function movedBlobs(between: Moved | undefined, hashes: Published["moved"]): ArchivedBlob[] {
  if (between === undefined || hashes === undefined) return [];
  const [began, ended] = hashes;
  return [
    { hash: began, bytes: bytesOf(between.began) },
    { hash: ended, bytes: bytesOf(between.ended) },
  ];
}

export interface WayOutComponents {
  readonly saving: Pick<Saving, "resume">;
  readonly publisher: Publisher;
  readonly offers: Pick<Offers, "offer">;
}

/** Takes what a training gave out; resolves with false where nothing may be logged yet. */
export type WayOut = (own: Own) => Promise<boolean>;

export function createWayOut({ saving, publisher, offers }: WayOutComponents): WayOut {
  return async (own) => {
    const mayLog = await saving.resume();
    if (mayLog && own.kind === "trained") await offers.offer(await publisher(own));
    return mayLog;
  };
}
