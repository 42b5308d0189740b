/**
 * Members watch their gateway. Now and then a member reads the last entries of its gateway's log, from before the announced one to the end, and makes the newest release
 * again from the models that it names. It also does so when another member has come to name another gateway: so all look at what one finds out.
 *
 * A gateway whose release is another one has lied: this member reports it, and elects it no more. The evidence stays here; whoever has those models comes to the same
 * result. A gateway is not elected for a while where three looks in a row came to nothing: it does not show its log, or the models, or it has told its members of no
 * model of its own.
 */
import { bytesOf, equalBytes } from "../../base/bytes.ts";
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import type { Aggregator } from "../../base/learning-seams.ts";
import type { Rng } from "../../base/rng.ts";
import type { Clock, Crypto, PeerId, Transport } from "../../base/seams.ts";
import { CLUSTER, readClusterCertificate } from "../../gateway/certificate.ts";
import type { Cluster } from "../../gateway/cluster.ts";
import { type Entry, logIdOf, readEntry, signatureHolds } from "../../log/entry/entry.ts";
import { clusterMedian } from "../../task/cluster-median.ts";
import { decodeEntriesAnswer, encodeLogRequest, LOG_PROTOCOL } from "../../wire/log-messages.ts";
import { pullBlob } from "../inbound/pull-blob.ts";
import type { Reports } from "../reports.ts";
import type { Announced } from "../stages.ts";
import type { Subject } from "../subject.ts";
import type { Liars } from "./liars.ts";

export interface WatchComponents {
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly rng: Rng;
  readonly transport: Transport;
  readonly aggregator: Aggregator;
  readonly subject: Subject;
  readonly cluster: Pick<Cluster, "gateway" | "doubters" | "distrust">;
  readonly reports: Pick<Reports, "refused">;
  readonly liars: Pick<Liars, "add">;
}

export interface WatchOptions {
  readonly self: PeerId;
  readonly signal: AbortSignal;
  /** What an author announced last. */
  newest(author: PeerId): Announced | undefined;
}

/** One in so many merges of a member; and at once where a member names another gateway than before: it may have found out something. */
const EVERY = 4;

/** Looks in a row that came to nothing, after which there need be no lie: nobody has to elect who shows nothing. */
const MOST_UNSHOWN = 3;

/** For so long such a one is not elected: it may have been the network's fault, or that of a machine with too much to do. */
const UNSHOWN_MS = 600_000;

/** Merges in a row before which a gateway has told of no model of its own: it may be so much slower than its members. */
const MOST_UNHEARD = 32;

/** Entries that are read: some before the announced one, and all after it, a page at a time. A gateway that is slow itself releases many times from announcement to announcement inside. */
const READ_BEFORE = 16;
const PAGE = 64;
const MOST_PAGES = 8;

/** Looks at the gateway, where it is due; resolves when that is done. */
export type Watch = () => Promise<void>;

export function createWatch(components: WatchComponents, options: WatchOptions): Watch {
  const { cluster, liars, reports, rng } = components;
  const unshown: Unshown = { gateway: undefined, looks: 0, hasSeen: false, merges: 0 };
  let heeded: readonly PeerId[] = [];
  let isLooking = false;
  return async () => {
    const gateway = cluster.gateway();
    if (gateway === undefined || gateway === options.self) return;
    const doubters = cluster.doubters();
    const isTurn = rng.below(EVERY) === 0;
    const isDoubted = doubters.some((peer) => !heeded.includes(peer)); // until a look has come to something
    if (isLooking) return; // where the network is slow, one fault would be counted as often as it is looked
    if (unshown.gateway !== gateway) Object.assign(unshown, { gateway, looks: 0, hasSeen: false, merges: 0 });
    const announced = options.newest(gateway);
    let found: Found | undefined;
    if (announced === undefined) found = unheard(unshown);
    else if (isTurn || isDoubted) {
      isLooking = true;
      found = await look(components, options, { announced, unshown, isTurn }).finally(() => {
        isLooking = false;
      });
    }
    if (!isDoubted || unshown.hasSeen) heeded = doubters;
    if (found === undefined) return;
    unshown.gateway = undefined; // elected again one day, it begins anew
    reports.refused(gateway, "ERR_LOG_PROOF", `as a gateway: ${found.lie}`);
    cluster.distrust(gateway, found.isProved ? Number.POSITIVE_INFINITY : UNSHOWN_MS);
    if (found.isProved) await liars.add(gateway);
  };
}

