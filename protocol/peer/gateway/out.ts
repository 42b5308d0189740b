/**
 * What a gateway tells those outside. Whenever half of its members have published since its last release, it gathers the newest model of each, logs the median of
 * them with their word (gateway/certificate.ts), and announces it outside. So it releases as often as its members publish, however slow it is itself. Where too few gave
 * theirs, its own model goes outside, for itself alone.
 */
import { compareBytes, equalBytes, keyOf } from "../../base/bytes.ts";
import { isHearsayError } from "../../base/errors.ts";
import type { Aggregator } from "../../base/learning-seams.ts";
import type { OneByOne } from "../../base/one-by-one.ts";
import type { ArchivedBlob, Clock, Crypto, Identity, PeerId, Transport } from "../../base/seams.ts";
import { NONE, type SignedBeacon } from "../../gateway/beacon.ts";
import type { Border } from "../../gateway/border.ts";
import { CLUSTER, encodeClusterCertificate, LEAST_MEMBERS, medianAge } from "../../gateway/certificate.ts";
import type { Cluster } from "../../gateway/cluster.ts";
import type { Log } from "../../log/stored/chain.ts";
import { clusterMedian } from "../../task/cluster-median.ts";
import { peerIdFromPublicKey } from "../../wire/identity.ts";
import { wholeMinutes } from "../../wire/values.ts";
import type { BlobShelf } from "../inbound/blobs.ts";
import { pullBlob } from "../inbound/pull-blob.ts";
import { validateBody } from "../inbound/validate.ts";
import type { HashOf } from "../loop/params-hash.ts";
import { announce } from "../loop/publish.ts";
import type { Publications } from "../loop/way-out.ts";
import type { Published } from "../stages.ts";
import type { Subject } from "../subject.ts";
import type { Gateway } from "./gateway.ts";

export interface GatewayOutComponents {
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly identity: Identity;
  readonly transport: Transport;
  readonly aggregator: Aggregator;
  readonly log: Log;
  readonly hashOf: HashOf;
  readonly subject: Subject;
  readonly cluster: Pick<Cluster, "speaks" | "hasMembers" | "words" | "ownWord" | "published">;
  /** Hears and announces what those outside are told. */
  readonly gateway: Pick<Gateway, "toldOutside"> & { readonly border: Pick<Border, "tellOutside"> };
  /** Whose announcements go outside. */
  readonly publications: Pick<Publications, "announceMean">;
  readonly shelf: Pick<BlobShelf, "lend">;
}

export interface GatewayOutOptions {
  readonly signal: AbortSignal;
  /** Whether models of a member are taken from nobody any more. */
  isBanned(member: PeerId): boolean;
  /** Does one thing after another with the log: an announcement shows the log as it is right after its entry. */
  readonly inTurn: OneByOne;
  /** Watches over what goes on beside the loop. */
  aside(work: Promise<unknown>): void;
}

export interface GatewayOut {
  /** An own model was published inside. */
  published(published: Published): void;
  /** A member, or this peer, has published. */
  news(): void;
}

/** A model that is in a release, and its member's word for it. */
interface Part {
  readonly word: SignedBeacon;
  readonly body: Uint8Array;
  readonly params: Float32Array;
}

/** A body that can be asked for. */
interface Held {
  readonly bytes: Uint8Array;
  takeBack(): void;
}

/** Releases of which the parts can be asked for, by members that make them again. */
const RELEASES_LENT = 3;

interface State extends GatewayOutComponents, GatewayOutOptions {
  own: Published | undefined;
  /** Of the newest releases: keys of the bodies that can be asked for. */
  readonly lent: string[][];
  readonly held: Map<string, Held>;
  /** Keys of the models that are in the newest release. */
  released: ReadonlySet<string>;
  isGathering: boolean;
}

export function createGatewayOut(components: GatewayOutComponents, options: GatewayOutOptions): GatewayOut {
  const state: State = {
    ...components,
    ...options,
    own: undefined,
    lent: [],
    held: new Map(),
    released: new Set(),
    isGathering: false,
  };
  return {
    published(published) {
      state.own = published;
      state.cluster.published(published.encoded.hash, published.encoded.released.trained.age);
      if (mayGather(state) && wordsOf(state).length < LEAST_MEMBERS) options.aside(speakAlone(state, published));
    },
    news() {
      if (state.isGathering || !mayGather(state) || !isDue(state)) return;
      state.isGathering = true;
      options.aside(
        release(state).finally(() => {
          state.isGathering = false;
        }),
      );
    },
  };
}

