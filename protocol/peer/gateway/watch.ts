/**
 * Members watch their gateway: now and then one reads the last entries of its log, around the announced one, and makes its newest release again from the
 * models that it names. A gateway whose release is another one is told of, and elected by this member no more. The evidence stays here: who has those models comes
 * to the same result.
 */
import { bytesOf, equalBytes } from "../../base/bytes.ts";
import { isHearsayError } from "../../base/errors.ts";
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
  readonly cluster: Pick<Cluster, "gateway" | "distrust">;
  readonly reports: Pick<Reports, "refused">;
  readonly liars: Pick<Liars, "add">;
}

export interface WatchOptions {
  readonly self: PeerId;
  readonly signal: AbortSignal;
  /** What an author announced last. */
  newest(author: PeerId): Announced | undefined;
}

/** One in so many merges of a member. */
const EVERY = 4;

/** Looks in a row that came to nothing, after which there need be no lie: nobody has to elect who shows nothing. */
const MOST_UNSHOWN = 3;

/** Entries that are read, up to the announced one and after it: a gateway that is slow itself releases many times from announcement to announcement inside. */
const READ_BEFORE = 16;
const READ_AFTER = 48;

/** Looks at the gateway, where it is due; resolves when that is done. */
export type Watch = () => Promise<void>;

export function createWatch(components: WatchComponents, options: WatchOptions): Watch {
  const { cluster, liars, reports, rng } = components;
  let unshown = 0;
  return async () => {
    const gateway = cluster.gateway();
    if (gateway === undefined || gateway === options.self || rng.below(EVERY) !== 0) return;
    const announced = options.newest(gateway);
    if (announced === undefined) return;
    let lie: string | undefined;
    let isProved = true;
    try {
      lie = await lieOf(components, options, announced);
      unshown = 0;
    } catch (error) {
      if (!isHearsayError(error)) throw error;
      if (++unshown < MOST_UNSHOWN) return; // what cannot be had proves nothing
      isProved = false;
      lie = "it does not show what its releases are made of";
    }
    if (lie === undefined) return;
    reports.refused(gateway, "ERR_LOG_PROOF", `as a gateway: ${lie}`);
    cluster.distrust(gateway);
    if (isProved) await liars.add(gateway);
  };
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

/** The entries around the announced one, each of which names the one before; none where its author shows others. */
async function lastEntries(
  { transport, crypto, subject }: WatchComponents,
  { signal }: WatchOptions,
  { author, publicKey, generation, seq, entry }: Announced,
): Promise<readonly Entry[]> {
  const from = Math.max(0, seq + 1 - READ_BEFORE);
  const logId = logIdOf(publicKey, subject.taskId, crypto, generation);
  const limit = seq + 1 - from + READ_AFTER;
  const request = encodeLogRequest({ what: "entries", logId, from, limit });
  const answer = decodeEntriesAnswer(await transport.request(author, LOG_PROTOCOL, request, { signal }));
  const entries = answer.entries.slice(0, limit).map((signed) => readEntry(signed, crypto));
  const isChain = entries.every((one, i) => i === 0 || equalBytes(one.prev, (entries[i - 1] as Entry).id));
  const named = entries[seq - from];
  if (named === undefined || !equalBytes(named.id, entry) || !isChain) return [];
  return entries.every((one) => signatureHolds(one, crypto, publicKey)) ? entries : [];
}
