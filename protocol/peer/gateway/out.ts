/**
 * The way out of a gateway: after each of its own merges, the median of the models of its members that were in it, its own among them, is logged with their
 * word (gateway/certificate.ts), and announced outside. Where too few gave theirs, its own model goes outside, for itself alone.
 */
import { compareBytes, equalBytes, keyOf } from "../../base/bytes.ts";
import type { Aggregator } from "../../base/learning-seams.ts";
import type { ArchivedBlob, Clock, Identity } from "../../base/seams.ts";
import type { SignedBeacon } from "../../gateway/beacon.ts";
import type { Border } from "../../gateway/border.ts";
import { CLUSTER, encodeClusterCertificate, LEAST_MEMBERS, medianAge } from "../../gateway/certificate.ts";
import type { Cluster } from "../../gateway/cluster.ts";
import type { Log } from "../../log/stored/chain.ts";
import { clusterMedian } from "../../task/cluster-median.ts";
import { wholeMinutes } from "../../wire/values.ts";
import type { BlobShelf } from "../inbound/blobs.ts";
import type { HashOf } from "../loop/params-hash.ts";
import { announce } from "../loop/publish.ts";
import type { Offers } from "../loop/way-out.ts";
import type { Merged, Published } from "../stages.ts";
import type { Subject } from "../subject.ts";
import type { Gateway } from "./gateway.ts";

export interface GatewayOutComponents {
  readonly clock: Pick<Clock, "now">;
  readonly crypto: { sha256(bytes: Uint8Array): Uint8Array };
  readonly identity: Identity;
  readonly aggregator: Aggregator;
  readonly log: Log;
  readonly hashOf: HashOf;
  readonly subject: Subject;
  readonly cluster: Pick<Cluster, "speaks" | "hasMembers" | "wordFor" | "ownWord" | "published">;
  /** Hears and announces what those outside are told. */
  readonly gateway: Pick<Gateway, "toldOutside"> & { readonly border: Pick<Border, "tellOutside"> };
  /** Whose announcements go outside. */
  readonly offers: Pick<Offers, "offerMean">;
  readonly shelf: Pick<BlobShelf, "lend">;
}

export interface GatewayOut {
  /** An own model was published inside. */
  published(published: Published): void;
  /** The peer has merged. */
  merged(merged: Merged): Promise<void>;
}

/** A model that is in a release, and its member's word for it. */
interface Part {
  readonly word: SignedBeacon;
  readonly body: Uint8Array;
  readonly params: Float32Array;
}

/** Releases of which the parts can be asked for, by members that make them again. */
const RELEASES_LENT = 3;

/** What the functions of this file share. */
interface Way extends GatewayOutComponents {
  own: Published | undefined;
  /** Of the newest releases: keys of the bodies that can be asked for. */
  readonly lent: string[][];
  /** What takes back each of them. */
  readonly held: Map<string, () => void>;
}

export function createGatewayOut(components: GatewayOutComponents): GatewayOut {
  const way: Way = { ...components, own: undefined, lent: [], held: new Map() };
  return {
    published(published) {
      way.own = published;
      way.cluster.published(published.encoded.hash, published.encoded.released.trained.age);
    },
    merged: (merged) => release(way, merged),
  };
}

async function release(way: Way, merged: Merged): Promise<void> {
  const { cluster, gateway, own } = way;
  if (own === undefined || !cluster.speaks() || !cluster.hasMembers()) return;
  const parts = partsOf(way, own, merged);
  if (parts.length >= LEAST_MEMBERS) return publish(way, parts);
  gateway.toldOutside = own.announcement;
  await gateway.border.tellOutside(own.announcement);
}

/** In the order of the keys. */
function partsOf({ cluster, clock }: Way, own: Published, { inputs }: Merged): readonly Part[] {
  const tsMs = wholeMinutes(clock.now());
  const { hash, body, received } = own.encoded;
  const word = cluster.ownWord();
  if (!equalBytes(word.says.model, hash)) return [];
  const parts: Part[] = [{ word, body, params: received }];
  for (const { announced, body, params } of inputs) {
    const theirs = cluster.wordFor(announced.author, announced.model, tsMs);
    if (theirs !== undefined && theirs.says.age === announced.age) parts.push({ word: theirs, body, params });
  }
  return parts.sort((a, b) => compareBytes(a.word.publicKey, b.word.publicKey));
}

async function publish(way: Way, parts: readonly Part[]): Promise<void> {
  const { aggregator, log, identity, hashOf, subject, crypto, offers } = way;
  const { task, taskId, codec, shared } = subject;
  const median = await clusterMedian(
    aggregator,
    parts.map(({ params }) => params),
  );
  const body = codec.encode(median);
  const words = parts.map(({ word }) => word);
  const says = { model: crypto.sha256(body), age: medianAge(words), bytes: body.length };
  const made = { codec: task.codec, mechanism: CLUSTER, shared, trained: hashOf(median) };
  const mass = parts.length;
  const cohort = encodeClusterCertificate(words);
  const [entry] = await log.append([{ type: "publish", body: { ...says, ...made, mass, cohort } }]);
  if (entry === undefined) throw new Error("an append of an entry returned none");
  lend(way, [
    ...parts.map(({ word, body: bytes }) => ({ hash: word.says.model, bytes })),
    { hash: says.model, bytes: body },
  ]);
  const announcement = announce({ log, identity }, entry, { task: taskId, ...says, mass });
  way.gateway.toldOutside = announcement;
  await offers.offerMean({ hash: says.model, body, age: says.age, entry, announcement });
}

/** Served until three more releases came that were made without it: a slow member's model is in several. */
function lend({ shelf, lent, held }: Way, blobs: readonly ArchivedBlob[]): void {
  for (const { hash, bytes } of blobs) if (!held.has(keyOf(hash))) held.set(keyOf(hash), shelf.lend(hash, bytes));
  lent.push(blobs.map(({ hash }) => keyOf(hash)));
  if (lent.length > RELEASES_LENT) lent.shift();
  const wanted = new Set(lent.flat());
  for (const [key, takeBack] of held)
    if (!wanted.has(key)) {
      held.delete(key);
      takeBack();
    }
}