function mayGather({ cluster, own }: State): boolean {
  return own !== undefined && cluster.speaks() && cluster.hasMembers();
}

/** Of this peer and its members. */
function wordsOf({ cluster, clock, isBanned }: State): readonly SignedBeacon[] {
  const own = cluster.ownWord();
  const theirs = cluster.words(wholeMinutes(clock.now()));
  const words = theirs.filter(({ publicKey }) => !isBanned(peerIdFromPublicKey(publicKey)));
  return equalBytes(own.says.model, NONE) ? words : [own, ...words];
}

/** Half of them have something new. */
function isDue(state: State): boolean {
  const words = wordsOf(state);
  const fresh = words.filter(({ says }) => !state.released.has(keyOf(says.model)));
  return words.length >= LEAST_MEMBERS && 2 * fresh.length >= words.length;
}

async function speakAlone({ gateway }: State, { announcement }: Published): Promise<void> {
  gateway.toldOutside = announcement;
  await gateway.border.tellOutside(announcement);
}

async function release(state: State): Promise<void> {
  const gathered = await Promise.all(wordsOf(state).map((word) => partOf(state, word)));
  const parts = gathered.filter((part) => part !== undefined);
  if (parts.length < LEAST_MEMBERS || !mayGather(state) || state.signal.aborted) return;
  parts.sort((a, b) => compareBytes(a.word.publicKey, b.word.publicKey)); // the order of the median
  await publish(state, parts);
}

/** What a member has given its word for; undefined where it cannot be had, or is no model. */
async function partOf(state: State, word: SignedBeacon): Promise<Part | undefined> {
  const { own, subject, held, identity } = state;
  const { model } = word.says;
  if (equalBytes(word.publicKey, identity.publicKey)) {
    if (own === undefined || !equalBytes(own.encoded.hash, model)) return undefined;
    return { word, body: own.encoded.body, params: own.encoded.received };
  }
  try {
    const body = held.get(keyOf(model))?.bytes ?? (await pulled(state, word));
    return { word, body, params: validateBody(body, subject.codec, Number.MAX_VALUE) }; // the median bounds the rest
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return undefined;
  }
}

function pulled({ transport, crypto, clock, subject, signal }: State, word: SignedBeacon): Promise<Uint8Array> {
  const member = peerIdFromPublicKey(word.publicKey);
  const { names, codec } = subject;
  const options = { hash: word.says.model, maxBytes: codec.maxBytes, signal };
  return pullBlob({ transport, crypto, clock }, member, names.blob, options);
}

async function publish(state: State, parts: readonly Part[]): Promise<void> {
  const { aggregator, log, identity, hashOf, subject, crypto, publications } = state;
  const { task, taskId, codec, shared } = subject;
  const median = await clusterMedian(
    aggregator,
    parts.map(({ params }) => params),
  );
  const body = codec.encode(median);
  const words = parts.map(({ word }) => word);
  const mass = parts.length;
  const says = { model: crypto.sha256(body), age: medianAge(words), bytes: body.length };
  const made = { codec: task.codec, mechanism: CLUSTER, shared, trained: hashOf(median) };
  const cohort = encodeClusterCertificate(words);
  const { entry, announcement } = await state.inTurn(async () => {
    const [entry] = await log.append([{ type: "publish", body: { ...says, ...made, mass, cohort } }]);
    if (entry === undefined) throw new Error("an append of an entry returned none");
    return { entry, announcement: announce({ log, identity }, entry, { task: taskId, ...says, mass }) };
  });
  state.released = new Set(words.map(({ says: { model } }) => keyOf(model)));
  lend(state, [
    ...parts.map(({ word, body: bytes }) => ({ hash: word.says.model, bytes })),
    { hash: says.model, bytes: body },
  ]);
  state.gateway.toldOutside = announcement;
  await publications.announceMean({ hash: says.model, body, age: says.age, entry, announcement });
}

/** Served until three more releases came that were made without it: a slow member's model is in several. */
function lend({ shelf, lent, held }: State, blobs: readonly ArchivedBlob[]): void {
  for (const { hash, bytes } of blobs)
    if (!held.has(keyOf(hash))) held.set(keyOf(hash), { bytes, takeBack: shelf.lend(hash, bytes) });
  lent.push(blobs.map(({ hash }) => keyOf(hash)));
  if (lent.length > RELEASES_LENT) lent.shift();
  const wanted = new Set(lent.flat());
  for (const [key, { takeBack }] of held)
    if (!wanted.has(key)) {
      held.delete(key);
      takeBack();
    }
}
