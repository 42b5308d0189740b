/** Trainers in processes of their own: they keep the contract of every trainer; what they do wrong is said, and harms nobody else. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { attachedTrainer } from "../../../../node/engines/external/attaching.ts";
import { createExternalTrainer, type ExternalTrainer } from "../../../../node/engines/external/external.ts";
import type { SessionOptions } from "../../../../node/engines/external/session.ts";
import { spawnedTrainer } from "../../../../node/engines/external/spawned.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../../../protocol/learn/tensors.ts";
import { trainerConformance } from "../../../conformance/trainer.ts";
import { learningTask, randomData } from "../../../support/learning.ts";
import { sleep, until } from "../../../support/process.ts";
import { type Misdeed, trainerCommand } from "../../../support/trainer-spec.ts";

const folder = mkdtempSync(join(tmpdir(), "hearsay-trainer-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = (end = "") => join(folder, `${count++}${end}`);

trainerConformance("external", async ({ task, train, holdout }) => {
  const words = trainerCommand(fresh(), { task, train, ...(holdout && { holdout }) });
  return createExternalTrainer(
    spawnedTrainer(words, () => {}),
    task,
  );
});

const task = learningTask({ kind: "softmax" });
const train = randomData(task, 30, "train");
const params = initialParams(task.tensors, 1);
const request = { params, steps: 2, seed: "s" };
const expected = createDenseTrainer({ task, train }).fit(request);

async function start(misdeed: Misdeed | undefined, options: SessionOptions = {}, done = fresh()) {
  const said: string[] = [];
  const words = trainerCommand(fresh(), { task, train, holdout: train, ...(misdeed && { misdeed }), done });
  const trainer = await createExternalTrainer(
    spawnedTrainer(words, (line) => said.push(line)),
    task,
    options,
  );
  return { trainer, said };
}

const FAULTS: readonly (readonly [Misdeed, RegExp])[] = [
  ["crash", /^the trainer ended with status 3; it said last: loading \/ out of memory$/],
  [
    "nan",
    /^the trainer gave NaN in tensor dense0\/kernel, at 1: its training was thrown away; look at its learning rate/,
  ],
  ["shape", /^the trainer gave no tensor dense0\/kernel \[5,3\]; it gave other$/],
  ["half", /^the trainer gave a body that cannot be read: /],
  [
    "print",
    /^the trainer sent bytes that are no frame, beginning with "epoch 1 of 1"; what a trainer prints belongs on standard error$/,
  ],
  ["refuse", /^the trainer said: my GPU is on fire$/],
  ["huge", /^the trainer sent a body of 1099511627776 bytes, where \d+ are the most$/],
  ["end", /^the trainer ended with status 0, though its standard input had not; it has to answer until then$/],
  ["mute", /^the trainer has closed its standard output, on which it has to answer; and it runs on$/],
  ["hang", /^the trainer did not answer `fit` within 1.5 s, and was given up; trainer\.answerSeconds sets the time$/],
];

describe("a trainer in a process of its own", () => {
  for (const [misdeed, words] of FAULTS) {
    it(`that does "${misdeed}" is refused with words, and trains when it is asked again`, async () => {
      const { trainer, said } = await start(misdeed, misdeed === "hang" ? { answerMs: 1500 } : {});
      await assert.rejects(trainer.fit(request), (error: Error & { code: string }) => {
        assert.equal(error.code, "ERR_TRAINER");
        assert.match(error.message, words);
        return true;
      });
      assert.deepEqual(await trainer.fit(request), await expected);
      if (misdeed === "crash") assert.deepEqual(said, ["loading", "out of memory"]);
      await trainer.close();
    });
  }

  it("is told the bound of the gradients that the task has", async () => {
    const bounded = { ...task, training: { ...task.training, maxGradientNorm: 0.01 } };
    const trainer = await createExternalTrainer(
      spawnedTrainer(trainerCommand(fresh(), { task, train }), () => {}),
      bounded,
    );
    assert.deepEqual(await trainer.fit(request), await createDenseTrainer({ task: bounded, train }).fit(request));
    assert.notDeepEqual(await trainer.fit(request), await expected);
    await trainer.close();
  });

  it("that does not listen any more is given up at the next question, and started again", async () => {
    const { trainer } = await start("deaf");
    await trainer.fit(request);
    await assert.rejects(trainer.fit(request), {
      code: "ERR_TRAINER",
      message: "the trainer has closed its standard input, on which it is asked; and it runs on",
    });
    assert.deepEqual(await trainer.fit(request), await expected);
    await trainer.close();
  });

  it("answers also where no folder for temporary files can hold its pipe", async () => {
    const { TMPDIR } = process.env;
    process.env.TMPDIR = "/nowhere";
    try {
      const { trainer } = await start(undefined, {}, "/nowhere/done");
      assert.deepEqual(await trainer.fit(request), await expected);
      await trainer.close();
    } finally {
      process.env.TMPDIR = TMPDIR;
      if (TMPDIR === undefined) delete process.env.TMPDIR;
    }
  });

  it("that has ended is started again by a training, and by nothing else, unless it is asked so", async () => {
    const tried = await start("crash", { anyStarts: true });
    await assert.rejects(tried.trainer.fit(request), { code: "ERR_TRAINER" });
    assert.equal((await tried.trainer.evaluate(params, "train")).numExamples, 30);
    await tried.trainer.close();
    const { trainer } = await start("crash");
    await assert.rejects(trainer.fit(request), { code: "ERR_TRAINER" });
    await assert.rejects(trainer.evaluate(params, "train"), {
      code: "ERR_TRAINER",
      message: "the trainer has ended, and is started again with the next training",
    });
    await trainer.fit(request);
    assert.equal((await trainer.evaluate(params, "train")).numExamples, 30);
    await trainer.close();
  });

  it("that takes more memory than it may is ended", async () => {
    const { trainer } = await start("hang", { memoryBytes: 1e6 });
    await assert.rejects(trainer.fit(request), {
      message:
        /^the trainer took \d+ MB of memory, more than 1, and was ended; trainer\.memoryMegabytes sets the bound$/,
    });
    await trainer.close();
  });

  it("that hangs is ended with the peer, within the time of its other parts", async () => {
    const { trainer } = await start("hang");
    const fit = trainer.fit(request);
    const refused = assert.rejects(fit, { code: "ERR_ENGINE", message: "the training engine is closed" });
    await sleep(300); // it is asked
    const beganMs = performance.now();
    await trainer.close();
    await refused;
    assert.ok(performance.now() - beganMs < 2000);
  });

  it("that trains another model is refused, with both shapes", async () => {
    const other = learningTask({ kind: "softmax" }, { input: { shape: [4] } });
    const words = trainerCommand(fresh(), { task: other, train: randomData(other, 5, "x") });
    await assert.rejects(
      createExternalTrainer(
        spawnedTrainer(words, () => {}),
        task,
      ),
      {
        code: "ERR_TASK",
        message: "the task has a tensor dense0/kernel [5,3], the trainer [4,3]: they are of different models",
      },
    );
    const named = learningTask({ kind: "external", architecture: "resnet" }, { tensors: task.tensors });
    const mine = trainerCommand(fresh(), { task, train, architecture: "vgg" });
    await assert.rejects(
      createExternalTrainer(
        spawnedTrainer(mine, () => {}),
        named,
      ),
      {
        code: "ERR_TASK",
        message: "the trainer trains vgg, the task is about resnet: use the program that goes with the task",
      },
    );
  });

  it("that cannot be started is told with its name", async () => {
    await assert.rejects(
      createExternalTrainer(
        spawnedTrainer(["/nowhere/python"], () => {}),
        task,
      ),
      {
        code: "ERR_TRAINER",
        message: "the trainer cannot be started: there is no such program (/nowhere/python)",
      },
    );
  });

  it("does not see the passphrase of the peer", async () => {
    process.env.HEARSAY_PASSPHRASE = "secret";
    try {
      const print = ["-e", "console.error(String(process.env.HEARSAY_PASSPHRASE))"];
      await assert.rejects(
        createExternalTrainer(
          spawnedTrainer([process.execPath, ...print], () => {}),
          task,
        ),
        {
          message: /^the trainer ended with status 0, though .*; it said last: undefined$/,
        },
      );
    } finally {
      delete process.env.HEARSAY_PASSPHRASE;
    }
  });
});

/** Undefined where it trains. */
function fails(trainer: ExternalTrainer): Promise<true | undefined> {
  return trainer.fit(request).then(
    () => undefined,
    () => true,
  );
}