/** Of one gateway: looks in a row that came to nothing, whether the last look came to something, and merges before which there was nothing to look at. */
interface Unshown {
  gateway: PeerId | undefined;
  looks: number;
  hasSeen: boolean;
  merges: number;
}

/** What is wrong with a gateway, and whether that is proved. */
interface Found {
  readonly lie: string;
  readonly isProved: boolean;
}

function unheard(unshown: Unshown): Found | undefined {
  if (++unshown.merges < MOST_UNHEARD) return undefined;
  return { lie: `it told its members of no model of its own in ${MOST_UNHEARD} merges`, isProved: false };
}

/** @param isTurn else another member doubts the gateway: then what cannot be had is not counted, or one fault of the network would go from member to member. */
async function look(
  components: WatchComponents,
  options: WatchOptions,
  {
    announced,
    unshown,
    isTurn,
  }: { readonly announced: Announced; readonly unshown: Unshown; readonly isTurn: boolean },
): Promise<Found | undefined> {
  unshown.hasSeen = false;
  try {
    const lie = await lieOf(components, options, announced);
    Object.assign(unshown, { looks: 0, hasSeen: true });
    return lie === undefined ? undefined : { lie, isProved: true };
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    if (!isTurn || ++unshown.looks < MOST_UNSHOWN) return undefined; // what cannot be had proves nothing
    return { lie: "it does not show what its releases are made of", isProved: false };
  }
}

/** What is wrong with the newest release; undefined where nothing is, or there is none. @throws HearsayError where something cannot be had. */
async function lieOf(
  components: WatchComponents,
  options: WatchOptions,
  announced: Announced,
): Promise<string | undefined> {
  const { subject, crypto, aggregator, transport, clock } = components;
  const { signal } = options;
  const { author, publicKey } = announced;
  const release = (await lastEntries(components, options, announced)).findLast(isRelease);
  if (release?.type !== "publish") return undefined;
  const { cohort, age, mass = 1, model, trained } = release.body;
  const claim = { task: subject.taskId, age, mass, publicKey, tsMs: release.tsMs };
  const members = cohort === undefined ? "nobody vouches for it" : readClusterCertificate(cohort, claim, crypto);
  if (typeof members === "string") return `the word of its members does not hold: ${members}`;
  const { codec, names } = subject;
  const models: Float32Array[] = [];
  for (const { says } of members) {
    const options = { hash: says.model, maxBytes: codec.maxBytes, signal };
    models.push(codec.decode(await pullBlob({ transport, crypto, clock }, author, names.blob, options)));
  }
  const median = await clusterMedian(aggregator, models);
  const isSame =
    equalBytes(crypto.sha256(codec.encode(median)), model) &&
    equalBytes(crypto.sha256(bytesOf(median)), trained ?? model);
  return isSame ? undefined : "its release is another one than the models of its members make";
}

function isRelease({ type, body }: Entry): boolean {
  return type === "publish" && (body as { readonly mechanism?: string }).mechanism === CLUSTER;
}

/** The entries from before the announced one to the last, each of which names the one before. @throws HearsayError where its author shows others, or no end of them. */
async function lastEntries(
  { transport, crypto, subject }: WatchComponents,
  { signal }: WatchOptions,
  { author, publicKey, generation, seq, entry }: Announced,
): Promise<readonly Entry[]> {
  const first = Math.max(0, seq + 1 - READ_BEFORE);
  const logId = logIdOf(publicKey, subject.taskId, crypto, generation);
  const entries: Entry[] = [];
  for (let pages = 0, size = Number.POSITIVE_INFINITY; first + entries.length < size; pages++) {
    if (pages === MOST_PAGES) throw new HearsayError("ERR_TOO_LARGE", `more than ${MOST_PAGES} pages of entries`);
    const request = encodeLogRequest({ what: "entries", logId, from: first + entries.length, limit: PAGE });
    const answer = decodeEntriesAnswer(await transport.request(author, LOG_PROTOCOL, request, { signal }));
    if (answer.entries.length === 0) break;
    entries.push(...answer.entries.slice(0, PAGE).map((signed) => readEntry(signed, crypto)));
    size = answer.size;
  }
  const isChain = entries.every((one, i) => i === 0 || equalBytes(one.prev, (entries[i - 1] as Entry).id));
  const named = entries[seq - first];
  const holds = named !== undefined && equalBytes(named.id, entry) && isChain;
  if (holds && entries.every((one) => signatureHolds(one, crypto, publicKey))) return entries;
  throw new HearsayError("ERR_LOG_CHAIN", "its entries are not those of the log that it announced");
}
