/**
 * A stage for liars: the real coalition and network, and in place of peers the bare ends of the wire, so that a test
 * says what the honest models are and sees what a liar publishes, announces and serves.
 */
import assert from "node:assert/strict";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { toHex, utf8 } from "../../../protocol/base/bytes.ts";
import type { RuleInput, Trainer } from "../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import type { Identity, Transport } from "../../../protocol/base/seams.ts";
import { numParams, type Task } from "../../../protocol/base/task.ts";
import { CODECS } from "../../../protocol/codec/registry.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { type Announcement, decodeAnnouncement, encodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import { openEnvelope } from "../../../protocol/wire/envelope.ts";
import {
  decodeBlobAnswer,
  decodeHelloAnswer,
  encodeBlobRequest,
  encodeHelloAnswer,
  encodeHelloRequest,
  HELLO_PROTOCOL,
  taskNames,
} from "../../../protocol/wire/messages.ts";
import type { Disguise } from "../../../sim/attacks/attack.ts";
import { createCoalition, type RecordingCoalition } from "../../../sim/attacks/coalition.ts";
import { ATTACKS } from "../../../sim/attacks/registry.ts";
import { constantLatency } from "../../../sim/network/conditions.ts";
import { createNetwork, type Network } from "../../../sim/network/network.ts";
import { createVirtualClock, type VirtualClock } from "../../../sim/seams/clock.ts";
import { blobTask } from "../../support/blobs.ts";

export const LATENCY_MS = 5;

export interface StageOptions {
  readonly honest?: number;
  readonly liars?: number;
  readonly task?: Task;
  readonly endMs?: number;
  readonly seed?: number;
  readonly aggregate?: (input: RuleInput) => Float32Array;
}

export interface Heard extends Announcement {
  readonly params: Float32Array;
}

export interface Stage {
  readonly task: Task;
  readonly d: number;
  readonly clock: VirtualClock;
  readonly network: Network;
  readonly coalition: RecordingCoalition;
  readonly honest: readonly Identity[];
  readonly disguises: readonly Disguise[];
  /** A model of the task that begins with these numbers and ends in zeros. */
  model(...values: number[]): Float32Array;
  /** An honest peer has trained. */
  train(honest: number, params: Float32Array, base?: Float32Array): void;
  /** The liar's peer trains from `params`; its own honest training would give `trained`. */
  publish(liar: number, request?: { params?: Float32Array; trained?: Float32Array }): Promise<Float32Array>;
  /** The liar's peer announces a model of its own. */
  announce(liar: number, announcement: { seq: number; age?: number }): Promise<void>;
  /** What an honest peer has heard so far, signatures checked, in order. */
  heard(honest: number): Announcement[];
  /** The newest that it heard from a liar, with the model pulled from it and checked against the hash. */
  pull(honest: number, liar: number): Promise<Heard | undefined>;
  /** The announcement in the answer to a greeting. */
  hello(honest: number, liar: number): Promise<Announcement | undefined>;
}

export function identityOf(name: string): Identity {
  return identityFromSeed(nodeCrypto.sha256(utf8(name)));
}

