/**
 * The way of a trained model out of this peer: it is released, encoded, logged, offered to whoever pulls it, and announced.
 * Nothing leaves before `Saving.resume` has settled which log this peer continues.
 */
import { bytesOf } from "../../base/bytes.ts";
import type { Archive, ArchivedBlob, Crypto, Identity } from "../../base/seams.ts";
import type { Entry } from "../../log/entry/entry.ts";
import type { Log } from "../../log/stored/chain.ts";
import { mechanismOf } from "../../privacy/registry.ts";
import type { BlobShelf } from "../inbound/blobs.ts";
import type { Reports } from "../reports.ts";
import type { Moved, Own, Published, Trained } from "../stages.ts";
import type { Subject } from "../subject.ts";
import { encode } from "./encode.ts";
import type { HashOf } from "./params-hash.ts";
import { type PublishComponents, publish } from "./publish.ts";
import { release } from "./release.ts";
import type { Saving } from "./saving.ts";
import type { Tell } from "./telling.ts";

/** Stages Released to Published: on disk when it resolves. */
export type Publisher = (own: Trained) => Promise<Published>;

export interface PublisherComponents {
  readonly log: Log;
  readonly identity: Identity;
  readonly crypto: Crypto;
  readonly subject: Subject;
  readonly hashOf: HashOf;
  readonly ledger?: PublishComponents["ledger"];
}

/** @param engine that trains. */
export function createPublisher(components: PublisherComponents, engine: string): Publisher {
  const { crypto, subject } = components;
  const { task, taskId, codec, shared } = subject;
  const mechanism = mechanismOf(task);
  return (own) => {
    const encoded = encode(release(own, mechanism, shared), task.codec, codec, crypto);
    return publish(components, encoded, { taskId, engine });
  };
}

/** What becomes of a publication once the log has it: it is served, announced, and kept for audits. */
export interface Publications {
  /** Serves and announces what is in the log; resolves when it is announced. */
  announce(published: Published): Promise<void>;
  /** Serves and announces a mean of several peers, which the log names (cohort-out.ts, gateway/out.ts). */
  announceMean(mean: PublishedMean): Promise<void>;
  /** Keeps for audits a publication that is in the log, but is not announced. */
  keep(published: Published): void;
  /** Keeps for audits a trained model whose body never leaves this peer. */
  keepTrained(blob: ArchivedBlob): void;
  /** The last announcement, for greetings. */
  latest(): Uint8Array | undefined;
  /** What an archive keeps of the last publication, whether it was announced or not; nothing where there is no archive. */
  archived(): readonly ArchivedBlob[];
}

/** A body that the log names. */
export interface PublishedMean {
  readonly hash: Uint8Array;
  readonly body: Uint8Array;
  readonly age: number;
  readonly entry: Entry;
  readonly announcement: Uint8Array;
}

export interface PublicationComponents {
  readonly shelf: Pick<BlobShelf, "offer">;
  readonly archive: Pick<Archive, "put"> | undefined;
  readonly tell: Tell;
  readonly reports: Reports;
}

export interface PublicationOptions {
  /** Called before each announcement, with the `publish` entry that others will ask a proof of. */
  published(entry: Entry, announcement: Uint8Array): void;
}

export function createPublications(components: PublicationComponents, options: PublicationOptions): Publications {
  const { shelf, archive, tell, reports } = components;
  let latest: Uint8Array | undefined;
  let archived: readonly ArchivedBlob[] = [];
  const hold = (blobs: () => readonly ArchivedBlob[]) => {
    if (archive === undefined) return; // nobody asks for it
    archived = blobs();
    void archive.put(archived);
  };
  const show = async ({ announcement, entry, hash, body, age }: PublishedMean) => {
    latest = announcement;
    shelf.offer({ hash, bytes: body });
    options.published(entry, announcement);
    reports.counters.published++;
    reports.tell({ kind: "published", model: hash, age, bytes: body.length });
    await tell(announcement);
  };
  return {
    async announce(published) {
      const { announcement, entry, encoded } = published;
      const { hash, body, released } = encoded;
      hold(() => blobsOf(published));
      await show({ announcement, entry, hash, body, age: released.trained.age });
    },
    async announceMean(mean) {
      void archive?.put([{ hash: mean.hash, bytes: mean.body }]);
      await show(mean);
    },
    keep: (published) => hold(() => blobsOf(published)),
    keepTrained: (blob) => hold(() => [blob]),
    latest: () => latest,
    archived: () => archived,
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

/** The body; the trained parameters where it does not hold them to the bit; and what a training that was moved began with and gave. */
function blobsOf({ encoded, trained, moved }: Published): readonly ArchivedBlob[] {
  const { params, moved: between } = encoded.released.trained;
  const exact = encoded.isExact ? [] : [{ hash: trained, bytes: bytesOf(params) }];
  return [{ hash: encoded.hash, bytes: encoded.body }, ...exact, ...movedBlobs(between, moved)];
}

export interface WayOutComponents {
  readonly saving: Pick<Saving, "resume">;
  readonly publisher: Publisher;
  readonly publications: Pick<Publications, "announce" | "keep">;
}

/**
 * Publishes the result of a training. Resolves with false where nothing may be logged yet.
 * @param isQuiet log it, but do not announce it.
 */
export type WayOut = (own: Own, isQuiet: boolean) => Promise<boolean>;

export function createWayOut({ saving, publisher, publications }: WayOutComponents): WayOut {
  return async (own, isQuiet) => {
    const mayLog = await saving.resume();
    if (!mayLog || own.kind !== "trained") return mayLog;
    const published = await publisher(own);
    if (isQuiet) publications.keep(published);
    else await publications.announce(published);
    return true;
  };
}
