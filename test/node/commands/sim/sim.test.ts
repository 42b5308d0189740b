/** `hearsay sim` as its users call it: real processes on a scenario so small that a run takes a blink. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { stringify } from "yaml";
import { churnSchema } from "../../../../sim/devices/schema.ts";
import { CLI, createLab, type Finished, jsonLines, type Lab, until } from "../../../support/process.ts";

const FAILURE = 1;
const USAGE = 2;
const INTERRUPTED = 130;

const SCENARIO = {
  name: "tiny",
  data: { set: "digits", rows: 200 },
  task: { model: { kind: "softmax" }, aggregation: { inboxSize: 3, quorum: 2 } },
  peers: 4,
  cycles: 3,
  metrics: { points: 2, rows: 50, target: 0.01 },
};
const SWEEP = { scenario: SCENARIO, grids: [{ partition: ["iid", "dirichlet:0.5"] }], seeds: [1, 2] };
const RUNS = 4;
const RUN_FILES = "/peers.csv /peers.jsonl /report.html /scenario.yaml /series.csv /series.jsonl /summary.json";

let lab: Lab;
let scenario: string;
let sweep: string;

before(async () => {
  lab = await createLab("sim");
  scenario = await lab.write("tiny.yaml", stringify(SCENARIO));
  sweep = await lab.write("sweep.yaml", stringify(SWEEP));
});
after(() => lab?.close());

/** Runs `hearsay sim ...`, which must end with this status and without a stack trace. */
async function sim(status: number, ...args: string[]): Promise<Finished> {
  const finished = await lab.run(["sim", ...args]);
  assert.equal(finished.code, status, `${args.join(" ")}\n${finished.stdout}${finished.stderr}`);
  assert.doesNotMatch(finished.stderr, /\n {4}at /, "a stack trace where a sentence would do");
  return finished;
}

async function simJson(...args: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await sim(0, ...args, "--json");
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;
}

/** Name -> content of every file below a directory. */
async function contents(directory: string): Promise<Map<string, string>> {
  const found = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = found.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(
    await Promise.all(paths.map(async (path) => [path.slice(directory.length), await readFile(path, "utf8")] as const)),
  );
}

