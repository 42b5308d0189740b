/** A gateway with leaves behind a LoRa link that loses frames, in virtual time; and the same leaf in C. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { plainAggregator } from "../../../protocol/aggregate/registry.ts";
import { fromHex, toHex } from "../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import type { Trainer } from "../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { airtimeMs, silenceMs } from "../../../protocol/leaf/airtime.ts";
import { createRadio } from "../../../protocol/leaf/duty-cycle.ts";
import { decodeLeafFrame, encodeLeafFrame } from "../../../protocol/leaf/frames.ts";
import { withLeaves } from "../../../protocol/leaf/leaf-trainer.ts";
import { createLeaves, type LeafRecord, type LeafRecords } from "../../../protocol/leaf/leaves.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import { blobTask } from "../../support/blobs.ts";
import { createLoraLink } from "../../support/lora.ts";
import { findProgram, withoutProgram } from "../../support/program.ts";

const PARAMS = 16;
const task = nodeCrypto.sha256(new Uint8Array(1));
const keyOf = (leaf: number) => nodeCrypto.sha256(Uint8Array.of(leaf));

function recordsOf(leaves: number): LeafRecords & { readonly all: Map<number, LeafRecord> } {
  const all = new Map<number, LeafRecord>();
  for (let leaf = 0; leaf < leaves; leaf++) all.set(leaf, { key: keyOf(leaf), heard: 0, told: 0, withheld: 0 });
  return {
    all,
    get: async (leaf) => all.get(leaf),
    count: async (leaf, counters) => void all.set(leaf, { key: keyOf(leaf), ...counters }),
    size: async () => all.size,
  };
}

function updateOf(leaf: number, counter: number, round: number, values = new Float32Array(PARAMS)): Uint8Array {
  return encodeLeafFrame("update", { leaf, counter, round, values }, { key: keyOf(leaf), task }, nodeCrypto);
}

async function codeOf(asked: Promise<unknown>): Promise<string> {
  return asked.then(
    () => "",
    (error: unknown) => (isHearsayError(error) ? error.code : String(error)),
  );
}

/** A gateway without rows of its own: its training changes nothing. */
const idle = { numExamples: 0, fit: async ({ params }) => ({ params, loss: 0 }) } as Pick<Trainer, "fit"> as Trainer;

/** What the leaves' sensors show: y = w x + b, and noise. */
const truth = Float32Array.from({ length: PARAMS }, (_, i) => Math.sin(i + 1));
const rowOf = (rng: ReturnType<typeof createRng>) => {
  const x = Array.from({ length: PARAMS - 1 }, () => rng.normal());
  const y = x.reduce((sum, one, i) => sum + one * (truth[i] as number), truth[PARAMS - 1] as number);
  return { x, y: y + 0.05 * rng.normal() };
};

function learn(params: Float32Array, rng: ReturnType<typeof createRng>, rows: number): void {
  for (let row = 0; row < rows; row++) {
    const { x, y } = rowOf(rng);
    const error = x.reduce((sum, one, i) => sum + one * (params[i] as number), params[PARAMS - 1] as number) - y;
    for (const [i, one] of [...x, 1].entries()) params[i] = (params[i] as number) - 0.05 * error * one;
  }
}

const distance = (params: Float32Array) =>
  Math.sqrt(params.reduce((sum, value, i) => sum + (value - (truth[i] as number)) ** 2, 0));

