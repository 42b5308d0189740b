/** `hearsay trainer test`: good programs pass, and what is wrong with others is named. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { TrialResult } from "../../node/engines/external/trial.ts";
import { learningTask, randomData } from "../support/learning.ts";
import { createLab, type Lab } from "../support/process.ts";
import { pythonWith } from "../support/program.ts";
import { type Misdeed, trainerCommand } from "../support/trainer-spec.ts";

const PACKAGE = fileURLToPath(new URL("../../node/clients/python", import.meta.url));
const { python = "python3", skip } = pythonWith(["numpy"]);

describe("hearsay trainer test", () => {
  let lab: Lab;
  before(async () => {
    lab = await createLab("trainer-test");
  });
  after(() => lab?.close());

  async function verdicts(words: readonly string[], ...options: string[]) {
    const { code, stdout, stderr } = await lab.run(["trainer", "test", "--json", ...options, "--", ...words]);
    assert.ok(stdout.startsWith("{"), stderr);
    const { ok, trials } = JSON.parse(stdout) as { ok: boolean; trials: TrialResult[] };
    assert.equal(code, ok ? 0 : 3);
    return trials;
  }

  const task = learningTask({ kind: "softmax" });
  const mine = (misdeed?: Misdeed) => {
    const train = randomData(task, 30, "train");
    return trainerCommand(lab.path(`${misdeed}.json`), {
      task,
      train,
      architecture: "softmax",
      ...(misdeed && { misdeed }),
    });
  };
  const failedOf = (trials: readonly TrialResult[]) => trials.filter(({ verdict }) => verdict === "failed");

  it("passes a good program, and says what it left out", async () => {
    const trials = await verdicts(mine());
    assert.deepEqual(failedOf(trials), []);
    assert.deepEqual(
      trials.filter(({ verdict }) => verdict === "left out").map(({ found }) => found),
      ["it holds no row out"],
    );
  });

  it("names what is wrong: values that are not finite, other shapes, no answer in time", async () => {
    const [nan] = failedOf(await verdicts(mine("nan")));
    assert.match(nan?.found ?? "", /^the trainer gave NaN in tensor dense0\/kernel/);
    const [hang] = failedOf(await verdicts(mine("hang"), "--seconds", "1"));
    assert.match(hang?.found ?? "", /^the trainer did not answer `fit` within 1 s/);
    assert.equal(hang?.found.endsWith("--seconds sets the time"), true);
    const [end, ...others] = failedOf(await verdicts(mine("end")));
    assert.match(end?.found ?? "", /^the trainer ended with status 0/);
    assert.deepEqual(
      others.map(({ claim }) => claim.split(":")[0]),
      ["goes down", "keeps nothing"],
      "each is asked anew",
    );
    const { stdout, code } = await lab.run(["trainer", "test", "--", ...mine("shape")]);
    assert.equal(code, 3);
    assert.match(stdout.replace(/\s+/g, " "), /gave no tensor dense0/);
  });

  it("names what does not come as far as to be tried", async () => {
    const at = performance.now();
    const script = "setTimeout(() => {}, 60_000)";
    const trials = await verdicts([process.execPath, "-e", script], "--seconds", "1");
    assert.deepEqual(
      trials.map(({ claim, found }) => `${claim}: ${found}`),
      [
        "starts, and describes itself: the trainer did not answer `describe` within 1 s, and was given up; --seconds sets the time",
      ],
    );
    assert.ok(performance.now() - at < 50_000);
    const [crash] = await verdicts([process.execPath, "-e", "console.error('no torch'); process.exit(1)"]);
    assert.equal(crash?.found, "the trainer ended with status 1; it said last: no torch");
  });

  it("passes train.py of the Python README, and an example that says it is deterministic", { skip }, async () => {
    const readme = readFileSync(`${PACKAGE}/README.md`, "utf8");
    const [, code = ""] = /^```python\n([\s\S]*?)^```$/m.exec(readme) ?? [];
    assert.ok(code.split("\n").filter((line) => line !== "").length <= 20);
    const file = await lab.write("train.py", code);
    const words = ["env", `PYTHONPATH=${PACKAGE}/src`, "PYTHONDONTWRITEBYTECODE=1", python];
    assert.deepEqual(failedOf(await verdicts([...words, file])), []);
    const trials = await verdicts([...words, `${PACKAGE}/examples/numpy_softmax.py`]);
    assert.deepEqual(failedOf(trials), []);
    assert.ok(trials.every(({ verdict }) => verdict === "ok"));
  });
});
