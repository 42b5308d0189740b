/** `hearsay data check`: what it prints, and its exit status; and what a task does to rows without a reading, from `init` to `predict`. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { encodeModel } from "../../../../node/disk/model-file.ts";
import { openTask } from "../../../../node/disk/state-dir.ts";
import { numParams } from "../../../../protocol/base/task.ts";
import { bundledCli } from "../../../support/bundled-cli.ts";
import { sourceEnvironment } from "../../../support/process.ts";

const CLI = await bundledCli();

const folder = mkdtempSync(join(tmpdir(), "hearsay-data-command-"));
after(() => rmSync(folder, { recursive: true }));

function hearsay(...args: readonly string[]) {
  return spawnSync(process.execPath, [CLI, ...args], { encoding: "utf8", cwd: folder, env: sourceEnvironment() });
}

function write(name: string, row: (i: number) => string): string {
  const rows = Array.from({ length: 60 }, (_, i) => row(i));
  writeFileSync(join(folder, name), `temp,hum,label\n${rows.join("\n")}\n`);
  return name;
}

const label = (i: number) => (i % 2 === 0 ? "low" : "high");
const good = write("good.csv", (i) => `${20 + (i % 13)},${i % 9 === 0 ? "" : 500 + (i % 17)},${label(i)}`);

test("a task takes its policy from init, and data check holds data of others against it", () => {
  const made = hearsay("init", "--data", good, "--missing", "empty", "--missing-policy", "mask");
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stdout, /missing +hum 7; the mean stands in, and a mask says so/);
  assert.match(readFileSync(join(folder, "task.yaml"), "utf8"), /shape: \[4\][\s\S]*missingPolicy: mask/);
  const same = hearsay("data", "check", "--task", "task.yaml", "--data", good);
  assert.equal(same.status, 0, same.stderr);
  assert.match(same.stdout, /│ hum +│ feature │ 11\.7 % +│ 507\.698 ± 4\.83 +│ 507\.698 ± 4\.83/);
  assert.match(same.stdout, /\nok {2}nothing found/);

  const kelvin = write("kelvin.csv", (i) => `${293 + (i % 13)},${500 + (i % 17)},${label(i)}`);
  const other = hearsay("data", "check", "--task", "task.yaml", "--data", kelvin);
  assert.equal(other.status, 0);
  assert.match(other.stdout, /warning {2}units: "temp" is about 29\d.* in the task: other units\?; bring the column/);
  const strict = hearsay("data", "check", "--task", "task.yaml", "--data", kelvin, "--strict", "--json");
  const report = JSON.parse(strict.stdout) as { ok: boolean; files: { findings: { check: string }[] }[] };
  assert.deepEqual([strict.status, report.ok, report.files[0]?.findings[0]?.check], [1, false, "units"]);
});

test("a failure is told with all else that was found, and is exit status 1", () => {
  const flat = write("flat.csv", (i) => `20,500,${label(i)}`);
  const { status, stdout } = hearsay("data", "check", "--task", "task.yaml", "--data", flat);
  assert.equal(status, 1);
  assert.match(stdout, /failure {2}constant: 2 of 2 features are constant/);
  assert.match(stdout, /warning {2}duplicates: 29 of 60 rows/);
});

test("what cannot be read is an error that says what is missing", () => {
  writeFileSync(join(folder, "short.csv"), "temp,label\n1,low\n2,high\n");
  const { status, stderr } = hearsay("data", "check", "--task", "task.yaml", "--data", "short.csv");
  assert.equal(status, 1);
  assert.match(stderr, /there is no feature column "hum"; the header has "temp", "label"/);
});

test("a policy that there is not, and one without a table, end init with status 2", () => {
  const unknown = hearsay("init", "--force", "--data", good, "--missing", "empty", "--missing-policy", "guess");
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /--missing-policy guess: there are\n {2}mean[\s\S]*\n {2}mask/);
  assert.equal(hearsay("init", "--force", "--missing-policy", "mask").status, 2);
  const refused = hearsay("init", "--force", "--data", good, "--missing", "empty", "--missing-policy", "refuse");
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /line 2, column "hum".*no reading/);
});

test("a row that the task leaves out gets an empty line of predict, in its place", async () => {
  const path = join(folder, "task.yaml");
  const state = join(folder, "state");
  assert.equal(hearsay("init", "--force", "--data", good, "--missing", "empty", "--missing-policy", "drop").status, 0);
  const { task, taskId } = await openTask(state, path);
  const model = encodeModel(new Float32Array(numParams(task)), task, taskId, { peerId: "p", cycle: 1 });
  writeFileSync(join(state, "model.safetensors"), model);
  writeFileSync(join(folder, "new.csv"), "temp,hum\n20,500\n20,\n21,501\n");
  const csv = hearsay("predict", "--state", "state", "--data", "new.csv");
  assert.equal(csv.stdout, "prediction,probability\nhigh,0.5\n,\nhigh,0.5\n", csv.stderr);
  const json = hearsay("predict", "--state", "state", "--data", "new.csv", "--json");
  assert.match(json.stdout, /\n\{"row":1,"prediction":null\}\n\{"row":2,"prediction":"high"/);
});
