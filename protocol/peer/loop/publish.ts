/**
 * Stage Published: the training and its publication stand in the log, and an announcement of them is sealed.
 *
 * What is published is the trained model *before* aggregation: publishing the aggregate freezes every median-like rule at the common initial
 * model (regression test in test/protocol/peer/loop/first-cycle.test.ts).
 */

import type { Identity } from "../../base/seams.ts";
import type { Log } from "../../log/stored/chain.ts";
import { encodeAnnouncement } from "../../wire/announcement.ts";
import { type Encoded, type Published, published } from "../stages.ts";
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
  const { base, params, steps, age, moved } = released.trained;
  const trained = hashOf(params);
  const bytes = body.length;
  const between = moved && ([hashOf(moved.began), hashOf(moved.ended)] as const);
  const privacy = ledger?.statement() ?? null;
  const training = { in: hashOf(base), out: trained, steps, age, engine, privacy };
  const [, entry] = await log.append([
    { type: "train", body: { ...training, ...(between && { moved: between }) } },
    { type: "publish", body: { model: hash, age, bytes, codec, mechanism, shared, mass, trained } },
  ]);
  ledger?.published();
  if (entry === undefined) throw new Error("an append of two entries returned fewer");
  const { generation, root, signature: note } = log.state();
  const { seq, id, tsMs } = entry;
  const place = { task: taskId, generation, seq, entry: id, root, note, tsMs };
  const spent = privacy && { spent: privacy.spent };
  const announcement = encodeAnnouncement({ ...place, model: hash, bytes, age, mass, ...spent }, identity);
  return published(encoded, { entry, trained, announcement, ...(between && { moved: between }) });
}