describe("a gateway with leaves", () => {
  it("takes each frame once, in any case after its counter is on disk, also after a restart", async () => {
    const records = recordsOf(1);
    const leaves = createLeaves({ records, crypto: nodeCrypto }, { task, params: PARAMS });
    leaves.offer(new Float32Array(PARAMS));
    const frame = updateOf(0, 5, 1);
    const [first, again] = await Promise.all([codeOf(leaves.receive(frame)), codeOf(leaves.receive(frame))]);
    assert.deepEqual([first, again], ["", "ERR_REPLAYED"]);
    assert.equal(await codeOf(leaves.receive(updateOf(0, 4, 1))), "ERR_REPLAYED");
    const restarted = createLeaves({ records, crypto: nodeCrypto }, { task, params: PARAMS });
    assert.equal(await codeOf(restarted.receive(frame)), "ERR_REPLAYED");
    assert.equal(await codeOf(restarted.receive(updateOf(0, 6, 1))), "");
    assert.equal(await codeOf(restarted.receive(updateOf(7, 1, 1))), "ERR_NOT_FOUND");
    assert.equal(await codeOf(restarted.receive(new Uint8Array(3))), "ERR_NOT_FOUND");
    const full = { ...records, count: () => Promise.reject(new Error("the disk is full")) };
    const failing = createLeaves({ records: full, crypto: nodeCrypto }, { task, params: PARAMS });
    failing.offer(new Float32Array(PARAMS));
    assert.match(await codeOf(failing.receive(updateOf(0, 9, 1))), /disk is full/);
    assert.deepEqual(await failing.take(), [], "what is not counted has no effect");
  });

  it("answers who has an older model, and takes no update of a model that it has forgotten", async () => {
    const leaves = createLeaves({ records: recordsOf(1), crypto: nodeCrypto }, { task, params: PARAMS });
    for (let round = 1; round <= 10; round++) leaves.offer(new Float32Array(PARAMS).fill(round));
    const answer = await leaves.receive(updateOf(0, 1, 1, new Float32Array(PARAMS).fill(1)));
    assert.ok(answer);
    const { round, values } = decodeLeafFrame("model", answer, PARAMS, { key: keyOf(0), task }, nodeCrypto);
    assert.deepEqual([round, values[3]?.toFixed(3)], [10, "10.000"]);
    assert.deepEqual(await leaves.take(), []);
    assert.equal(await leaves.receive(updateOf(0, 2, 10)), undefined);
    assert.equal((await leaves.take()).length, 1);
  });

  it("sends for no more than its share of the time, at the rate at which the leaf listens, and answers who asks again", async () => {
    const clock = createVirtualClock();
    const radio = createRadio(clock, { dutyCycle: 0.01, spreadingFactor: 12, headerBytes: 13 });
    const leaves = createLeaves({ records: recordsOf(2), crypto: nodeCrypto, radio }, { task, params: PARAMS });
    leaves.offer(new Float32Array(PARAMS));
    const asks = [0, 0];
    const nextOf = (leaf: 0 | 1) => {
      asks[leaf] = (asks[leaf] as number) + 1;
      return asks[leaf];
    };
    const isAnswered = async (leaf: 0 | 1, spreadingFactor?: number) =>
      (await leaves.receive(updateOf(leaf, nextOf(leaf), 0), spreadingFactor)) !== undefined;
    assert.ok(await isAnswered(0, 7));
    assert.equal(await isAnswered(1, 7), false, "the radio is silent");
    const airMs = airtimeMs(45 + 13, { spreadingFactor: 7 });
    await clock.run(clock.now() + 99 * airMs - 1);
    assert.equal(await isAnswered(1, 7), false);
    await clock.run(clock.now() + airMs + 2);
    assert.ok(await isAnswered(1), "and its counter was not used up");
    await clock.run(clock.now() + 60_000);
    assert.equal(await isAnswered(0), false, "an answer at 12 takes longer");
  });

  for (const liars of [0, 1])
    it(`learns from eight leaves at SF 9, a third of whose frames are lost, ${liars} of them lying; nobody speaks for more than 1 % of the time`, async () => {
      const clock = createVirtualClock();
      const rng = createRng(`lora/${liars}`);
      const leaves = createLeaves({ records: recordsOf(8), crypto: nodeCrypto }, { task, params: PARAMS });
      const link = createLoraLink({
        ...{ clock, rng: rng.fork("link"), loss: 0.33, dutyCycle: 0.01, headerBytes: 13 },
        settings: { spreadingFactor: 9 },
        hear: (frame) => leaves.receive(frame).catch(() => undefined),
      });
      const trainer = withLeaves(idle, leaves, plainAggregator, blobTask());
      let model: Float32Array = new Float32Array(PARAMS);
      leaves.offer(model);
      const everyMinute = () => {
        void trainer.fit({ params: model, steps: 1, seed: "" }).then(({ params }) => {
          model = params;
        });
        clock.after(60_000, everyMinute);
      };
      everyMinute();
      for (let leaf = 0; leaf < 8; leaf++) startLeaf(leaf, leaf < liars);
      function startLeaf(leaf: number, lies: boolean): void {
        const [own, seal] = [rng.fork(`leaf/${leaf}`), { key: keyOf(leaf), task }];
        let [base, round, counter] = [new Float32Array(PARAMS) as Float32Array, 0, 0];
        const speak = () => {
          const params = base.slice();
          learn(params, own, 20);
          const values = params.map((value, i) => (lies ? -9 : 1) * (value - (base[i] as number)));
          const frame = encodeLeafFrame("update", { leaf, counter: ++counter, round, values }, seal, nodeCrypto, () =>
            own.uniform(),
          );
          link.send(leaf, frame, (bytes) => {
            const told = decodeLeafFrame("model", bytes, PARAMS, seal, nodeCrypto);
            [base, round] = [told.values, told.round];
          });
          clock.after(30_000 + 60_000 * own.uniform(), speak);
        };
        clock.after(60_000 * own.uniform(), speak);
      }
      const hours = 6;
      await clock.run(hours * 3_600_000);
      assert.ok(link.counts.lost > 300, JSON.stringify(link.counts));
      const airMs = airtimeMs(45 + 13, { spreadingFactor: 9 });
      for (const [sender, onAirMs] of link.onAirMs)
        assert.ok(onAirMs <= 0.01 * hours * 3_600_000 + airMs, `${sender}: ${onAirMs} ms`);
      const [before, now] = [distance(new Float32Array(PARAMS)), distance(model)];
      assert.ok(now < 0.1 * before, `${now} of ${before}, ${JSON.stringify(link.counts)}`);
    });
});

