/** `personal` of a manifest: what is filled in, and what is refused. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { sharedTask } from "../../../protocol/base/shared-tensors.ts";
import { decodeTask, encodeTask, parseTask } from "../../../protocol/task/manifest.ts";
import { blobTask } from "../../support/blobs.ts";

const MLP = { kind: "mlp", hidden: [4] };
const CNN = { kind: "cnn", filters: [2] };
const DP_SGD = { mechanism: "dp-sgd", clipNorm: 1, noiseMultiplier: 1, maxEpsilon: 8 };
const regression = { kind: "regression", targets: ["t"] };
const taskOf = (personal: Record<string, unknown>, changes: Record<string, unknown> = {}) =>
  blobTask({ model: MLP, personal, ...changes });

describe("a task with personal", () => {
  it("names the tensors that stay, by default those of the last layer, in canonical bytes that are read back", () => {
    const task = taskOf({ method: "fedper" });
    assert.deepEqual(task.personal, { method: "fedper", tensors: ["dense1/*"] });
    assert.deepEqual(decodeTask(encodeTask(task)), task);
    const ditto = taskOf({ method: "ditto" });
    assert.deepEqual(ditto.personal, { method: "ditto", tensors: [], lambda: 0.5 });
    assert.deepEqual(decodeTask(encodeTask(ditto)), ditto);
  });

  it("is another task than one without; a task without has the id that it had", () => {
    const ids = [blobTask(), blobTask({ model: MLP }), taskOf({ method: "fedper" })].map((task) =>
      Buffer.from(nodeCrypto.sha256(encodeTask(task))).toString("hex"),
    );
    assert.equal(new Set(ids).size, 3);
    assert.ok(!("personal" in blobTask()));
  });

  it("keeps by fedbn the normalisation tensors that the model has, whoever trains it", () => {
    const names = ["conv/kernel", "norm/gamma", "norm/beta", "head/kernel"];
    const tensors = names.map((name) => [name, [4]]);
    const model = { kind: "external", architecture: "a-net" };
    const task = taskOf({ method: "fedbn" }, { model, tensors });
    assert.deepEqual(
      sharedTask(task).tensors.map(([name]) => name),
      ["conv/kernel", "head/kernel"],
    );
    assert.deepEqual(decodeTask(encodeTask(task)), task);
    assert.throws(() => taskOf({ method: "fedrep" }, { model, tensors }), /program of each site does not allow/);
  });

  const refused: [why: string, manifest: () => unknown, says: RegExp][] = [
    ["an unknown method", () => taskOf({ method: "fedavg" }), /"fedavg" is unknown; one of fedper/],
    ["a pattern that fits nothing", () => taskOf({ method: "fedper", tensors: ["head/*"] }), /fits no tensor/],
    ["all tensors", () => taskOf({ method: "fedper", tensors: ["*"] }), /nothing is left to share/],
    ["a model of one layer", () => taskOf({ method: "fedrep" }, { model: { kind: "softmax" } }), /one layer/],
    ["tensors of ditto", () => taskOf({ method: "ditto", tensors: ["dense1/*"] }), /ditto shares all tensors/],
    ["lambda of another", () => taskOf({ method: "fedper", lambda: 1 }), /is of ditto/],
    ["fedbn without normalisation", () => taskOf({ method: "fedbn" }), /of which a model of kind mlp has none/],
    ["an offset of classes", () => taskOf({ method: "offset" }), /offset is of outputs of a regression/],
    ["calibration of classes", () => taskOf({ method: "calibration" }), /outputs of a regression/],
    [
      "units before a convolution",
      () => taskOf({ method: "units" }, { model: CNN, input: { shape: [4, 4, 1] } }),
      /softmax or mlp, not cnn/,
    ],
    [
      "units under dp-sgd",
      () => taskOf({ method: "units" }, { privacy: DP_SGD }),
      /figures of rows that dp-sgd is to hide/,
    ],
    [
      "a warm start",
      () => taskOf({ method: "fedper" }, { start: "0".repeat(64) }),
      /let each site train its model on with hearsay personalise, or leave start out/,
    ],
    [
      "release keys",
      () =>
        taskOf({ method: "fedper" }, { releases: { keys: ["12D3KooWLsFjw4PiR6ir9JfBZ8vxXmQT1B1TFmDSBv5TpKXAd8Pt"] } }),
      /train a release on with hearsay personalise --model FILE, or leave releases out/,
    ],
    ["phases under dp-sgd", () => taskOf({ method: "fedrep" }, { privacy: DP_SGD }), /one after the other/],
    [
      "calibration under dp-sgd",
      () =>
        parseTask({
          name: "t",
          input: { shape: [2] },
          output: regression,
          model: MLP,
          personal: { method: "calibration" },
          privacy: DP_SGD,
        }),
      /rows that dp-sgd is to hide/,
    ],
  ];
  for (const [why, manifest, says] of refused)
    it(`is refused for ${why}, with what to do`, () => {
      assert.throws(manifest, (error: unknown) => isHearsayError(error, "ERR_TASK") && says.test(error.message));
    });
});
