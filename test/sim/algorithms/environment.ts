/** A small world for baselines: blobs, devices of given speed, a network that tests may disturb. Same options, same bytes. */
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { utf8 } from "../../../protocol/base/bytes.ts";
import type { FitRequest, Trainer } from "../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import type { PeerId } from "../../../protocol/base/seams.ts";
import { numParams, type Task } from "../../../protocol/base/task.ts";
import { selectRows } from "../../../protocol/learn/data/dataset.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { createSimulatedDraws } from "../../../protocol/privacy/draws.ts";
import type { Algorithm, Environment, Learner, Merge } from "../../../sim/algorithms/algorithm.ts";
import { HEADER_BYTES } from "../../../sim/algorithms/message.ts";
import { type Conditions, constantLatency } from "../../../sim/network/conditions.ts";
import { createNetwork } from "../../../sim/network/network.ts";
import type { Scenario } from "../../../sim/run/scenario.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import { blobs, blobTask } from "../../support/blobs.ts";

export interface BaselineOptions {
  readonly peers?: number;
  readonly seed?: number;
  /** Virtual seconds that the run lasts; the median device trains in one. */
  readonly seconds?: number;
  readonly trainMs?: (index: number) => number;
  readonly rows?: (index: number) => number;
  readonly honest?: (index: number) => boolean;
  readonly links?: (a: number, b: number) => boolean;
  /** By number; the server of fedavg has number -1. */
  readonly loses?: (from: number, to: number) => boolean;
}

export interface Fit {
  readonly index: number;
  readonly atMs: number;
  readonly request: FitRequest;
  readonly params: Float32Array;
}

export interface Run {
  readonly environment: Environment;
  readonly task: Task;
  readonly ids: readonly PeerId[];
  readonly initial: Float32Array;
  readonly learners: readonly Learner[];
  /** Of one model on the wire. */
  readonly messageBytes: number;
  /** In the order in which they ended. */
  readonly fits: readonly Fit[];
  readonly merges: readonly Merge[];
  readonly trained: readonly PeerId[];
  /** Runs until the end, or until that many milliseconds from the start. */
  until(ms?: number): Promise<void>;
  /** As the surroundings do: closes or opens all links of a device. */
  off(index: number): void;
  on(index: number): Promise<void>;
}

/** 20 ms of latency, one second per training and a complete graph, where the options say nothing else. */
export async function start(
  algorithm: Algorithm,
  given: Readonly<Record<string, unknown>> = {},
  options: BaselineOptions = {},
): Promise<Run> {
  const { peers = 6, seed = 1, seconds = 10, trainMs = () => 1000, rows = () => 20, links = () => true } = options;
  const task = blobTask({ seed });
  const clock = createVirtualClock();
  const identities = Array.from({ length: peers }, (_, i) =>
    identityFromSeed(nodeCrypto.sha256(utf8(`baseline ${seed} ${i}`))),
  );
  const ids = identities.map(({ peerId }) => peerId);
  const steady = constantLatency(20);
  const conditions: Conditions = {
    ...steady,
    transitMs: (from, to, bytes) =>
      options.loses?.(ids.indexOf(from), ids.indexOf(to)) ? undefined : steady.transitMs(from, to, bytes),
  };
  const network = createNetwork({ clock, crypto: nodeCrypto, conditions, announcements: "neighbours" });

  const counts = ids.map((_, i) => rows(i));
  const all = blobs(
    counts.reduce((sum, n) => sum + n, 0),
    seed,
  );
  let dealt = 0;
  const fits: Fit[] = [];
  const participants = identities.map((identity, index) => {
    const first = dealt;
    dealt += counts[index] as number;
    const data = selectRows(
      all,
      Array.from({ length: dealt - first }, (_, i) => first + i),
    );
    const trainer = createDenseTrainer({ task, train: data });
    const recorded: Trainer = {
      ...trainer,
      async fit(request) {
        const result = await trainer.fit(request);
        fits.push({ index, atMs: clock.now(), request, params: result.params });
        return result;
      },
    };
    const device = { trainMs: () => trainMs(index) };
    const draws = createSimulatedDraws(createRng(index));
    return { index, identity, device, data, draws, trainer: recorded, honest: options.honest?.(index) ?? true };
  });

  const merges: Merge[] = [];
  const trained: PeerId[] = [];
  const endMs = 1000 * seconds;
  const environment: Environment = {
    scenario: { devices: { cycleSeconds: 1 } } as Scenario, // all that baselines read of it
    task,
    clock,
    crypto: nodeCrypto,
    network,
    participants,
    pooled: createDenseTrainer({ task, train: all, holdout: blobs(300, seed + 1000) }),
    rng: createRng(`baselines/${seed}`),
    endMs,
    coalition: undefined,
    isHere: () => true,
    observer: { merged: (merge) => void merges.push(merge), trained: (peer) => void trained.push(peer) },
  };
  const parsed = algorithm.options.parse(given) as Readonly<Record<string, unknown>>;
  const learners = await algorithm.start(environment, parsed);

  function eachLink(index: number, act: (a: PeerId, b: PeerId) => void): void {
    for (const [other, id] of ids.entries()) if (other !== index && links(index, other)) act(ids[index] as PeerId, id);
  }
  for (const index of ids.keys()) eachLink(index, network.connect);

  return {
    environment,
    task,
    ids,
    initial: initialParams(task.tensors, task.seed),
    learners,
    messageBytes: HEADER_BYTES + 4 * numParams(task),
    fits,
    merges,
    trained,
    until: (ms = endMs) => clock.run(ms),
    off(index) {
      eachLink(index, network.disconnect);
      learners[index]?.off?.();
    },
    async on(index) {
      await learners[index]?.on?.();
      eachLink(index, network.connect);
    },
  };
}

/** Mean accuracy of all learners on data that none has. */
export async function meanAccuracy({ learners, environment }: Run): Promise<number> {
  let sum = 0;
  for (const learner of learners)
    sum += (await environment.pooled.evaluate(learner.model(), "holdout")).accuracy as number;
  return sum / learners.length;
}
