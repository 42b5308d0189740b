/** `hearsay data lags` is right about summer time, gaps and whose series it is. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { run } from "../../../../node/commands/data/lags.ts";
import { createSteps } from "../../../../node/data/follow/steps.ts";
import { momentIn } from "../../../../node/time-zones.ts";

function stepsOf(texts: readonly string[], step: string, zone?: string): (number | string)[] {
  const steps = createSteps(step, zone);
  let before: number | undefined;
  return texts.map((text) => {
    const found = steps.of(text, before);
    if (typeof found === "number") before = found;
    return found;
  });
}

describe("steps of a series", () => {
  it("of an hour pass over the one that summer time leaves out, and count the one that comes twice", () => {
    const spring = ["2026-03-29 01:00", "2026-03-29 03:00", "2026-03-29 04:00"];
    assert.deepEqual(stepsOf(spring, "1h", "Europe/Berlin"), [0, 1, 2]);
    assert.deepEqual(stepsOf(spring, "1h"), [0, 2, 3], "in UTC an hour is missing");
    const autumn = ["2026-10-25 01:00", "2026-10-25 02:00", "2026-10-25 02:00", "2026-10-25 03:00"];
    assert.deepEqual(stepsOf(autumn, "1h", "Europe/Berlin"), [0, 1, 2, 3]);
    assert.deepEqual(
      stepsOf(["2026-10-25T01:00+02:00", "2026-10-25T02:00+01:00"], "1h", "Europe/Berlin"),
      [0, 2],
      "a time that names its zone is that moment",
    );
  });

  it("say of a time that there was none", () => {
    const [, none] = stepsOf(["2026-03-29 01:00", "2026-03-29 02:30"], "1h", "Europe/Berlin");
    assert.match(String(none), /clocks were set forward/);
    assert.equal(momentIn("Australia/Lord_Howe")(Date.UTC(2026, 9, 4, 2, 15)), undefined, "half an hour there");
  });

  it("of a day go by the calendar", () => {
    assert.deepEqual(
      stepsOf(["2026-03-28", "2026-03-29", "2026-03-30", "2026-04-02"], "1d", "Europe/Berlin"),
      [0, 1, 2, 5],
    );
    assert.deepEqual(stepsOf(["2026-10-24 23:00", "2026-10-25 01:00"], "1d", "Europe/Berlin"), [0, 1]);
  });

  it("that do not fit are told", () => {
    assert.match(String(stepsOf(["2026-01-01 00:00", "2026-01-01 00:30"], "1h")[1]), /between two steps/);
    assert.throws(() => createSteps("hourly", undefined), { code: "ERR_CONFIG" });
    assert.throws(() => createSteps("1h", "Mars/Olympus"), { code: "ERR_CONFIG" });
  });
});

describe("hearsay data lags", () => {
  async function lagsOf(
    test: TestContext,
    table: string,
    options: object = {},
    told: string[] = [],
  ): Promise<string[]> {
    const folder = await mkdtemp(join(tmpdir(), "hearsay-lags-"));
    test.after(() => rm(folder, { recursive: true, force: true }));
    const [data, output] = [join(folder, "series.csv"), join(folder, "rows.csv")];
    await writeFile(data, table);
    test.mock.method(process.stdout, "write", (text: string) => {
      told.push(text);
      return true;
    });
    await run({ data, output, time: "day", target: "load", step: "1d", lag: "1..2", horizon: "1", ...options });
    return (await readFile(output, "utf8")).trim().split("\n");
  }

  it("writes rows that a task can be made of, each series by itself, and what comes next", async (test) => {
    const days = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-05"];
    const table = `day,site,load\n${days.flatMap((day, i) => [`${day},a,${i}`, `${day},b,${10 * i}`]).join("\n")}\n`;
    assert.deepEqual(await lagsOf(test, table, { owner: "site", lag: "1", ahead: true }), [
      "site,day,load lag 1,load",
      "a,2026-01-02,0,1",
      "b,2026-01-02,0,10",
      "a,2026-01-03,1,2",
      "b,2026-01-03,10,20",
      "a,2026-01-05 + 1,3,",
      "b,2026-01-05 + 1,30,",
    ]);
  });

  it("takes no value of a row that is not as wide as the header, such as one with a decimal comma", async (test) => {
    const table = "day,load\n2026-01-01,1\n2026-01-02,2\n2026-01-03,3,5\n2026-01-04\n2026-01-05,4,\n2026-01-06,5\n";
    const told: string[] = [];
    const rows = await lagsOf(test, table, { lag: "1", json: true }, told);
    assert.deepEqual(rows, ["day,load lag 1,load", "2026-01-02,1,2", "2026-01-06,4,5"]);
    assert.match(told.join(""), /"unread":2,"why":"line 4: 3 field\(s\), the header has 2"/);
  });

  it("is refused where no row has its lags", async (test) => {
    await assert.rejects(lagsOf(test, "day,load\n2026-01-01,1\n2026-01-03,2\n"), { code: "ERR_DATA" });
    const newestFirst = ["2026-01-05", "2026-01-04", "2026-01-03"].map((day) => `${day},1\n`).join("");
    await assert.rejects(lagsOf(test, `day,load\n${newestFirst}`), { message: /2 rows are of a time before .*: sort/ });
    for (const empty of ["", "day,load\n"])
      await assert.rejects(lagsOf(test, empty), {
        message: /no row has all its lags; there are no rows below a header/,
      });
    await assert.rejects(lagsOf(test, "day,load\n", { target: "price" }), { code: "ERR_DATA" });
    await assert.rejects(lagsOf(test, "day,load\n", { lag: "0" }), { code: "ERR_CONFIG" });
  });
});
