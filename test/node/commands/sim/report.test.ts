/** `hearsay sim report` in a checkout of its own, whose sweeps take a blink. */
import assert from "node:assert/strict";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { stringify } from "yaml";
import { PAGES } from "../../../../sim/paper/pages.ts";
import { createLab, type Finished, type Lab } from "../../../support/process.ts";

const BASE = {
  name: "tiny",
  data: { set: "digits", rows: 200 },
  task: { model: { kind: "softmax" }, aggregation: { inboxSize: 3, quorum: 2 } },
  peers: 4,
  cycles: 2,
  metrics: { points: 3, rows: 50 },
};
const ATTACKS = [{ attack: [null, { kind: "sign-flip", share: 0.25 }], partition: ["iid"] }];
const SWEEPS: Readonly<Record<string, unknown>> = {
  "attack-init": { scenario: BASE },
  "attack-regression": { scenario: BASE },
  "attack-matrix": { scenario: BASE, grids: ATTACKS },
  "attack-more": { scenario: BASE },
  "attack-rules": { scenario: BASE, grids: [{ ...ATTACKS[0], "task.aggregation.rule": ["median"] }] },
  "attack-two-worlds": { scenario: BASE, grids: [{ ...ATTACKS[0], "network.topology": [{ kind: "two-worlds" }] }] },
  "attack-200-peers": { scenario: BASE },
  "attack-mnist": { scenario: BASE },
  "attack-cut": { scenario: BASE, grids: ATTACKS },
  "attack-alone": { scenario: { ...BASE, algorithm: "local" } },
};
const RUNS = 12;
const MARKS = ["attacks", "init", "regression", "matrix", "more", "rules", "two-worlds", "200-peers", "mnist"];
const PAGE = `# before\n\n${MARKS.map((mark) => `<!-- ${mark}:begin -->\nold ${mark}\n<!-- ${mark}:end -->\n\n`).join("")}after\n`;
const USAGE = 2;

let lab: Lab;

before(async () => {
  lab = await createLab("sim-report");
  await mkdir(lab.path("sim/scenarios"), { recursive: true });
  await mkdir(lab.path("sim/results"), { recursive: true });
  for (const [name, sweep] of Object.entries(SWEEPS))
    await writeFile(lab.path(`sim/scenarios/${name}.yaml`), stringify(sweep));
  await writeFile(lab.path("sim/results/attacks.md"), PAGE);
});
after(() => lab?.close());

async function report(status: number, ...args: string[]): Promise<Finished> {
  const finished = await lab.run(["sim", "report", ...args]);
  assert.equal(finished.code, status, `${args.join(" ")}\n${finished.stdout}${finished.stderr}`);
  assert.doesNotMatch(finished.stderr, /\n {4}at /, "a stack trace where a sentence would do");
  return finished;
}

function page(): Promise<string> {
  return readFile(lab.path("sim/results/attacks.md"), "utf8");
}

describe("sim report", () => {
  it("without runs says what is missing, and leaves the tables that are there", async () => {
    const { stderr } = await report(0, "attacks", "--no-run");
    assert.match(stderr, new RegExp(`${RUNS} of ${RUNS} runs are not there yet`));
    assert.equal(await page(), PAGE);
  });

  it("leaves the tables of ways of training, of which some sweeps have no run", async () => {
    const marks = [...(PAGES.get("skew")?.keys() ?? [])];
    for (const mark of marks)
      await writeFile(lab.path(`sim/scenarios/measure-${mark}.yaml`), stringify({ scenario: { ...BASE, name: mark } }));
    const old = marks.map((mark) => `<!-- ${mark}:begin -->\nold ${mark}\n<!-- ${mark}:end -->`).join("\n");
    await writeFile(lab.path("sim/results/skew.md"), old);
    await lab.run(["sim", "sweep", "sim/scenarios/measure-skew-mnist.yaml", "-o", ".results/measure-skew-mnist"]);
    await report(0, "skew", "--no-run");
    const text = await readFile(lab.path("sim/results/skew.md"), "utf8");
    assert.deepEqual(
      marks.filter((mark) => text.includes(`old ${mark}\n`)),
      marks.filter((mark) => mark !== "skew-mnist"),
    );
  });

  it("runs the sweeps once, and makes the same tables again from their runs", async () => {
    const { stdout } = await report(0, "attacks", "--json", "--workers", "1");
    const state = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    assert.deepEqual(state, { runs: RUNS, missing: 0, written: ["sim/results/attacks.md"] });
    const text = await page();
    assert.ok(
      text.startsWith("# before\n\n<!-- attacks:begin -->\n") && text.endsWith("<!-- mnist:end -->\n\nafter\n"),
    );
    assert.match(text, /\| sign-flip \| \S+ \/ \S+/);
    assert.doesNotMatch(text, /NaN|undefined|not there yet|old matrix|old two-worlds/);
    await report(0, "attacks", "--no-run");
    assert.equal(await page(), text);
  });

  it("shows the cut on the screen and leaves the page alone", async () => {
    const before = await page();
    const { stdout } = await report(0, "attacks", "--cut", "--workers", "1");
    assert.match(stdout, /sign-flip .*\d+ \/ \d+/);
    assert.match(stdout, /No cell can be judged yet\. Not judged yet, for want of runs: 1 cell\./); // none is silent
    assert.equal(await page(), before);
  });

  it("refuses a report that there is none of, and a place that is no checkout", async () => {
    const weather = await report(USAGE, "weather");
    const { stdout: help } = await report(0, "--help");
    for (const name of weather.stderr.match(/give one of (.*) \[/)?.[1]?.split(", ") ?? ["?"])
      assert.ok(help.replaceAll(/\s+/g, " ").includes(name), `${name} is not in the help`);
    await report(USAGE, "measurements", "--cut");
    await rm(lab.path("sim/results/attacks.md"));
    const { stderr } = await report(USAGE, "attacks", "--no-run");
    assert.match(stderr, /at the top of a checkout/);
  });
});
