/** The commands under a policy: what is refused before any data are read, and the statement for auditors. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createPeer } from "../../../node/library.ts";
import { policySchema } from "../../../node/policy/policy-schema.ts";
import { peerUnder, siteUnder } from "../../../node/policy/site.ts";
import { parseTaskYaml } from "../../../node/task-yaml.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { parseByteLimit } from "../../../protocol/traffic/byte-limit.ts";
import { bundledCli } from "../../support/bundled-cli.ts";
import { TOP } from "../../support/docs.ts";
import { sourceEnvironment } from "../../support/process.ts";

const CLI = await bundledCli();

/** Called by what asks at the door itself. */
const CALLED = ["node/commands/privacy/examples.ts"];

const folder = mkdtempSync(join(tmpdir(), "hearsay-policy-command-"));
after(() => rmSync(folder, { recursive: true }));

function hearsay(args: readonly string[], environment: Record<string, string> = {}) {
  const env = { ...sourceEnvironment(), NO_COLOR: "1", ...environment };
  return spawnSync(process.execPath, [CLI, ...args], { encoding: "utf8", cwd: folder, env });
}

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

write(
  "task.yaml",
  `name: wards
input: { shape: [2], features: [temp, hum], mean: [20, 50], std: [5, 9] }
output: { kind: classification, classes: [a, b] }
model: { kind: softmax }
privacy: { mechanism: dp-sgd, clipNorm: 1, noiseMultiplier: 1, maxEpsilon: 8 }
`,
);
write(
  "site.yaml",
  `data: { columns: [temp, hum, label], minimumRows: 100 }
privacy: { mechanisms: [dp-sgd], maxEpsilon: 8 }
traffic: { budget: 20MB/day, quietHours: ["00:00-00:01"], timeZone: UTC }
`,
);
const TASK = ["--task", "task.yaml"];

test("up refuses what a policy forbids before it reads the data, which are not even there", () => {
  write("strict.yaml", "privacy: { maxEpsilon: 1 }\npredict: false\n");
  const up = hearsay(["up", ...TASK, "--data", "gone.csv", "--policy", "site.yaml"], { HEARSAY_POLICY: "strict.yaml" });
  assert.equal(up.status, 1);
  assert.match(
    up.stderr,
    /strict\.yaml: privacy\.maxEpsilon is 1, and the task has a privacy budget of epsilon 8; take a task/,
  );
  assert.doesNotMatch(up.stderr, /gone\.csv/);
  const few = Array.from({ length: 20 }, (_, i) => `${i},${2 * i},${"ab"[i % 2]}`).join("\n");
  write("few.csv", `temp,hum,label\n${few}\n`);
  const counted = hearsay([
    "up",
    ...TASK,
    "--data",
    "few.csv",
    "--policy",
    "site.yaml",
    "--listen",
    "/ip4/127.0.0.1/tcp/0",
  ]);
  assert.equal(counted.status, 1);
  assert.match(counted.stderr, /data\.minimumRows is 100, and there are 16 rows to train on; collect more/);
  assert.match(counted.stderr, /the policy's budget holds/);
});

test("whatever else reads data of the site is refused before it does: check, statistics, privacy test, init", () => {
  write("columns.yaml", "data: { columns: [temp, label] }\n");
  write("rows.csv", "temp,hum,label\n1,2,a\n3,4,b\n");
  const against = (args: readonly string[]) => {
    const { status, stderr } = hearsay([...args, "--policy", "columns.yaml"]);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /columns\.yaml: data\.columns is .*"hum".*\[ERR_POLICY\]/s, args.join(" "));
    assert.doesNotMatch(stderr, /gone\.csv/);
  };
  against(["data", "check", ...TASK, "--data", "gone.csv"]);
  write("open.yaml", readFileSync(join(folder, "task.yaml"), "utf8").replace(/^privacy.*$/m, ""));
  against(["data", "statistics", "--task", "open.yaml", "--data", "gone.csv"]);
  against(["privacy", "test", ...TASK, "--model", "m.safetensors", "--data", "gone.csv"]);
  against(["init", "--data", "rows.csv", "-o", "made.yaml"]);
  assert.equal(existsSync(join(folder, "made.yaml")), false);
});

test("a program that imports the library is bound too: by what it hands over, and before anything is opened", async () => {
  const task = parseTask(parseTaskYaml(readFileSync(join(folder, "task.yaml"), "utf8")));
  const train = { inputs: new Float32Array(40), targets: new Float32Array(20), length: 20 };
  const start = (policy: string) => createPeer({ stateDir: join(folder, "library"), task, train, policy });
  await assert.rejects(start(join(folder, "site.yaml")), {
    code: "ERR_POLICY",
    message: /there are 20 rows to train on/,
  });
  write("other.yaml", "data: { columns: [temp] }\n");
  await assert.rejects(start(join(folder, "other.yaml")), { code: "ERR_POLICY", message: /"hum"/ });
  await assert.rejects(start(join(folder, "nowhere.yaml")), { code: "ERR_POLICY" });
  assert.equal(existsSync(join(folder, "library")), false);
});

