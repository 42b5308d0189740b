/** Each row goes through the checks of the task; what does not fit is put aside with its reason, in a file of bounded size. */
import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { createDeadLetters } from "../../../../node/data/follow/dead-letters.ts";
import { timeOf } from "../../../../node/data/follow/time-of.ts";
import { openStream } from "../../../../node/data/sources/standard-input.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { Followed, folderFor, tableOptions } from "./followed.ts";

async function lettersIn(path: string): Promise<{ reason: string; row: string }[]> {
  const lines = (await readFile(path, "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

describe("rows of a stream", () => {
  it("that do not fit the task are put aside with their reason, and the others are taken", async (test) => {
    const folder = await folderFor(test);
    const [path, rejected] = [join(folder, "a.csv"), join(folder, "rejected.ndjson")];
    const bad = ["1,oops,2", "1,2", "1,2,", "1,2,3,4", '1,2,5" pipe'];
    await writeFile(path, `x,y,t\n1,2,3\n${bad.join("\n")}\n\nx,y,t\n1,2,9\n`);
    const followed = await Followed.open(path, rejected);
    test.after(() => followed.source.close());
    assert.deepEqual(await followed.take(), [3, 9]);
    assert.equal(followed.bad, bad.length);
    const letters = await lettersIn(rejected);
    assert.deepEqual(
      letters.map(({ row }) => row),
      bad,
    );
    assert.match(letters[0]?.reason ?? "", /column "y": "oops" is no number/);
    assert.match(letters[4]?.reason ?? "", /quote/);
  });

  it("with bytes that are no text of the encoding are put aside", async (test) => {
    const folder = await folderFor(test);
    const path = join(folder, "a.csv");
    await writeFile(
      path,
      Buffer.concat([Buffer.from("x,y,t\n1,2,3\n1,2,"), Buffer.of(0xff), Buffer.from("\n1,2,4\n")]),
    );
    const open = () => Followed.open(path, join(folder, "r.ndjson"));
    await assert.rejects(open(), { code: "ERR_DATA" }, "where the beginning of a file is none, that is told at once");
    await writeFile(path, "x,y,t\n1,2,3\n");
    const followed = await open();
    test.after(() => followed.source.close());
    assert.deepEqual(await followed.take(), [3]);
    await appendFile(path, Buffer.concat([Buffer.from("1,2,"), Buffer.of(0xff), Buffer.from("\n1,2,4\n")]));
    assert.deepEqual(await followed.take(), [4]);
    assert.equal(followed.bad, 1);
  });

  it("have the time of their column", async (test) => {
    const folder = await folderFor(test);
    const path = join(folder, "a.csv");
    await writeFile(path, "when,x,y,t\n2026-03-29T02:30:00+02:00,1,2,3\nsoon,1,2,4\n");
    const followed = await Followed.open(path, join(folder, "r.ndjson"), { time: "when" });
    test.after(() => followed.source.close());
    const { rows, bad } = await followed.stream.take(10);
    assert.deepEqual([rows.map(({ timeMs }) => timeMs), bad], [[Date.UTC(2026, 2, 29, 0, 30)], 1]);
  });

  for (const text of ["", "12", "2026-02-30", "2026-13-01", "29.3.2026", "noon"])
    it(`a time "${text}" is none`, () => {
      assert.equal(typeof timeOf(text), "string");
    });

  it("of a flood of bad rows fill no disk", async (test) => {
    const folder = await folderFor(test);
    const path = join(folder, "rejected.ndjson");
    const letters = createDeadLetters(path);
    const flood = Array.from({ length: 5000 }, () => ({ source: "s", reason: "r", row: "x".repeat(5000) }));
    for (let i = 0; i < 30; i++) await letters.add(flood, 0);
    const sizes = await Promise.all([path, `${path}.1`].map(async (one) => (await stat(one)).size));
    for (const size of sizes) assert.ok(size < LIMITS.maxDeadLetterBytes + 200_000, String(size));
    assert.match((await lettersIn(path)).at(-1)?.reason ?? "", /4900 more rows/);
  });
});

describe("a folder that is followed", () => {
  it("leaves a table of something else out, says so once, and reads it when it is mended", async (test) => {
    const tables = await folderFor(test);
    const rejected = join(await folderFor(test), "rejected.ndjson");
    await writeFile(join(tables, "a.csv"), "x,y,t\n1,2,3\n");
    const told: string[] = [];
    const followed = await Followed.open(tables, rejected, { warn: (message) => told.push(message) });
    await writeFile(join(tables, "b.csv"), "name,price\nann,2\n");
    assert.deepEqual(await followed.take(), [3]);
    await appendFile(join(tables, "b.csv"), "bob,3\n");
    assert.deepEqual(await followed.take(), []);
    assert.equal(told.length, 1, told.join("\n"));
    assert.match(told[0] ?? "", /b\.csv is left out: there is no .*column "t"; the header has "name", "price"/);
    await writeFile(join(tables, "b.csv"), "x,y,t\n1,2,40\n1,2,50\n1,2,60\n");
    assert.deepEqual(await followed.take(), [40, 50, 60]);
  });

  it("gives the tables in order of their names, those that come, and what is appended", async (test) => {
    const folder = await folderFor(test);
    const inbox = join(folder, "inbox");
    await mkdir(inbox);
    await writeFile(join(inbox, "b.csv"), "t;x;y\n3;1;2\n");
    await writeFile(join(inbox, "a.csv"), "x,y,t\n1,2,1\n");
    await writeFile(join(inbox, "notes.txt"), "no table");
    const followed = await Followed.open(inbox, join(folder, "r.ndjson"));
    assert.deepEqual(await followed.take(), [1, 3]);
    await writeFile(join(inbox, "c.csv"), "x,y,t\n1,2,5\n");
    await appendFile(join(inbox, "a.csv"), "1,2,2\n");
    assert.deepEqual(await followed.take(), [2, 5]);
    const past = JSON.parse(JSON.stringify(followed.source.position()));
    await appendFile(join(inbox, "b.csv"), "4;1;2\n");
    const again = await Followed.open(inbox, join(folder, "r.ndjson"), { past });
    assert.deepEqual(await again.take(), [4]);
  });

  it("is refused at once where none of its tables has the columns", async (test) => {
    const folder = await folderFor(test);
    await writeFile(join(folder, "a.csv"), "x,y,t\n1,2,3\n");
    await writeFile(join(folder, "b.csv"), "x,y,t\n1,2,4\n");
    const opened = Followed.open(folder, join(folder, "r.ndjson"), { time: "when" });
    await assert.rejects(opened, { code: "ERR_DATA", message: /no column "when" \(--time\)/ });
    await writeFile(join(folder, "b.csv"), "x,y,t,when\n1,2,4,2026-01-01\n");
    const followed = await Followed.open(folder, join(folder, "r.ndjson"), { time: "when" });
    assert.deepEqual(await followed.take(), [4]);
  });

  it("of too many tables is refused", async (test) => {
    const folder = await folderFor(test);
    for (let i = 0; i <= LIMITS.maxFollowedFiles; i++) await writeFile(join(folder, `${i}.csv`), "");
    const followed = await Followed.open(folder, join(folder, "r.ndjson"));
    await assert.rejects(followed.take(), { code: "ERR_DATA" });
  });
});

describe("standard input that is followed", () => {
  it("gives rows as they come, and the last line at its end", async (test) => {
    const folder = await folderFor(test);
    const input = new PassThrough();
    const followed = Followed.around(
      (check) => openStream(input, { table: tableOptions(check) }),
      join(folder, "r.ndjson"),
    );
    input.write("x,y,t\n1,2,3\n1,");
    assert.deepEqual(await followed.take(), [3]);
    input.end("2,4");
    await new Promise((resolve) => input.once("end", resolve));
    assert.deepEqual(await followed.take(), [4]);
    assert.deepEqual(await followed.take(), []);
  });

  it("is not read on while more waits than a record may have", async (test) => {
    const folder = await folderFor(test);
    const input = new PassThrough();
    const followed = Followed.around(
      (check) => openStream(input, { table: tableOptions(check) }),
      join(folder, "r.ndjson"),
    );
    input.write(`x,y,t\n${"1,2,3\n".repeat(LIMITS.maxStreamRowCharacters / 6 + 1)}`);
    await followed.take(0);
    assert.equal(input.isPaused(), true);
    while ((await followed.take(100_000)).length > 0);
    assert.equal(input.isPaused(), false);
  });
});
