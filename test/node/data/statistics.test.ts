/** Mean and spread on which sites agree: what a liar can do, what is signed, and the commands from tables to a task. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { identityFromSeed } from "../../../node/crypto.ts";
import { agree } from "../../../node/data/statistics/agree.ts";
import { type ColumnFigures, encodeStatistics, readStatistics } from "../../../node/data/statistics/statement.ts";
import { parseTaskYaml } from "../../../node/task-yaml.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { bundledCli } from "../../support/bundled-cli.ts";
import { sourceEnvironment } from "../../support/process.ts";

const CLI = await bundledCli();

const folder = mkdtempSync(join(tmpdir(), "hearsay-statistics-"));
after(() => rmSync(folder, { recursive: true }));

const figures = (mean: number, std: number): ColumnFigures[] => [{ name: "t", use: "feature", count: 10, mean, std }];
const site = (mean: number, std: number, signer?: string) => ({
  file: `${mean}.json`,
  signer,
  columns: figures(mean, std),
});

test("fewer than half of the sites move no figure beyond what honest ones say, whatever rows they claim", () => {
  const honest = [site(19, 5), site(20, 5.2), site(21, 4.8)];
  const [clean] = agree(honest);
  assert.equal(clean?.mean, 20);
  assert.ok(Math.abs((clean?.std as number) - Math.sqrt(25 + 1.4826 ** 2)) < 1e-9, "sites lie one apart");
  for (const lie of [site(1e30, 1e30), site(-1e30, 0)]) {
    const [moved] = agree([...honest, lie, lie]);
    assert.ok((moved?.mean as number) >= 19 && (moved?.mean as number) <= 21);
    assert.ok((moved?.std as number) < 8, `${moved?.std}`);
  }
});

test("the order of the files changes nothing; a column that never varies gets a spread of 1", () => {
  const sites = [site(1, 2), site(5, 3), site(4, 1)];
  assert.deepEqual(agree(sites), agree(sites.toReversed()));
  assert.equal(agree([site(3, 0), site(3, 0)])[0]?.std, 1);
});

test("one key has one vote, and sites must speak of the same columns", () => {
  assert.throws(() => agree([site(1, 1, "a"), site(2, 1, "a")]), { code: "ERR_DATA", message: /of one site \(a\)/ });
  const other = { ...site(2, 1), columns: [{ ...(figures(2, 1)[0] as ColumnFigures), name: "u" }] };
  assert.throws(() => agree([site(1, 1), other]), { code: "ERR_DATA", message: /other columns/ });
});

test("a file that was changed after it was signed is refused, one that nobody signed says so", async () => {
  const identity = identityFromSeed(new Uint8Array(32).fill(7));
  const path = join(folder, "signed.json");
  writeFileSync(path, encodeStatistics(figures(3, 1), identity));
  assert.equal((await readStatistics(path)).signer, identity.peerId);
  writeFileSync(path, encodeStatistics(figures(3, 1), identity).replace('"mean": 3', '"mean": 4'));
  await assert.rejects(readStatistics(path), { code: "ERR_SIGNATURE" });
  writeFileSync(path, encodeStatistics(figures(3, 1), undefined));
  assert.equal((await readStatistics(path)).signer, undefined);
  writeFileSync(path, "{}");
  await assert.rejects(readStatistics(path), {
    code: "ERR_DATA",
    message: /is not what hearsay data statistics writes/,
  });
});

test("from the tables of three sites to one task, the same for everybody; a task that hides data is refused", () => {
  const hearsay = (...args: readonly string[]) => {
    const env = { ...sourceEnvironment(), NO_COLOR: "1" };
    return spawnSync(process.execPath, [CLI, "data", ...args], { encoding: "utf8", cwd: folder, env });
  };
  const draft = `name: calibration
input: { shape: [1], features: [raw] }
output: { kind: regression, targets: [reference] }
model: { kind: softmax }
`;
  writeFileSync(join(folder, "task.yaml"), draft.replace("softmax", "mlp, hidden: [4]"));
  const files = [0, 1, 2].map((shift) => {
    const rows = Array.from({ length: 20 }, (_, i) => `${100 * shift + (i % 5)},${shift + (i % 3)}`);
    writeFileSync(join(folder, `${shift}.csv`), `raw,reference\n${rows.join("\n")}\n`);
    const made = hearsay("statistics", "--task", "task.yaml", "--data", `${shift}.csv`, "-o", `${shift}.json`);
    assert.equal(made.status, 0, made.stderr);
    assert.match(made.stdout, /columns +2: number of readings, mean and spread of each; no row/);
    return `${shift}.json`;
  });
  const agreed = hearsay("agree", "task.yaml", ...files, "-o", "agreed.yaml");
  assert.equal(agreed.status, 0, agreed.stderr);
  assert.match(agreed.stdout, /│ raw +│ feature │ 102 ± 148\.2\d+ +│ 2, 102, 202 +│/);
  const text = readFileSync(join(folder, "agreed.yaml"), "utf8");
  const task = parseTask(parseTaskYaml(text));
  assert.deepEqual(task.input.mean, [102]);
  assert.equal(task.output.kind === "regression" && (task.output.mean[0] ?? 0) > 1.9, true);
  assert.match(text, /# mean and std agreed with 0\.json, not signed/);
  const again = JSON.parse(
    hearsay("agree", "task.yaml", ...files.toReversed(), "-o", "again.yaml", "--json").stdout,
  ) as { taskId: string };
  assert.ok(agreed.stdout.includes(again.taskId));
  assert.match(hearsay("agree", "task.yaml", ...files, "--signed").stderr, /0\.json is not signed.*\[ERR_SIGNATURE\]/);
  const hidden = "privacy: { mechanism: dp-sgd, clipNorm: 1, noiseMultiplier: 1, maxEpsilon: 8 }\n";
  writeFileSync(join(folder, "private.yaml"), readFileSync(join(folder, "task.yaml"), "utf8") + hidden);
  const refused = hearsay("statistics", "--task", "private.yaml", "--data", "0.csv");
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /the task hides data \(privacy\), and figures of columns have no noise/);
});