test("a peer under policies has their budget and their quiet hours, whoever starts it", async () => {
  const policies = [
    {
      file: "p.yaml",
      policy: policySchema.parse({ traffic: { budget: "20MB/day", quietHours: ["00:00-12:00"], timeZone: "UTC" } }),
    },
  ];
  const task = parseTask(parseTaskYaml(readFileSync(join(folder, "task.yaml"), "utf8")));
  const { budget, isQuiet } = await peerUnder({ stateDir: folder, task, site: siteUnder(policies) });
  assert.deepEqual(budget, [{ kind: "all", limit: parseByteLimit("20MB/day") }]);
  const at = (hour: number) => isQuiet?.(Date.UTC(2026, 2, 4, hour));
  assert.deepEqual([at(6), at(18)], [true, false]);
});

test("nobody reads data of a site beside the door to it", () => {
  const readers = /\b(?:loadPeerData|loadCheckedData|loadInputs|loadDataset|readVerticalTable)\(/;
  const doors = /\bsite\.read\(|\)\.read\(|refuseVertical|inSession/;
  const rooms = ["node/commands/{peer,data,privacy,vertical,doctor,release,log,key}/*.ts", "node/doctor/**/*.ts"];
  const files = globSync(rooms, { cwd: TOP }).filter((path) => readers.test(readFileSync(join(TOP, path), "utf8")));
  assert.ok(files.length >= 6, files.join(" "));
  const beside = files.filter((path) => !doors.test(readFileSync(join(TOP, path), "utf8")) && !CALLED.includes(path));
  assert.deepEqual(beside, []);
});

test("policy show tells what leaves, to whom, when, under which protection, what stays, and what the policies say", () => {
  const { status, stdout, stderr } = hearsay(["policy", "show", ...TASK, "--policy", "site.yaml"]);
  assert.equal(status, 0, stderr);
  for (const part of [
    /^policies +site\.yaml$/m,
    /^bytes +20 MB a day \(site\.yaml\)$/m,
    /^quiet hours +(?:not )?now, until \d{4}-\d\d-\d\d \d\d:\d\d UTC/m,
    /what +parameters of the model after each training: .*\nto +every peer of the task, which is whoever has its invite\n/,
    /protection +dp-sgd: noise on this machine hides each single row, epsilon at most 8 at delta 0\.00001/,
    /what +announcements: .*number of rows\)/,
    /what +the log: the minute of each entry .*no row and no label/,
    /Stays here\n {2}examples: the rows of the data/,
    /allowed by every policy$/m,
  ])
    assert.match(stdout, part);
  const bad = hearsay(["policy", "show", ...TASK, "--policy", "strict.yaml"]);
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /not allowed {2}strict\.yaml: privacy\.maxEpsilon is 1/);
  const json = JSON.parse(hearsay(["policy", "show", ...TASK, "--policy", "site.yaml", "--json"]).stdout) as {
    flows: { what: string; to: string; when: string; protection: string }[];
    policies: { file: string }[];
    never: string[];
  };
  assert.ok(json.flows.length >= 5 && json.never.length >= 3);
  assert.equal(json.policies[0]?.file, "site.yaml");
});

test("policy show says so where a task hides nothing, and where there is no policy", () => {
  const plain = `name: plain\ninput: { shape: [2] }\noutput: { kind: classification, classes: [a, b] }\nmodel: { kind: softmax }\n`;
  write("plain.yaml", plain);
  const { stdout } = hearsay(["policy", "show", "--task", "plain.yaml"]);
  assert.match(stdout, /policies +none: no \/etc\/hearsay\/policy\.yaml, no \.hearsay\/policy\.yaml/);
  assert.match(stdout, /protection +none: a model may give away whether a row was among the data/);
  assert.match(stdout, /2 classes, and mean and spread/);
  write("shares.yaml", plain.replace("[a, b] }", "[a, b], shares: [0.9, 0.1] }"));
  const shares = hearsay(["policy", "show", "--task", "shares.yaml", "--json"]).stdout;
  assert.match(shares, /2 classes, how common each class is, and mean and spread/);
});

test("policy check is one line and status 0, or every fault and status 1; predict and vertical are refused", () => {
  assert.deepEqual(
    [hearsay(["policy", "check", "site.yaml"]).stdout, hearsay(["policy", "check", "site.yaml"]).status],
    ["site.yaml is right\n", 0],
  );
  write("wrong.yaml", "minimumRows: 5\n");
  const wrong = hearsay(["policy", "check", "wrong.yaml", "--json"]);
  assert.equal(wrong.status, 1);
  assert.match(
    (JSON.parse(wrong.stdout) as { faults: { message: string }[] }).faults[0]?.message as string,
    /minimumRows/,
  );
  const vertical = hearsay(["vertical", "train", "--state", "v"], { HEARSAY_POLICY: "site.yaml" });
  assert.match(vertical.stderr, /site\.yaml: vertical is false.*\[ERR_POLICY\]/);
});

test("the schema of a policy is printed", () => {
  const schema = JSON.parse(hearsay(["schema", "policy"]).stdout) as { title: string; properties: object };
  assert.equal(schema.title, "Hearsay site policy");
  assert.deepEqual(Object.keys(schema.properties), ["tasks", "data", "privacy", "traffic", "predict", "vertical"]);
});
