import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { utf8 } from "../../../protocol/base/bytes.ts";
import type { Trainer } from "../../../protocol/base/learning-seams.ts";
import type { Transport } from "../../../protocol/base/seams.ts";
import type { Task } from "../../../protocol/base/task.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { BLOB_FEATURES, blobs, blobTask } from "../../support/blobs.ts";
import { contentOf, createCrowd } from "../../support/crowd.ts";
import { observed } from "../../support/transports.ts";

/** Two numbers side by side in every row that no training makes up by chance. */
const CANARY = [1.2345679, -0.98765432];
const MEAN = 0.25;
const STD = 2;
const INPUT = { shape: [BLOB_FEATURES], mean: MEAN, std: STD };
const task = blobTask({ input: INPUT });

/** A task of each kind whose peers say something that others do not. */
const PRIVATE_TASKS: Readonly<Record<string, Task>> = {
  "dp-sgd": blobTask({
    input: INPUT,
    privacy: { mechanism: "dp-sgd", clipNorm: 1, noiseMultiplier: 1.2, maxEpsilon: 50 },
  }),
  "gaussian-update": blobTask({
    input: INPUT,
    privacy: { mechanism: "gaussian-update", clipNorm: 0.1, noiseMultiplier: 1.2, maxEpsilon: 50 },
  }),
  cohorts: blobTask({
    input: INPUT,
    aggregation: { quorum: 2 },
    privacy: { cohort: { size: 3, minimum: 3 } },
  }),
  "dp-sgd in cohorts": blobTask({
    input: INPUT,
    aggregation: { quorum: 2 },
    privacy: { mechanism: "dp-sgd", clipNorm: 1, noiseMultiplier: 1.2, maxEpsilon: 50, cohort: { size: 3 } },
  }),
};

/** The canary as it could leave: raw or normalised, float32 or float64 of either order of bytes, or text. */
const FORMS: readonly Buffer[] = [CANARY, CANARY.map((value) => (value - MEAN) / STD)].flatMap(([a = 0, b = 0]) => {
  const views = [
    new Float32Array([a, b]),
    new Float64Array([a, b]),
    new Float64Array([Math.fround(a), Math.fround(b)]),
  ];
  const raw = views.map(({ buffer }) => Buffer.from(buffer));
  return [
    ...raw,
    Buffer.from(raw[0] as Buffer).swap32(),
    ...raw.slice(1).map((bytes) => Buffer.from(bytes).swap64()),
    Buffer.from(a.toFixed(6)),
    Buffer.from(Math.fround(a).toFixed(6)),
  ];
});

function planted(number: number): Dataset {
  const data = blobs(40, number);
  for (let row = 0; row < data.length; row++) data.inputs.set(CANARY, row * BLOB_FEATURES + 1);
  return data;
}

/** Every place of a world of six peers where bytes of a peer may be seen, and what was found there. */
async function findings(
  task: Task,
  wrapTrainer?: (trainer: Trainer) => Trainer,
): Promise<{ seen: number; found: string[] }> {
  const found = new Set<string>();
  let seen = 0;
  const look = (where: string, bytes: Uint8Array) => {
    seen += bytes.length;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (FORMS.some((form) => buffer.includes(form))) found.add(where);
  };
  const crowd = createCrowd({ task });
  const wrapTransport = (transport: Transport) => observed(transport, ({ direction, bytes }) => look(direction, bytes));
  const options = { wrapTransport, ...(wrapTrainer && { wrapTrainer }) };
  for (let i = 0; i < 6; i++) await crowd.join(i, { train: planted(i), holdout: planted(i + 50), ...options });
  await crowd.run(12_000);
  for (const { store, peer } of crowd.members) {
    await peer.evaluate("holdout");
    for (const [key, value] of await contentOf(store)) {
      look(key.startsWith("log/") ? "log" : "store", value);
      look("store", utf8(key));
    }
    look("status", utf8(JSON.stringify(peer.status())));
  }
  return { seen, found: [...found].sort() };
}

describe("the canary in the data of every peer", () => {
  it("is in no byte that is announced, asked, answered, logged, stored or shown", async () => {
    const { seen, found } = await findings(task);
    assert.deepEqual(found, []);
    assert.ok(seen > 100_000, `${seen} bytes were looked at`);
  });

  for (const [name, asked] of Object.entries(PRIVATE_TASKS))
    it(`is in none where the task asks for privacy (${name})`, async () => {
      const { seen, found } = await findings(asked);
      assert.deepEqual(found, []);
      assert.ok(seen > 100_000, `${seen} bytes were looked at`);
    });

  it("would be found: a trainer that copies a row into the model gives it away", async () => {
    for (const leak of [CANARY, CANARY.map((value) => (value - MEAN) / STD)]) {
      const leaking = (trainer: Trainer): Trainer => ({
        ...trainer,
        async fit(request) {
          const { params, loss } = await trainer.fit(request);
          params.set(leak, 3);
          return { params, loss };
        },
      });
      const { found } = await findings(task, leaking);
      assert.deepEqual(found, ["answered", "store"], "the bodies served, and the model saved");
    }
  });
});
