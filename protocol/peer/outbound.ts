/**
 * Outbound half of the loop: train H steps -> encode -> log -> announce.
 *
 * Each step takes what the step before returns, so that none can be skipped. What is published is the trained model *before*
 * aggregation: publishing the aggregate freezes every median-like rule at the common initial model (1.3 of the design notes;
 * regression test in test/protocol/peer/first-cycle.test.ts).
 */
import { LIMITS } from "../limits.ts";
import type { Entry } from "../log/entry.ts";
import { encodeAnnouncement } from "../wire/announcement.ts";
import type { BlobShelf } from "./blobs.ts";
import type { PeerContext } from "./context.ts";
import { euclideanNorm } from "./validate.ts";

/** The model between two trainings. */
export interface ModelState {
  readonly params: Float32Array;
  /** SGD steps in the lineage. */
  readonly age: number;
}

/** A model after its local training. */
export interface Trained extends ModelState {
  /** The model before it. */
  readonly base: Float32Array;
  readonly steps: number;
}

interface Encoded extends Trained {
  readonly body: Uint8Array;
  readonly hash: Uint8Array;
}

export interface Outbound {
  /** One local training; undefined if it diverged, which is counted. */
  train(state: ModelState, cycle: number): Promise<Trained | undefined>;
  /** Encodes, logs and announces; served from the moment that the log entry is on disk. */
  publish(trained: Trained): Promise<void>;
  /** The newest announcement, for hellos. */
  latest(): Uint8Array | undefined;
}

/** @param published hears of an entry before others hear of it. */
export function createOutbound(
  context: PeerContext,
  shelf: BlobShelf,
  published: (entry: Entry) => void = () => {},
): Outbound {
  const { task, taskId, crypto, clock, identity, trainer, transport, log, hashOf } = context;
  let latest: Uint8Array | undefined;

  async function train(state: ModelState, cycle: number): Promise<Trained | undefined> {
    const { steps } = task.training;
    const startedMs = clock.monotonicMs();
    const seed = `${task.seed}/${identity.peerId}/${state.age}/${cycle}`;
    const { params, loss } = await trainer.fit({ params: state.params, steps, seed });
    if (!Number.isFinite(euclideanNorm(params))) {
      context.counters.diverged++;
      context.observe?.({ kind: "diverged", cycle });
      return undefined;
    }
    const age = Math.min(state.age + steps, LIMITS.maxAge); // liars may have lifted it
    context.observe?.({ kind: "trained", cycle, age, loss, trainMs: clock.monotonicMs() - startedMs });
    return { params, age, steps, base: state.params };
  }

  function encode(trained: Trained): Encoded {
    const body = context.codec.encode(trained.params);
    return { ...trained, body, hash: crypto.sha256(body) };
  }

  async function publish(trained: Trained): Promise<void> {
    const { base, params, age, steps, body, hash } = encode(trained);
    const entries = await log.append([
      {
        type: "train",
        body: {
          in: hashOf(base),
          out: hashOf(params),
          steps,
          age,
          engine: trainer.engine,
        },
      },
      { type: "publish", body: { model: hash, age, bytes: body.length, codec: task.codec } },
    ]);
    const entry = entries.at(-1);
    if (entry === undefined) throw new Error("an append returned no entry");
    const { generation, root, signature: note } = log.state();
    const { seq, id, tsMs } = entry;
    shelf.rotate(hash, body);
    published(entry);
    latest = encodeAnnouncement(
      { task: taskId, generation, seq, entry: id, root, note, model: hash, bytes: body.length, age, tsMs },
      identity,
    );
    context.counters.published++;
    context.observe?.({ kind: "published", model: hash, age, bytes: body.length });
    await transport.announce(context.names.announce, latest);
  }

  return { train, publish, latest: () => latest };
}
