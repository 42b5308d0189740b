/** A database knows whether it is where its peer left it, however it was copied. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { findPlace } from "../../../node/disk/place.ts";
import { openStore } from "../../../node/disk/store.ts";
import { utf8 } from "../../../protocol/base/bytes.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearsay-place-"));
});
after(() => rm(root, { recursive: true }));

/** Opens, looks, writes what there is to write, and some more. */
async function visit(directory: string, settles = true): Promise<boolean | undefined> {
  const store = await openStore(directory);
  const { moved, changes } = await findPlace(directory, store);
  if (settles && changes.length > 0) await store.write(changes);
  for (let i = 0; i < 5; i++) await store.write([{ key: "something", value: utf8(String(i)) }]);
  await store.close();
  return moved;
}

async function home(name: string): Promise<string> {
  const directory = join(root, name);
  assert.equal(await visit(directory), undefined, "a new one cannot tell");
  assert.equal(await visit(directory), false);
  return directory;
}

it("a database that is opened again and again stays at home, also where its directory is renamed", async () => {
  const directory = await home("steady");
  for (let i = 0; i < 3; i++) assert.equal(await visit(directory), false);
  await mkdir(join(root, "elsewhere"));
  const there = join(root, "elsewhere", "db");
  await rename(directory, there);
  assert.equal(await visit(there), false);
});

const copies: [how: string, copy: (from: string, to: string) => Promise<void> | void][] = [
  ["cp -r", (from, to) => cp(from, to, { recursive: true })],
  ["cp -r with its times", (from, to) => cp(from, to, { recursive: true, preserveTimestamps: true })],
  ["cp -a", (from, to) => run("cp", "-a", from, to)],
  ["tar", (from, to) => run("sh", "-c", `mkdir "${to}" && tar -C "${from}" -cf - . | tar -C "${to}" -xpf -`)],
];

for (const [how, copy] of copies)
  it(`a copy made by ${how} is one, until it has said so once; what it was made from stays at home`, async () => {
    const from = await home(`from ${how}`);
    const to = join(root, `to ${how}`);
    await copy(from, to);
    assert.equal(await visit(to, false), true);
    assert.equal(await visit(to), true, "as long as no new log began");
    assert.equal(await visit(to), false);
    assert.equal(await visit(from), false);
  });

it("a backup that is put back in place of what was there is a copy", async () => {
  const directory = await home("restored");
  await cp(directory, join(root, "backup"), { recursive: true, preserveTimestamps: true });
  assert.equal(await visit(directory), false);
  await rm(directory, { recursive: true });
  await cp(join(root, "backup"), directory, { recursive: true, preserveTimestamps: true });
  assert.equal(await visit(directory), true);
});

it("a database that lost its marker, or from before there was one, is not taken for the one that was left", async () => {
  const directory = await home("unmarked");
  await rm(join(directory, "PLACE"));
  assert.equal(await visit(directory), true);
});

function run(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
}