describe("sim run", { concurrency: 2 }, () => {
  it("leaves a complete report with its hash in every file, the same bytes again, and none of another run over it", async () => {
    const out = lab.path("run");
    const { stdout } = await sim(0, "run", scenario, "--out", out, "--seed", "5");
    for (const part of [
      /accuracy .*% mean, .*% worst/,
      /▁|█/,
      /trainings, \d+ merges/,
      /virtual s in .* CPU s/,
      /report\.html/,
    ])
      assert.match(stdout, part);
    const files = await contents(out);
    const named = [...files.keys()].filter((name) => !name.startsWith("/figures/"));
    assert.deepEqual(named.join(" "), RUN_FILES);
    assert.ok(files.has("/figures/accuracy-of-the-honest-peers-over-time.svg"));
    const summary = JSON.parse(files.get("/summary.json") ?? "");
    assert.equal(summary.seed, 5);
    for (const name of named) assert.ok(files.get(name)?.includes(summary.hash), `${name} without its hash`);
    assert.equal(jsonLines(files.get("/series.jsonl") ?? "").length, 3);
    assert.equal(jsonLines(files.get("/peers.jsonl") ?? "").length, 4);
    assert.match((await sim(USAGE, "run", scenario, "--out", out)).stderr, /another run.*seed 5.*--out/);
    assert.deepEqual(await contents(out), files);
    await sim(0, "run", join(out, "scenario.yaml"), "--out", out); // complete: it is a scenario itself
    assert.deepEqual(await contents(out), files);
  });

  it("says R² where a regression is learned, and what newest models, means of models and fine-tuned ones reach where they are measured", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `${i % 7},${i % 5},${3 * (i % 7) - (i % 5)}\n`).join("");
    await lab.write("numbers.csv", `a,b,y\n${rows}`);
    const output = { kind: "regression", targets: ["y"], mean: [6], std: [6] };
    const task = {
      ...SCENARIO.task,
      name: "numbers",
      input: { shape: [2], features: ["a", "b"], mean: [3, 2], std: [2, 1.4] },
      output,
    };
    const metrics = { points: 2, bothModels: true, fineTune: 5 };
    const path = await lab.write(
      "numbers.yaml",
      stringify({ ...SCENARIO, task, data: { set: "numbers.csv" }, metrics }),
    );
    const { stdout } = await sim(0, "run", path, "--no-out");
    assert.match(stdout, /^R² +-?\d\.\d+ mean, -?\d\.\d+ worst peer$/m);
    for (const part of ["newest models", "running means", "fine-tuned"])
      assert.match(stdout, new RegExp(`^  ${part} +-?\\d\\.\\d+ mean`, "m"));
  });

  it("says how evenly peers are heard where that is measured, and compares it", async () => {
    const metrics = { points: 2, fairness: true };
    const path = await lab.write("fair.yaml", stringify({ ...SCENARIO, metrics }));
    const told =
      /^fairness +Jain's index \d+\.\d %, 100\.0 % of merged models honest, peers with rare data move \d+\.\d % of what others move$/m;
    for (const [i, partition] of ["iid", "dirichlet:1"].entries()) {
      const flags = ["--set", `partition=${partition}`, "--out", lab.path(`fair-${i + 1}`)];
      assert.match((await sim(0, "run", path, ...flags)).stdout, told);
    }
    const { stdout } = await sim(0, "compare", lab.path("fair-1"), lab.path("fair-2"));
    for (const part of ["Jain's index", "honest models", "rare data move"]) assert.ok(stdout.includes(part), part);
    assert.ok(!(await sim(0, "run", scenario, "--no-out")).stdout.includes("fairness"));
  });

  it("says of models that a lie drove out of all bounds that their figures are not finite", async () => {
    const attack = { kind: "sign-flip", share: 0.2, scale: 1e38 };
    const path = await lab.write(
      "blown.yaml",
      stringify({ ...SCENARIO, peers: 6, task: {}, algorithm: "fedavg", attack, cycles: 6 }),
    );
    const { stdout } = await sim(0, "run", path, "--no-out");
    assert.match(stdout, /^disagreement +not finite$/m);
  });

  it("with 3 threads writes the same bytes, and says so where the scenario leaves it to one", async () => {
    const [one, three] = [lab.path("one-thread"), lab.path("three-threads")];
    await sim(0, "run", scenario, "--workers", "1", "--out", one);
    const { stderr } = await sim(0, "run", scenario, "--workers", "3", "--out", three);
    assert.doesNotMatch(stderr, /one thread/);
    assert.deepEqual(await contents(three), await contents(one));
    const lying = await sim(
      0,
      "run",
      scenario,
      "--workers",
      "3",
      "--no-out",
      "--set",
      "attack={kind: gaussian, share: 0.25}",
    );
    assert.match(lying.stderr, /one thread: liars/);
    const refused = await sim(FAILURE, "run", scenario, "--workers", "3", "--no-out", "--set", "data.set=none.csv");
    assert.match(refused.stderr, /none\.csv/); // a part that fails ends the others
  });

  it("prints the summary as the last line, with times beside it, and writes nothing unasked", async () => {
    const before = await readdir(lab.directory);
    const result = await simJson("run", scenario, "--peers", "3", "--set", "metrics.points=1", "--set", "cycles=2");
    assert.match(String(result.hash), /^[0-9a-f]{64}$/);
    assert.deepEqual([result.name, result.honest, result.seed], ["tiny", 3, 1]);
    assert.equal((result.final as { seconds: number }).seconds, 2);
    for (const key of ["wallSeconds", "cpuSeconds"]) assert.ok((result[key] as number) > 0);
    assert.ok(!("out" in result));
    assert.deepEqual(
      (await readdir(lab.directory)).filter((name) => name.startsWith("tiny-")),
      before.filter((name) => name.startsWith("tiny-")),
    );
  });

  it("reads traces beside the scenario, and data of one's own", async () => {
    await lab.write("churn.csv", "on,off,peer\n0,2,0\n0,3,1\n1,3,2\n0,3,3\n");
    const given = ["--set", "churn={kind: trace, sessions: {file: churn.csv}}", "--out", lab.path("churned")];
    await sim(0, "run", scenario, ...given);
    const { churn } = await import("yaml").then(async ({ parse }) =>
      parse(await readFile(join(lab.path("churned"), "scenario.yaml"), "utf8")),
    );
    assert.deepEqual(churn.sessions[2], [1, 3, 2]);
    await lab.write(
      "own.csv",
      `a,b,label\n${Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 2},${i % 2 ? "x" : "y"}`).join("\n")}\n`,
    );
    const task = {
      ...SCENARIO.task,
      name: "own",
      input: { shape: [2], features: ["a", "b"] },
      output: { kind: "classification", classes: ["x", "y"] },
    };
    const own = await lab.write("own.yaml", stringify({ ...SCENARIO, data: { set: "own.csv" }, task }));
    const alone = "task.aggregation={rule: mean, inboxSize: 4, quorum: 4}"; // each has three neighbours
    const { stdout } = await sim(0, "run", own, "--no-out", "--set", alone);
    assert.match(stdout, /4 honest/);
    assert.match(stdout, /trainings, 0 merges \(have all peers as many neighbours as task\.aggregation\.quorum\?\)/);
    const { stdout: poor } = await sim(0, "run", own, "--no-out", "--set", alone, "--set", "network.budget=1MB/day");
    assert.match(poor, /0 merges \(have .*quorum\?; does network\.budget pay for models in this time\?\)/);
  });

  it("tells all faults at once with path and value, and ends with status 2", async () => {
    const bad = await lab.write("bad.yaml", stringify({ ...SCENARIO, peers: 0, churn: { kind: "often" }, speed: 3 }));
    const { stderr } = await sim(USAGE, "run", bad);
    for (const part of [/3 fault/, /peers: .*given: 0/, /churn\.kind: .*always-on/, /"speed"/])
      assert.match(stderr, part);
    const { stderr: missing } = await sim(FAILURE, "run", scenario, "--set", "data.set=gone.csv", "--no-out");
    assert.match(missing, /data\.set: "gone\.csv".*digits/);
    assert.match((await sim(USAGE, "run", lab.path("gone.yaml"))).stderr, /gone\.yaml: there is no such file/);
  });

  it("refuses a directory that cannot be written before it runs anything", async () => {
    const file = await lab.write("a-file", "");
    const why = `--out ${join(file, "out")} cannot be written: ${file} is no directory; name another path`;
    for (const command of ["run", "sweep"]) {
      const { stderr } = await sim(USAGE, command, scenario, "--out", join(file, "out"));
      assert.equal(stderr, `error: ${why} [ERR_CONFIG]\n`, "nothing was run, and no progress shown");
    }
    assert.ok((await sim(USAGE, "vehicles", "--out", join(file, "out"))).stderr.includes(why));
  });
});

describe("sim sweep", () => {
  it("with 1 worker, with 2, and as two merged shards writes the same bytes", async () => {
    const [one, two, whole] = ["one", "two", "whole"].map(lab.path) as [string, string, string];
    await Promise.all([
      sim(0, "sweep", sweep, "--workers", "1", "--out", one),
      sim(0, "sweep", sweep, "--workers", "2", "--out", two),
      sim(0, "sweep", sweep, "--shard", "1/2", "--workers", "1", "--out", lab.path("shard-1")),
      sim(0, "sweep", sweep, "--shard", "2/2", "--workers", "1", "--out", lab.path("shard-2")),
    ]);
    const files = await contents(one);
    const named = [...files.keys()].filter((name) => !/^\/(?:figures|runs)\//.test(name));
    assert.deepEqual(named, ["/report.html", "/results.csv", "/results.jsonl", "/series.csv"]);
    assert.equal([...files.keys()].filter((name) => name.startsWith("/runs/")).length, RUNS);
    assert.match(files.get("/figures/mean-accuracy-over-time.svg") ?? "", /Dirichlet 0\.5/);
    assert.deepEqual(await contents(two), files);
    const merged = await simJson("merge", lab.path("shard-1"), lab.path("shard-2"), "--out", whole);
    assert.deepEqual([merged.runs, merged.groups], [RUNS, 2]);
    assert.deepEqual(await contents(whole), files);
    const rows = jsonLines(files.get("/results.jsonl") ?? "");
    assert.deepEqual(
      rows.map(({ partition, seed }) => [partition, seed]),
      ["dirichlet:0.5", "iid"].flatMap((how) => [1, 2].map((seed) => [how, seed])),
    );
  });

  it("does nothing the second time, and what is missing or broken the third", async () => {
    const out = lab.path("two");
    const files = await contents(out);
    assert.deepEqual(await counts("sweep", sweep, "--out", out), [RUNS, 0, RUNS]);
    assert.deepEqual(await contents(out), files);
    const [first = "", second = ""] = [...files.keys()].filter((name) => name.startsWith("/runs/"));
    await rm(join(out, first));
    await writeFile(join(out, second), '{"summary":'); // as a crash of the machine may leave it
    assert.deepEqual(await counts("sweep", sweep, "--out", out), [RUNS, 2, RUNS - 2]);
    assert.deepEqual(await contents(out), files);
  });

  it("merged with other results of the same run is refused, and nothing is written", async () => {
    const [name = ""] = await readdir(join(lab.path("shard-1"), "runs"));
    const path = join(lab.path("shard-1"), "runs", name);
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/"updates":\d+/, '"updates":999'));
    const { stderr } = await sim(
      FAILURE,
      "merge",
      lab.path("shard-1"),
      lab.path("whole"),
      "--out",
      lab.path("refused"),
    );
    assert.match(stderr, /1 run\(s\) with the same hash and seed/);
    assert.ok(stderr.includes(name) && !existsSync(lab.path("refused")));
    await writeFile(path, text);
  });

  it("is compared with intervals over seeds, paired, and with what differs", async () => {
    const html = lab.path("compared.html");
    const { groups } = (await simJson("compare", lab.path("one"), "--html", html, "--figures", lab.path("svg"))) as {
      groups: Record<string, Record<string, unknown>>[];
    };
    assert.equal(groups.length, 2);
    assert.deepEqual(groups[0]?.differs, { partition: "dirichlet:0.5" });
    assert.equal(groups[0]?.title, "Dirichlet 0.5");
    const difference = groups[1]?.minusFirst?.accuracy as { halfWidth: number; count: number };
    assert.ok(difference.count === 2 && difference.halfWidth > 0);
    assert.match(await readFile(html, "utf8"), /^<!doctype html>/i);
    assert.match(await readFile(join(lab.path("svg"), "final-mean-accuracy.svg"), "utf8"), /^<svg xmlns=/);
    const [run = ""] = await readdir(join(lab.path("one"), "runs"));
    const { stdout } = await sim(0, "compare", join(lab.path("one"), "runs", run), lab.path("run"));
    assert.match(stdout, /one seed: no interval/);
    assert.match((await sim(FAILURE, "compare", lab.path("run"))).stderr, /of one scenario/);
    assert.match((await sim(FAILURE, "compare", lab.path("run"), scenario)).stderr, /tiny\.yaml.*no run/);
  });

  it("names an unknown path, and goes on after a run that fails", async () => {
    const { stderr } = await sim(USAGE, "sweep", scenario, "--grid", "network.speed=1,2", "--out", lab.path("unknown"));
    assert.match(stderr, /network\.speed=1.*network\.speed=2.*\n.*"speed"/);
    assert.ok(!existsSync(lab.path("unknown")));
    const args = ["--grid", "task.codec=f32,smoke", "--seeds", "1..2", "--out", lab.path("failing"), "--json"];
    const failing = await sim(FAILURE, "sweep", scenario, ...args);
    const { done, failed } = JSON.parse(failing.stdout) as { done: number; failed: Record<string, unknown>[] };
    assert.equal(done, 2);
    assert.deepEqual(
      failed.map(({ label, code }) => [label, code]),
      [1, 2].map((seed) => [`task.codec=smoke seed=${seed}`, "ERR_TASK"]),
    );
    assert.match(
      failing.stderr,
      /^failed: task\.codec=smoke seed=\d: .*\n.*"smoke" is unknown[^\n]*\nfailed: task\.codec=smoke seed=\d\n/m,
    );
    assert.match(failing.stderr, /2 of 4 runs failed:\n.*codec=smoke.*: .*\n.*codec: "smoke" is unknown; one of .*f32/);
  });

  it("stopped by Ctrl-C keeps the runs that are whole, and ends with status 130", async () => {
    const out = lab.path("stopped");
    const args = ["--grid", "cycles=2,500000", "--workers", "2", "--out", out];
    const child = spawn(process.execPath, [CLI, "sim", "sweep", scenario, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    const runs = join(out, "runs");
    const whole = async () => (existsSync(runs) ? (await readdir(runs)).filter((name) => name.endsWith(".json")) : []);
    try {
      const [name] = await until("the short run is written", async () =>
        (await whole()).length > 0 ? whole() : undefined,
      );
      child.kill("SIGINT");
      const [code] = await once(child, "close");
      assert.equal(code, INTERRUPTED, stderr);
      assert.match(stderr, /1 of 2 runs are in .*goes on/);
      assert.deepEqual(await readdir(out, { recursive: true }), ["runs", join("runs", name ?? "")]);
    } finally {
      child.kill("SIGKILL");
    }
  });
});

describe("sim list and sim vehicles", () => {
  it("show what there is, with options and sources", async () => {
    const { algorithms, attacks, rules, sets } = await simJson("list");
    const named = (list: unknown, name: string) =>
      (list as Record<string, unknown>[]).find((entry) => entry.name === name);
    assert.ok(named(algorithms, "hearsay") && named(sets, "digits"));
    assert.ok(Object.hasOwn(named(attacks, "sign-flip")?.options ?? {}, "scale"));
    const silent = (rules as { name: string; about?: string }[]).filter(({ about = "" }) => about === "");
    assert.deepEqual(silent, [], "every rule says what it does");
    assert.match(
      (await sim(0, "list")).stdout,
      /sign-flip[\s\S]*krum {2}the one model that lies nearest to its neighbours/,
    );
  });

  it("write contacts that a scenario can use, the same for the same seed", async () => {
    const args = ["vehicles", "--vehicles", "4", "--seconds", "60", "--blocks", "2"];
    const { contacts } = await simJson(...args, "--out", lab.path("contacts.csv"));
    const text = await readFile(lab.path("contacts.csv"), "utf8");
    assert.equal(text.trimEnd().split("\n").length, 1 + Number(contacts));
    await simJson(...args, "--out", lab.path("again.csv"));
    assert.equal(await readFile(lab.path("again.csv"), "utf8"), text);
    await simJson("run", scenario, "--set", "churn={kind: encounters, contacts: {file: contacts.csv}}");
    assert.match((await sim(USAGE, ...args, "--out", lab.path("x.csv"), "--range", "-1")).stderr, /rangeMetres/);
  });

  it("name in their help the defaults that scenarios have", async () => {
    const { kind: _, ...defaults } = churnSchema.parse({ kind: "vehicles" });
    const help = (await sim(0, "vehicles", "--help")).stdout.replace(/\s+/g, " ");
    for (const value of Object.values(defaults)) assert.ok(help.includes(`(default: ${value})`), `${value} in ${help}`);
  });
});

/** [runs, done, skipped] */
async function counts(...args: string[]): Promise<unknown[]> {
  const { runs, done, skipped, failed } = await simJson(...args);
  assert.deepEqual(failed, []);
  return [runs, done, skipped];
}