describe("a trainer that attaches", () => {
  function attach(spec: string, path: string) {
    const [program = "", ...args] = trainerCommand(spec, { task, train, holdout: train });
    return spawn(program, [...args, path], { stdio: ["ignore", "ignore", "inherit"] });
  }

  it("is waited for, trains, may leave, and another one takes its place; nobody else may open the socket", async () => {
    const path = fresh(".sock");
    const host = await attachedTrainer(path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const beginning = createExternalTrainer(host, task);
    const first = attach(fresh(), path);
    const trainer: ExternalTrainer = await beginning;
    assert.deepEqual(await trainer.fit(request), await expected);
    first.kill("SIGKILL");
    await until("it has left", () => fails(trainer));
    await assert.rejects(trainer.fit(request), {
      code: "ERR_TRAINER",
      message: `the trainer is not attached to ${path}`,
    });
    const second = attach(fresh(), path);
    await until("another one is there", async () => ((await fails(trainer)) ? undefined : true));
    assert.deepEqual(await trainer.fit(request), await expected);
    await trainer.close();
    await new Promise((resolve) => second.once("exit", resolve));
  });

  it("needs a state directory with a short name", async () => {
    await assert.rejects(attachedTrainer(`/tmp/${"x".repeat(100)}/trainer.sock`), { code: "ERR_CONFIG" });
  });
});