const cc = findProgram("cc", "gcc", "clang");

describe("the leaf in C", { skip: withoutProgram(cc, "C compiler") }, () => {
  const source = join(import.meta.dirname, "../../../node/clients/c/leaf.c");
  const folder = mkdtempSync(join(tmpdir(), "hearsay-leaf-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, "leaf");
  const run = (lines: readonly string[]) => {
    const ended = spawnSync(program, ["3", toHex(keyOf(3)), toHex(task)], { input: `${lines.join("\n")}\n` });
    assert.equal(ended.status, 0);
    return ended.stdout.toString().trim().split("\n");
  };

  it("has at most 200 lines, and compiles without a warning", () => {
    assert.ok(readFileSync(source, "utf8").split("\n").length <= 201);
    const options = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1"];
    const made = spawnSync(cc as string, [...options, "-o", program, source, "-lm"]);
    assert.equal(made.stderr.toString(), "");
  });

  it("takes a model once, and none that is forged or another's; its update is understood, and it says how long to be silent afterwards", () => {
    const seal = { key: keyOf(3), task };
    const values = truth.map((value) => value / 2);
    const model = (leaf: number, counter: number, key = keyOf(3)) =>
      toHex(encodeLeafFrame("model", { leaf, counter, round: 4, values }, { ...seal, key }, nodeCrypto));
    const rng = createRng("c");
    const rows = Array.from({ length: 200 }, () => rowOf(rng)).map(({ x, y }) => `r ${[...x, y].join(" ")}`);
    const forged = `${model(3, 9).slice(0, 40)}00${model(3, 9).slice(42)}`;
    const said = run([
      ...[`m ${model(3, 1)}`, `m ${model(3, 1)}`, `m ${model(4, 2)}`, `m ${model(3, 2, keyOf(4))}`, `m ${forged}`],
      ...[...rows, "u", "u"],
    ]);
    assert.deepEqual(said.slice(0, 5), ["taken", "refused", "refused", "refused", "refused"]);
    const [hex = "", air, silence] = (said[5] ?? "").split(" ");
    const update = decodeLeafFrame("update", fromHex(hex) as Uint8Array, PARAMS, seal, nodeCrypto);
    assert.deepEqual([update.leaf, update.counter, update.round], [3, 1, 4]);
    const airMs = airtimeMs(37, { spreadingFactor: 9 });
    assert.equal(air, airMs.toFixed(1));
    const silentMs = silenceMs(airMs, 0.01);
    assert.ok(Math.abs(Number(silence) - silentMs) <= 1, `${silence} ms of silence, where ${silentMs} are due`);
    const told = decodeLeafFrame("model", fromHex(model(3, 1)) as Uint8Array, PARAMS, seal, nodeCrypto).values;
    const learned = told.map((value, i) => value + (update.values[i] as number));
    assert.ok(distance(learned) < 0.35 * distance(told), `${distance(learned)} of ${distance(told)}`);
  });
});