export function createStage(name: string, options: Record<string, unknown> = {}, setting: StageOptions = {}): Stage {
  const { honest: peers = 3, liars = 1, task = blobTask(), endMs = 60_000, seed = 1, aggregate = meanOf } = setting;
  const attack = ATTACKS.get(name);
  assert.ok(attack, `no attack ${name}`);
  const clock = createVirtualClock();
  const conditions = constantLatency(LATENCY_MS);
  const network = createNetwork({ clock, crypto: nodeCrypto, conditions, announcements: "neighbours" });
  const honest = Array.from({ length: peers }, (_, i) => identityOf(`honest ${i}`));
  const lying = Array.from({ length: liars }, (_, i) => identityOf(`liar ${i}`));
  const rng = createRng(seed);
  const coalition = createCoalition({ task, clock, crypto: nodeCrypto, network, rng, liars: lying, aggregate, endMs });
  const join = attack.join(coalition, options);
  const disguises = coalition.liars.map((liar) => join(liar));
  const taskId = nodeCrypto.sha256(encodeTask(task));
  const names = taskNames(taskId);
  const codec = CODECS.get(task.codec)?.forLayout({ tensors: task.tensors, task: toHex(taskId) });
  assert.ok(codec);
  const d = numParams(task);
  let trained = new Float32Array(d);

  const trainers = disguises.map((disguise) => {
    const trainer = { fit: async () => ({ params: trained, loss: 1 }) } as unknown as Trainer;
    return disguise.trainer?.(trainer) ?? trainer;
  });
  const ears = honest.map(({ peerId }) => {
    const transport = network.join(peerId);
    const heard: Announcement[] = [];
    transport.onAnnounce(names.announce, (_, sealed) => {
      const announcement = decodeAnnouncement(sealed);
      assert.ok(openEnvelope("announcement", sealed, nodeCrypto, announcement.publicKey), "a bad signature");
      heard.push(announcement);
      return { verdict: "accept" };
    });
    return { transport, heard };
  });
  const mouths = lying.map(({ peerId }, i): Transport => {
    const transport = disguises[i]?.transport?.(network.join(peerId)) ?? network.join(peerId);
    transport.onRequest(names.blob, () => {
      throw new Error("the honest peer has no body here");
    });
    transport.onRequest(HELLO_PROTOCOL, () => encodeHelloAnswer({ task: taskId, agent: "test" }));
    for (const { peerId: other } of honest) network.connect(peerId, other);
    return transport;
  });

  /** The answer to a request, whose messages take time. */
  async function ask(from: number, to: number, protocol: string, body: Uint8Array): Promise<Uint8Array> {
    const answer = (ears[from] as (typeof ears)[0]).transport.request((lying[to] as Identity).peerId, protocol, body);
    answer.catch(() => {});
    await clock.run(clock.now() + 3 * LATENCY_MS);
    return answer;
  }

  const stage: Stage = {
    task,
    d,
    clock,
    network,
    coalition,
    honest,
    disguises,
    model: (...values) => Float32Array.from({ length: d }, (_, i) => values[i] ?? 0),
    train: (i, params, base = new Float32Array(d)) =>
      coalition.record((honest[i] as Identity).peerId, { params, base }),
    async publish(liar, request = {}) {
      trained = (request.trained ?? new Float32Array(d)) as typeof trained;
      const params = request.params ?? new Float32Array(d);
      return (await (trainers[liar] as Trainer).fit({ params, steps: 5, seed: "s" })).params;
    },
    async announce(liar, { seq, age = 5 * seq }) {
      const hash = nodeCrypto.sha256(utf8(`${liar}/${seq}`));
      const log = { generation: 0, seq, entry: hash, root: hash, note: new Uint8Array(64) };
      const draft = { task: taskId, ...log, model: hash, bytes: codec.maxBytes, age, tsMs: clock.now() };
      const sealed = encodeAnnouncement(draft, lying[liar] as Identity);
      await (mouths[liar] as Transport).announce(names.announce, sealed);
      await clock.run(clock.now() + 2 * LATENCY_MS);
    },
    heard: (i) => ears[i]?.heard ?? [],
    async pull(i, liar) {
      await clock.run(clock.now() + 2 * LATENCY_MS);
      const announcement = stage.heard(i).findLast(({ author }) => author === lying[liar]?.peerId);
      if (announcement === undefined) return undefined;
      const request = encodeBlobRequest({ hash: announcement.model, offset: 0, maxBytes: 1e6 });
      const { chunk } = decodeBlobAnswer(await ask(i, liar, names.blob, request));
      assert.equal(toHex(nodeCrypto.sha256(chunk)), toHex(announcement.model));
      assert.equal(chunk.length, announcement.bytes);
      return { ...announcement, params: codec.decode(chunk) };
    },
    async hello(i, liar) {
      const answer = await ask(i, liar, HELLO_PROTOCOL, encodeHelloRequest({ task: taskId, agent: "test" }));
      const { announcement } = decodeHelloAnswer(answer);
      return announcement && decodeAnnouncement(announcement);
    },
  };
  return stage;
}

function meanOf({ own, candidates }: RuleInput): Float32Array {
  const all = [own, ...candidates.map(({ params }) => params)];
  return own.map((_, i) => all.reduce((sum, params) => sum + (params[i] as number), 0) / all.length);
}

/** Within float32 of each other. */
export function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs((actual[i] as number) - (expected[i] as number));
    assert.ok(error <= tolerance, `[${i}] is ${actual[i]}, not ${expected[i]}`);
  }
}

/** Mean and standard deviation. */
export function momentsOf(values: ArrayLike<number>): { mean: number; deviation: number } {
  const list = Array.from(values);
  const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
  return { mean, deviation: Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / list.length) };
}
