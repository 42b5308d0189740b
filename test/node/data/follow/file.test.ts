/** A file that grows is read once, whole lines only, whatever becomes of it: renamed, truncated, replaced, with or without a look in between. */
import assert from "node:assert/strict";
import { appendFile, copyFile, rename, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { Followed, folderFor } from "./followed.ts";

async function open(test: TestContext, text: string) {
  const folder = await folderFor(test);
  const path = join(folder, "live.csv");
  await writeFile(path, text);
  const followed = await Followed.open(path, join(folder, "rejected.ndjson"));
  test.after(() => followed.source.close());
  return { folder, path, followed };
}

/** Rotation is sure at the second look at which the old file has not grown. */
async function takeTwice(followed: Followed): Promise<number[]> {
  return [...(await followed.take()), ...(await followed.take())];
}

describe("a file that is followed", () => {
  it("gives its rows once, and those that are appended", async (test) => {
    const { path, followed } = await open(test, "x,y,t\n1,2,3\n4,5,6\n");
    assert.deepEqual(await followed.take(), [3, 6]);
    assert.deepEqual(await followed.take(), []);
    await appendFile(path, "7,8,9\n");
    assert.deepEqual(await followed.take(), [9]);
  });

  it("waits for the end of a line that is half written", async (test) => {
    const { path, followed } = await open(test, "x,y,t\n1,2,3\n4,5,6");
    assert.deepEqual(await followed.take(), [3]);
    await appendFile(path, "0\n");
    assert.deepEqual(await followed.take(), [60]);
  });

  it("waits for a first row, and for the file", async (test) => {
    const folder = await folderFor(test);
    const path = join(folder, "later.csv");
    const followed = await Followed.open(path, join(folder, "rejected.ndjson"));
    test.after(() => followed.source.close());
    assert.deepEqual(await followed.take(), []);
    await writeFile(path, "x,y,t\n");
    assert.deepEqual(await followed.take(), []);
    await appendFile(path, "1,2,3\n");
    assert.deepEqual(await followed.take(), [3]);
  });

  it("that is renamed is read to its end, also what is still written to it, and then the one in its place", async (test) => {
    const { folder, path, followed } = await open(test, "x,y,t\n1,2,3\n");
    assert.deepEqual(await followed.take(), [3]);
    await rename(path, join(folder, "live.csv.1"));
    await writeFile(path, "x,y,t\n1,2,5\n");
    assert.deepEqual(await followed.take(), []);
    await appendFile(join(folder, "live.csv.1"), "1,2,4\n1,2,4.5");
    assert.deepEqual(await takeTwice(followed), [4, 4.5, 5]);
  });

  it("may have its columns in another order after it was replaced, or no header", async (test) => {
    const { folder, path, followed } = await open(test, "x,y,t\n1,2,3\n");
    assert.deepEqual(await followed.take(), [3]);
    await rename(path, join(folder, "live.csv.1"));
    await writeFile(path, "t,x,y\n4,1,2\n");
    assert.deepEqual(await takeTwice(followed), [4]);
    await rename(path, join(folder, "live.csv.2"));
    await writeFile(path, "5,1,2\n");
    assert.deepEqual(await takeTwice(followed), [5]);
  });

  it("that is copied away and truncated is read from its start", async (test) => {
    const { folder, path, followed } = await open(test, "x,y,t\n1,2,3\n1,2,4\n");
    assert.deepEqual(await followed.take(), [3, 4]);
    await copyFile(path, join(folder, "live.csv.1"));
    await truncate(path);
    await appendFile(path, "x,y,t\n1,2,5\n");
    assert.deepEqual(await followed.take(), [5]);
  });

  it("that was truncated and is longer again than before is read from its start", async (test) => {
    const { path, followed } = await open(test, "x,y,t\n1,2,3\n");
    assert.deepEqual(await followed.take(), [3]);
    await truncate(path);
    await appendFile(path, "x,y,t\n1,2,5\n1,2,6\n1,2,7\n");
    assert.deepEqual(await followed.take(), [5, 6, 7]);
  });

  it("is read on from its place after a restart, in whatever file that now lies", async (test) => {
    const { folder, path, followed } = await open(test, "x,y,t\n1,2,3\n1,2,4\n");
    assert.deepEqual(await followed.take(1), [3]);
    const past = JSON.parse(JSON.stringify(followed.source.position()));
    await appendFile(path, "1,2,5\n");
    await rename(path, join(folder, "live.csv.1"));
    await writeFile(path, "x,y,t\n1,2,6\n");
    const again = await Followed.open(path, join(folder, "rejected.ndjson"), { past });
    test.after(() => again.source.close());
    assert.deepEqual(await takeTwice(again), [4, 5, 6]);
  });

  it("gives no more rows at once than are asked for", async (test) => {
    const { followed } = await open(test, `x,y,t\n${"1,2,3\n".repeat(50)}`);
    const lengths = [];
    for (let rows = await followed.take(20); rows.length > 0; rows = await followed.take(20)) lengths.push(rows.length);
    assert.deepEqual(lengths, [20, 20, 10]);
  });

  it("whose quote is never closed loses that line, and is read on", async (test) => {
    const { path, followed } = await open(test, 'x,y,t\n1,2,3\n"1,2,4\n');
    assert.deepEqual(await followed.take(), [3]);
    await appendFile(path, "1,2,5\n".repeat(LIMITS.maxStreamRowCharacters / 6 + 1));
    assert.deepEqual(await followed.take(3), [5, 5]);
    assert.equal(followed.bad, 1);
  });

  it("whose quote holds back the lines behind it is told once, with the line, and as long as it may be a text of some lines not", async (test) => {
    const folder = await folderFor(test);
    const path = join(folder, "live.csv");
    await writeFile(path, 'x,y,t\n1,2,3\n"1,2,4\n1,2,5\n1,2,6\n');
    for (const what of [path, folder]) {
      const told: string[] = [];
      const followed = await Followed.open(what, join(folder, "rejected.ndjson"), { warn: (text) => told.push(text) });
      test.after(() => followed.source.close());
      assert.deepEqual([await followed.take(), told], [[3], []]);
      await appendFile(path, "1,2,7\n1,2,8\n1,2,9\n");
      assert.deepEqual(await followed.take(), []);
      await appendFile(path, "1,2,10\n");
      assert.deepEqual(await followed.take(), []);
      assert.equal(told.length, 1);
      assert.match(
        told[0] ?? "",
        /live\.csv: a quote is opened in "\\"1,2,4" and not closed: nothing behind it is read/,
      );
      await writeFile(path, 'x,y,t\n1,2,3\n"1,2,4\n1,2,5\n1,2,6\n');
    }
  });

  it("is refused before anything is taken where its header lacks a column of the task or the time, also after a restart", async (test) => {
    await assert.rejects(open(test, "x,z,t\n1,2,3\n"), { code: "ERR_DATA", message: /"y"/ });
    const { folder, path, followed } = await open(test, "x,y,t\n1,2,3\n");
    assert.deepEqual(await followed.take(), [3]);
    const past = followed.source.position();
    const again = Followed.open(path, join(folder, "r.ndjson"), { past, time: "when" });
    await assert.rejects(again, { code: "ERR_DATA", message: /no column "when" \(--time\); the header has x, y, t/ });
  });

  it("goes on after a restart where the file that has its place now has no header", async (test) => {
    const { folder, path, followed } = await open(test, "x,y,t\n1,2,3\n");
    assert.deepEqual(await followed.take(), [3]);
    const past = JSON.parse(JSON.stringify(followed.source.position()));
    await rename(path, join(folder, "live.csv.1"));
    await writeFile(path, "1,2,4\n1,2,5\n");
    const again = await Followed.open(path, join(folder, "rejected.ndjson"), { past });
    test.after(() => again.source.close());
    assert.deepEqual(await takeTwice(again), [4, 5]);
  });
});
