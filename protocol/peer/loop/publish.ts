/**
 * Stage Published: the training and its publication stand in the log, and an announcement of them is sealed.
 *
 * What is published is the trained model *before* aggregation: publishing the aggregate freezes every median-like rule at the common initial
 * model (regression test in test/protocol/peer/loop/first-cycle.test.ts).
 */

import type { Identity } from "../../base/seams.ts";
import type { PrivacyStatement, Statement } from "../../log/entry/bodies.ts";
import type { Entry } from "../../log/entry/entry.ts";
import type { Log } from "../../log/stored/chain.ts";
import { type AnnouncementDraft, encodeAnnouncement } from "../../wire/announcement.ts";
import { type Encoded, type Published, published, type Trained } from "../stages.ts";
import type { Ledger } from "./ledger.ts";

export interface PublishComponents {
  readonly log: Log;
  readonly identity: Identity;
  /** SHA-256 of a parameter vector. */
  readonly hashOf: (params: Float32Array) => Uint8Array;
  /** Left out where no budget is spent. */
  readonly ledger?: Pick<Ledger, "statement" | "published"> | undefined;
}

export interface PublishedUnder {
  readonly taskId: Uint8Array;
  /** The engine that trained. */
  readonly engine: string;
}

/** On disk when it resolves. */
export async function publish(
  { log, identity, hashOf, ledger }: PublishComponents,
  encoded: Encoded,
  { taskId, engine }: PublishedUnder,
): Promise<Published> {
  const { released, body, hash, codec } = encoded;
  const { mechanism, shared, mass } = released;
  const { age } = released.trained;
  const training = trainingOf(released.trained, { hashOf, engine, privacy: ledger?.statement() ?? null });
  const { out: trained, moved: between } = training.body;
  const bytes = body.length;
  const [, entry] = await log.append([
    training,
    { type: "publish", body: { model: hash, age, bytes, codec, mechanism, shared, mass, trained } },
  ]);
  if (entry === undefined) throw new Error("an append of two entries returned fewer");
  ledger?.published(entry.id);
  const { privacy } = training.body;
  const spent = privacy && { spent: privacy.spent };
  const says = { task: taskId, model: hash, bytes, age, mass, ...spent };
  const announcement = announce({ log, identity }, entry, says);
  return published(encoded, { entry, trained, announcement, ...(between && { moved: between }) });
}

/** What the log says of a training. */
export function trainingOf(
  { base, params, steps, age, moved }: Trained,
  {
    hashOf,
    engine,
    privacy,
  }: Pick<PublishComponents, "hashOf"> & { readonly engine: string; readonly privacy: PrivacyStatement | null },
): Statement<"train"> {
  const between = moved && ([hashOf(moved.began), hashOf(moved.ended)] as const);
  const training = { in: hashOf(base), out: hashOf(params), steps, age, engine, privacy };
  return { type: "train", body: { ...training, ...(between && { moved: between }) } };
}

/** The sealed announcement of the log's last entry, by which a model was published. */
export function announce(
  { log, identity }: Pick<PublishComponents, "log" | "identity">,
  { seq, id, tsMs }: Entry,
  says: Pick<AnnouncementDraft, "task" | "model" | "bytes" | "age" | "mass" | "spent">,
): Uint8Array {
  const { generation, root, signature: note } = log.state();
  return encodeAnnouncement({ ...says, generation, seq, entry: id, root, note, tsMs }, identity);
}
