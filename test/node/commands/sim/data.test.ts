/** What a simulated network learns from, and what it is measured on: shares of a file, whole owners, a file of its own. */
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createDataLoader } from "../../../../node/commands/sim/data.ts";

type Spec = Parameters<ReturnType<ReturnType<typeof createDataLoader>>>[0];

const TASK = {
  name: "own",
  input: { shape: [2], features: ["a", "b"] },
  output: { kind: "classification", classes: ["x", "y"] },
  model: { kind: "softmax" },
};

const folder = mkdtempSync(join(tmpdir(), "hearsay-sim-data-"));

function csv(rows: number, from = 0): string {
  const lines = Array.from({ length: rows }, (_, i) => `${from + i},${i % 3},${i % 2 ? "x" : "y"},st ${i % 5}`);
  return `a,b,label,station\n${lines.join("\n")}\n`;
}

before(async () => {
  await writeFile(join(folder, "own.csv"), csv(60));
  await writeFile(join(folder, "test.csv"), csv(20, 1000));
});
after(() => rm(folder, { recursive: true, force: true }));

function load(spec: Partial<Spec> & Pick<Spec, "set">, task: object = TASK) {
  const whole = { rows: 0, rowsPerPeer: 0, owner: "station", ...spec };
  return createDataLoader()(folder)(whole, task as Record<string, unknown>);
}

describe("the data of a simulation", () => {
  it("are measured on a share of the file, as large as is said", async () => {
    const [usual, half] = [await load({ set: "own.csv" }), await load({ set: "own.csv", holdout: 0.5 })];
    assert.deepEqual([usual.train.length, usual.holdout.length], [48, 12]);
    assert.deepEqual([half.train.length, half.holdout.length], [30, 30]);
  });

  it("are measured on whole owners, or on the last rows of each", async () => {
    const { train, holdout } = await load({ set: "own.csv", holdoutBy: "owner" });
    assert.equal(new Set(holdout.owners).size, 1);
    assert.ok(holdout.owners?.every((owner) => !train.owners?.includes(owner)));
    const late = await load({ set: "own.csv", holdoutBy: "time" });
    assert.ok([...late.holdout.inputs].filter((_, i) => i % 2 === 0).every((a) => a >= 45));
  });

  it("are measured on a file of their own, of which nothing is learnt; all of the other is", async () => {
    const { train, holdout } = await load({ set: "own.csv", test: "test.csv" });
    assert.deepEqual([train.length, holdout.length], [60, 20]);
    assert.equal(holdout.inputs[0], 1000);
  });

  it("lose rows without a reading, or gain masks, as the task says", async () => {
    await writeFile(join(folder, "gaps.csv"), csv(60).replaceAll(",2,", ",NA,"));
    const shape = (size: number, missingPolicy: string) =>
      load({ set: "gaps.csv" }, { ...TASK, input: { ...TASK.input, shape: [size], missing: ["NA"], missingPolicy } });
    const dropped = await shape(2, "drop");
    assert.deepEqual(
      [dropped.train.length + dropped.holdout.length, dropped.train.inputs.some(Number.isNaN)],
      [40, false],
    );
    const { train } = await shape(4, "mask");
    assert.deepEqual([train.length, train.inputs.length], [48, 4 * 48]);
    await assert.rejects(shape(2, "refuse"), /line 4, column "b".*no reading/);
  });

  it("may be a shipped set, measured on a file with its columns", async () => {
    const digits = await load({ set: "digits" }, {});
    const inputs = digits.holdout.inputs.subarray(0, 64 * 3);
    const names = Array.from({ length: 64 }, (_, i) => `p${i}`);
    const lines = [0, 1, 2].map((row) => `${[...inputs.subarray(64 * row, 64 * (row + 1))].join(",")},${row}`);
    const header = `${names.join(",")},label`;
    await writeFile(join(folder, "digits.csv"), `${header}\n${lines.join("\n")}\n`);
    const { train, holdout } = await load({ set: "digits", test: "digits.csv", owner: undefined }, {});
    assert.equal(train.length, digits.train.length);
    assert.deepEqual([...holdout.targets], [0, 1, 2]);
  });

  it("refuse what does not go together, and a file that is not there, with the field and the remedy", async () => {
    const refused = (spec: Parameters<typeof load>[0], code: string, message: RegExp) =>
      assert.rejects(load(spec), { code, message });
    await refused({ set: "digits", holdout: 0.5 }, "ERR_CONFIG", /data\.holdout: the set digits .*leave it out/);
    await refused(
      { set: "own.csv", test: "test.csv", holdoutBy: "owner" },
      "ERR_CONFIG",
      /data\.holdoutBy: data\.test/,
    );
    await refused({ set: "own.csv", test: "gone.csv" }, "ERR_DATA", /data\.test: "gone\.csv" is no file beside/);
    await refused({ set: "own.csv", holdoutBy: "owner", owner: undefined }, "ERR_DATA", /give an owner column/);
    await assert.rejects(load({ set: "own.csv", label: "label" }, { codec: "f32" }), {
      code: "ERR_TASK",
      message: /hearsay init --data own\.csv --label label --owner station, .*task: \{ file: task\.yaml \}/,
    });
  });
});
