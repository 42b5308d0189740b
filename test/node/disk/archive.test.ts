import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { wallClock } from "../../../node/clock.ts";
import { nodeCrypto } from "../../../node/crypto.ts";
import { type FileArchive, openArchive, type Retention, readArchived } from "../../../node/disk/archive.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import type { ArchivedBlob } from "../../../protocol/base/seams.ts";
import { archiveConformance } from "../../conformance/archive.ts";

const PLENTY: Retention = { count: 1000, megabytes: 10, hours: 1, megabytesPerMinute: 1000, inputs: true };

archiveConformance("disk", async (use) => {
  const parent = await mkdtemp(join(tmpdir(), "hearsay-archive-"));
  const archive = openArchive({ directory: join(parent, "bodies"), retention: PLENTY, clock: wallClock });
  try {
    await use(archive);
  } finally {
    await archive.close();
    await rm(parent, { recursive: true });
  }
});

/** So many bytes that nobody else has. */
function blob(seed: number, length = 1000): ArchivedBlob {
  const bytes = new Uint8Array(length).fill(seed);
  return { hash: nodeCrypto.sha256(bytes), bytes };
}

describe("the archive", () => {
  let parent: string;
  let directory: string;
  let nowMs = 0;
  const clock = { now: () => nowMs, monotonicMs: () => nowMs, after: () => () => {} };
  const warnings: string[] = [];
  const opened: FileArchive[] = [];
  const open = (retention: Partial<Retention> = {}, time = clock) => {
    const options = { directory, retention: { ...PLENTY, ...retention }, clock: time };
    const archive = openArchive({ ...options, warn: (text) => warnings.push(text) });
    opened.push(archive);
    return archive;
  };
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), "hearsay-archive-"));
    directory = join(parent, "bodies");
    nowMs = Date.now();
    warnings.length = 0;
  });
  afterEach(async () => {
    for (const archive of opened.splice(0)) await archive.close();
    await rm(parent, { recursive: true });
  });

  const has = async (archive: { get(hash: Uint8Array): Promise<unknown> }, ...blobs: readonly ArchivedBlob[]) =>
    Promise.all(blobs.map(async ({ hash }) => (await archive.get(hash)) !== undefined));

  it("gives back what was put, also after it was opened again, and to another process", async () => {
    const archive = open();
    await archive.put([blob(1)], [blob(2)]);
    assert.deepEqual(await archive.get(blob(1).hash), blob(1).bytes);
    assert.equal(await archive.get(blob(3).hash), undefined);
    await archive.close();
    const again = open();
    assert.deepEqual(await has(again, blob(1), blob(2)), [true, true]);
    assert.deepEqual(await readArchived(directory, blob(2).hash), blob(2).bytes);
    await again.close(); // while it looks the directory through, it has a file of its own there
    assert.deepEqual((await readdir(directory)).sort(), [blob(1), blob(2)].map(({ hash }) => toHex(hash)).sort());
  });

  it("that is closed writes what waits for a second, and leaves the rest: a peer that ends does not wait for a slow disk", async () => {
    const blobs = Array.from({ length: 200 }, (_, i) => blob(i));
    const quick = open();
    const kept = blobs.slice(0, 20).map((one) => quick.put([one]));
    await Promise.all([quick.close(), ...kept]);
    assert.deepEqual([quick.summary().files, quick.summary().skipped], [20, 0]);

    const slow = open();
    const waiting = blobs.map((one) => slow.put([one]));
    const closing = slow.close();
    nowMs += 1_000;
    await Promise.all([closing, ...waiting]);
    assert.ok(slow.summary().skipped >= 190, `${slow.summary().skipped} of 200 were left`);
  });

  it("reads a part alone once the whole was found sound, and the whole again when the file has changed", async () => {
    const archive = open();
    const { hash, bytes } = blob(1, 600_000);
    bytes.set([1, 2, 3], 500_000);
    const whole = { hash: nodeCrypto.sha256(bytes), bytes };
    await archive.put([whole]);
    const part = await archive.getPart(whole.hash, 500_000, 3);
    assert.deepEqual(part, { total: 600_000, chunk: Uint8Array.of(1, 2, 3), verifiedBytes: 600_000 });
    assert.equal((await archive.getPart(whole.hash, 599_999, 100))?.chunk.length, 1);
    assert.equal((await archive.getPart(whole.hash, 2 ** 40, 100))?.chunk.length, 0);
    assert.equal((await archive.getPart(whole.hash, 0, 1))?.verifiedBytes, 0);
    assert.equal(await archive.getPart(hash, 0, 1), undefined);
    await writeFile(join(directory, toHex(whole.hash)), new Uint8Array(600_000));
    assert.equal(await archive.getPart(whole.hash, 0, 1), undefined, "it is another");
    assert.deepEqual(archive.summary().files, 0);
  });

  it("keeps so many, so many bytes, and so long, and gives up the oldest first", async () => {
    for (const retention of [{ count: 3 }, { megabytes: 0.003 }]) {
      const archive = open(retention);
      for (let i = 1; i <= 5; i++) await archive.put([blob(i)]);
      assert.deepEqual(await has(archive, ...[1, 2, 3, 4, 5].map((i) => blob(i))), [false, false, true, true, true]);
      assert.deepEqual(archive.summary(), { files: 3, bytes: 3000, skipped: 0 });
      nowMs += 60_000;
    }
    const archive = open({ hours: 1 });
    await archive.put([blob(6)]);
    nowMs += 3_900_000;
    await archive.put([blob(7)]);
    assert.deepEqual(await has(archive, blob(5), blob(6), blob(7)), [false, false, true]);
  });

  it("measures age by a clock that nobody sets: of what it wrote, and from its start on of what was there", async () => {
    await open().put([blob(1)]);
    let setMs = 0;
    const archive = open({ hours: 1 }, { ...clock, now: () => nowMs + setMs });
    await archive.put([blob(2)]);
    setMs = 30 * 24 * 3_600_000;
    await archive.put([blob(3)]);
    assert.deepEqual(await has(archive, blob(1), blob(2), blob(3)), [true, true, true]);
    nowMs += 3_900_000;
    await archive.put([blob(4)]);
    assert.deepEqual(await has(archive, blob(1), blob(2), blob(3), blob(4)), [false, false, false, true]);
  });

  it("counts as new what a newer merge names again, also after it was opened again", async () => {
    const archive = open({ count: 2 });
    await archive.put([blob(1)]);
    await archive.put([blob(2)]);
    nowMs += 60_000;
    await archive.put([blob(1)]);
    assert.deepEqual(archive.summary(), { files: 2, bytes: 2000, skipped: 0 });
    await archive.put([], [blob(3)]);
    assert.deepEqual(await has(archive, blob(1), blob(2), blob(3)), [true, false, true]);
    nowMs += 60_000;
    await archive.put([blob(1)]);
    await archive.close();
    const again = open({ count: 1 });
    await again.put([]);
    assert.deepEqual(await has(again, blob(1), blob(3)), [true, false]);
  });

  it("keeps its bounds, and as much as they allow, where somebody else removes files, or sets their times", async () => {
    const archive = open({ count: 4 });
    const name = (i: number) => join(directory, toHex(blob(i).hash));
    for (let i = 1; i <= 4; i++) await archive.put([blob(i)]);
    await rm(name(1));
    await rm(name(2));
    for (let i = 5; i <= 7; i++) await archive.put([blob(i)]);
    assert.deepEqual(await has(archive, ...[3, 4, 5, 6, 7].map((i) => blob(i))), [false, true, true, true, true]);
    assert.deepEqual(archive.summary(), { files: 4, bytes: 4000, skipped: 0 });
    const longAgo = nowMs / 1000 - 1000;
    for (let i = 4; i <= 7; i++) await utimes(name(i), longAgo + i, longAgo + i);
    for (let i = 8; i <= 10; i++) await archive.put([blob(i)]);
    assert.deepEqual(archive.summary(), { files: 4, bytes: 4000, skipped: 0 });
    assert.equal((await readdir(directory)).length, 4);
    assert.deepEqual(await has(archive, blob(6), blob(7), blob(9), blob(10)), [true, true, true, true]);
  });

  it("prunes what an earlier run has left, by its age, half-written files among it", async () => {
    await mkdir(directory);
    for (const [i, minutes] of [1, 200, 3].entries()) {
      const path = join(directory, toHex(blob(i).hash));
      await writeFile(path, blob(i).bytes);
      const seconds = nowMs / 1000 - 60 * minutes;
      await utimes(path, seconds, seconds);
    }
    await writeFile(join(directory, `${toHex(blob(9).hash)}.new`), "half");
    await writeFile(join(directory, "notes.txt"), "not ours");
    const archive = open({ count: 2 });
    await archive.put([blob(4)]);
    assert.deepEqual(await has(archive, blob(0), blob(1), blob(2), blob(4)), [true, false, false, true]);
    assert.deepEqual((await readdir(directory)).filter((name) => name.includes(".")).sort(), ["notes.txt"]);
  });

  it("keeps nothing where a bound is 0, not even what is there", async () => {
    await open().put([blob(1)]);
    for (const bound of ["count", "megabytes", "hours", "megabytesPerMinute"] as const) {
      const archive = open({ [bound]: 0 });
      await archive.put([blob(2)]);
      await archive.close();
      assert.deepEqual(await readdir(directory), []);
    }
  });

  it("keeps others' bodies only where it is to", async () => {
    const archive = open({ inputs: false });
    await archive.put([blob(1)], [blob(2)]);
    assert.deepEqual(await has(archive, blob(1), blob(2)), [true, false]);
  });

  it("keeps whole merges as long as the budget lasts, then none until enough time has passed", async () => {
    const archive = open({ megabytesPerMinute: 0.001 }); // 16 kB saved up at the start
    const merge = (i: number) => [blob(i), blob(i + 1), blob(i + 2)];
    for (let i = 0; i < 30; i += 3) await archive.put([], merge(i));
    const { files, skipped } = archive.summary();
    assert.deepEqual([files, skipped], [18, 4], "six merges of 3 kB: the last on credit");
    nowMs += 2 * 60_000;
    await archive.put([], merge(40));
    assert.equal(archive.summary().files, 18, "2 kB earned pay the debt");
    nowMs += 60_000;
    await archive.put([], merge(40));
    assert.equal(archive.summary().files, 21);
    await archive.put([blob(40)]);
    assert.equal(archive.summary().skipped, 5, "what is there costs nothing");
    nowMs += 8 * 60_000;
    await archive.put([blob(50)]);
    assert.equal(archive.summary().skipped, 6, "the first half is for merges");
    nowMs += 4 * 60_000;
    await archive.put([blob(50)]);
    assert.equal(archive.summary().files, 22);
  });

  it("forgets a file that was damaged, and keeps it anew", async () => {
    const archive = open();
    await archive.put([blob(1)]);
    const path = join(directory, toHex(blob(1).hash));
    const damaged = blob(1).bytes.slice();
    damaged[500] = 0;
    await writeFile(path, damaged);
    assert.equal(await archive.get(blob(1).hash), undefined);
    assert.deepEqual(archive.summary(), { files: 0, bytes: 0, skipped: 0 });
    await archive.put([blob(1)]);
    assert.deepEqual(await archive.get(blob(1).hash), blob(1).bytes);
    assert.deepEqual(archive.summary(), { files: 1, bytes: 1000, skipped: 0 });
  });

  it("leaves alone what was missing when somebody asked for it, and is written by then", async () => {
    const archive = open();
    const [, found] = await Promise.all([archive.put([blob(1)]), archive.get(blob(1).hash)]);
    assert.ok(found === undefined || found.length === 1000);
    assert.deepEqual(await has(archive, blob(1)), [true]);
  });

  it("tells once of a disk that takes nothing, and again after it has recovered", async () => {
    await writeFile(directory, "a file where the directory should be");
    const archive = open();
    await archive.put([blob(1)]);
    await archive.put([blob(2)]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] as string, /bodies for audits cannot be kept in .*bodies: /);
    await rm(directory);
    await mkdir(directory);
    await archive.put([blob(3)]);
    assert.deepEqual(await has(archive, blob(2), blob(3)), [false, true]);
    await rm(directory, { recursive: true });
    await archive.put([blob(4)]);
    assert.equal(warnings.length, 2);
  });

  it("holds no more than three large sets while the disk is busy, and loses none of small ones", async () => {
    const archive = open();
    await Promise.all(Array.from({ length: 10 }, (_, i) => archive.put([blob(i, 3_000_000)])));
    assert.deepEqual(archive.summary(), { files: 3, bytes: 9_000_000, skipped: 7 });
    await Promise.all(Array.from({ length: 50 }, (_, i) => archive.put([blob(i)])));
    assert.deepEqual(archive.summary(), { files: 53, bytes: 9_050_000, skipped: 7 });
  });
});
