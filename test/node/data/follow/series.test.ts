/** Rows that are made of a series as it comes are those of `hearsay data lags` of all of it, in whatever pieces it came and however often the process was killed. */
import assert from "node:assert/strict";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { writeRows } from "../../../../node/commands/data/series-rows.ts";
import { openStream, type StreamSettings } from "../../../../node/data/follow/open.ts";
import { PLAIN } from "../../../../node/data/number.ts";
import type { SourceKind } from "../../../../node/data/sources/source.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import type { Batch } from "../../../../protocol/learn/stream/stream.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { folderFor } from "./followed.ts";

const TASK = parseTask({
  name: "load",
  input: { shape: [2], features: ["load lag 1", "load lag 3"] },
  output: { kind: "regression", targets: ["load"] },
  model: { kind: "softmax" },
});
const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 2, 28, 20);
const NOW_MS = START_MS + 1000 * HOUR_MS;
const SETTINGS: Omit<StreamSettings, "path"> = {
  ...{ window: "last:100", time: "when", lag: "1,3", horizon: 1, step: "1h", lateness: "4h" },
  ...{ drift: "none", onDrift: "rate", driftRate: 3, driftFor: "1m", holdout: 0, seed: 1 },
};

/** A followed series, of which a process can be killed: what was not saved is forgotten. */
class Life {
  readonly #store = createMemoryStore();
  readonly #folder: string;
  readonly #settings: Partial<StreamSettings>;
  readonly rejected: string;
  readonly path: string;
  #opened: Awaited<ReturnType<typeof openStream>> | undefined;

  private constructor(folder: string, settings: Partial<StreamSettings>) {
    this.#folder = folder;
    this.#settings = settings;
    this.path = join(folder, "load.csv");
    this.rejected = join(folder, "rejected.ndjson");
  }

  static async begin(test: TestContext, text: string, settings: Partial<StreamSettings> = {}): Promise<Life> {
    const life = new Life(await folderFor(test), settings);
    await writeFile(life.path, text);
    test.after(() => life.kill());
    return life;
  }

  async take(most = 1000): Promise<Batch> {
    this.#opened ??= await openStream(
      { ...SETTINGS, path: this.path, ...this.#settings },
      { task: TASK, stateDir: this.#folder, store: this.#store, clock: { now: () => NOW_MS } },
    );
    return this.#opened.parts.source.take(most);
  }

  /** What a training does before it begins. */
  async save({ position }: Batch): Promise<void> {
    const counts = { nextSeq: 0, seen: { train: [], holdout: [] }, position };
    if (position !== undefined) await this.#opened?.parts.memory?.save({ kept: [], freed: [], counts });
  }

  async kill(): Promise<void> {
    await this.#opened?.close();
    this.#opened = undefined;
  }
}

function shown({ rows }: Batch): string[] {
  return rows.map(({ timeMs, inputs, targets }) => `${(timeMs - START_MS) / HOUR_MS}: ${[...inputs]} -> ${targets[0]}`);
}

function line(hour: number, value = 10 * hour): string {
  return `${new Date(START_MS + hour * HOUR_MS).toISOString()},${value}\n`;
}

const HEADER = "when,load\n";

describe("a series that is followed", () => {
  it("gives the rows of `hearsay data lags`, in whatever pieces it comes, through kills, each once", async (test) => {
    const hours = Array.from({ length: 60 }, (_, i) => i).filter((i) => i % 17 !== 16);
    const text = HEADER + hours.map((hour) => line(hour)).join("");
    const life = await Life.begin(test, "");
    const found: string[] = [];
    for (let at = 0; at < text.length; at += 97) {
      await appendFile(life.path, text.slice(at, at + 97)); // lines are cut anywhere
      const batch = await life.take(3);
      if (at % 2 === 0) {
        await life.save(batch);
        found.push(...shown(batch));
      }
      if (at % 3 === 0 || at % 2 === 1) await life.kill(); // with or without what was taken last
    }
    for (let batch = await life.take(7); batch.position !== undefined; batch = await life.take(7)) {
      await life.save(batch);
      found.push(...shown(batch));
    }
    const output = join(life.path, "../rows.csv");
    await writeRows({ data: life.path, output, time: "when", target: "load", step: "1h", lag: "1,3", horizon: "1" });
    const [, ...lines] = (await readFile(output, "utf8")).trim().split("\n");
    const expected = lines.map((row) => {
      const [when = "", first, third, load] = row.split(",");
      return `${(Date.parse(when) - START_MS) / HOUR_MS}: ${first},${third} -> ${load}`;
    });
    assert.ok(expected.length > 40);
    assert.deepEqual(found, expected);
  });

  it("takes a value that comes late into its gap, with all rows that it makes whole, and no value twice", async (test) => {
    const life = await Life.begin(test, HEADER + [0, 1, 2, 4, 5].map((hour) => line(hour)).join(""));
    assert.deepEqual(shown(await life.take()), ["5: 40,20 -> 50"]);
    await appendFile(life.path, line(3) + line(3) + line(5, 77) + line(0));
    const batch = await life.take();
    assert.deepEqual(shown(batch), ["3: 20,0 -> 30", "4: 30,10 -> 40"]);
    assert.deepEqual(batch.apart, { gaps: 4, late: 0, ahead: 0, duplicate: 3 });
    await appendFile(life.path, line(20) + line(15) + line(1000 + LIMITS.maxClockSkewMs / HOUR_MS + 1) + line(21));
    assert.deepEqual((await life.take()).apart, { gaps: 6, late: 1, ahead: 1, duplicate: 3 });
  });

  it("fills a gap also after a restart", async (test) => {
    const life = await Life.begin(test, HEADER + [0, 1, 2, 4].map((hour) => line(hour)).join(""));
    await life.save(await life.take());
    await life.kill();
    await appendFile(life.path, line(3));
    assert.deepEqual(shown(await life.take()), ["3: 20,0 -> 30", "4: 30,10 -> 40"]);
  });

  it("is right about summer time: the hour that is left out is no gap, the one that comes twice is two", async (test) => {
    const spring = ["28 22:00", "28 23:00", "29 00:00", "29 01:00", "29 03:00", "29 04:00"];
    const life = await Life.begin(test, HEADER + spring.map((at, i) => `2026-03-${at},${i}\n`).join(""), {
      zone: "Europe/Berlin",
    });
    assert.deepEqual(
      shown(await life.take()).map((row) => row.split(": ")[1]),
      ["2,0 -> 3", "3,1 -> 4", "4,2 -> 5"],
    );
    const autumn = ["00:00", "01:00", "02:00", "02:00", "03:00", "04:00"];
    const later = await Life.begin(test, HEADER + autumn.map((at, i) => `2025-10-26 ${at},${i}\n`).join(""), {
      zone: "Europe/Berlin",
    });
    await later.save(await later.take(4));
    await later.kill(); // between the two
    assert.deepEqual(
      shown(await later.take()).map((row) => row.split(": ")[1]),
      ["3,1 -> 4", "4,2 -> 5"],
    );
  });

  it("of several owners is one series each, and what cannot be read is put aside", async (test) => {
    const text = [0, 1, 2, 3].flatMap((hour) =>
      ["a", "b"].map((who, i) => line(hour, 100 * i + hour).replace("\n", `,${who}\n`)),
    );
    const life = await Life.begin(test, `when,load,who\n${text.join("")}soon,1,a\n`, { owner: "who" });
    const batch = await life.take();
    assert.deepEqual(shown(batch), ["3: 2,0 -> 3", "3: 102,100 -> 103"]);
    assert.equal(batch.bad, 1);
    assert.match(await readFile(life.rejected, "utf8"), /soon.* is no time/);
  });

  it("puts aside a row that is not as wide as the header, such as one with a decimal comma", async (test) => {
    const wide = line(3).replace("\n", ",5\n");
    const life = await Life.begin(test, `${HEADER}${[0, 1, 2].map((hour) => line(hour)).join("")}${wide}rubbish\n`);
    const batch = await life.take();
    assert.deepEqual([batch.rows.length, batch.bad, batch.apart?.gaps], [0, 2, 3]);
    const rejected = await readFile(life.rejected, "utf8");
    assert.match(rejected, /3 field\(s\), the header has 2/);
    assert.match(rejected, /1 field\(s\), the header has 2.*rubbish/);
    await appendFile(life.path, line(3));
    assert.equal((await life.take()).rows.length, 1);
  });

  it("has no value where there is no reading", async (test) => {
    const life = await Life.begin(test, `${HEADER}${line(0)}${line(1).replace("10", "-99")}${line(2)}`, {
      missing: "-99",
    });
    const batch = await life.take();
    assert.deepEqual([batch.rows.length, batch.bad, batch.apart?.gaps], [0, 0, 3]);
  });

  it("may come as messages: what a source without a header is asked for are the columns of the series", async (test) => {
    let asked: readonly string[] = [];
    const records = [0, 1, 2, 3].map((hour) => ({
      ...{ header: ["load", "when"], numbers: PLAIN, text: "" },
      fields: [String(hour), new Date(START_MS + hour * HOUR_MS).toISOString()],
    }));
    const messages: SourceKind = {
      ...{ name: "messages", about: "", isMeantBy: async () => true },
      async open({ columns }) {
        asked = columns;
        const take = async () => ({ records: records.splice(0), isMore: false });
        return { name: "messages", take, position: () => ({ next: 4 }), acknowledge() {}, async close() {} };
      },
    };
    const parts = {
      task: TASK,
      stateDir: await folderFor(test),
      store: createMemoryStore(),
      clock: { now: () => NOW_MS },
    };
    const opened = await openStream({ ...SETTINGS, path: "mqtt://broker/house" }, { ...parts, sources: [messages] });
    assert.deepEqual(shown(await opened.parts.source.take(10)), ["3: 2,0 -> 3"]);
    assert.deepEqual(asked, ["when", "load"]);
  });

  for (const [what, settings, message] of [
    ["without a step", { step: undefined }, /--step/],
    ["without a time", { time: undefined }, /--time/],
    ["with other lags than the task's", { lag: "1..3" }, /load lag 2.*the task has/],
    ["with a step but no lags", { lag: undefined }, /give --lag/],
  ] as const)
    it(`is refused ${what}`, async (test) => {
      const life = await Life.begin(test, HEADER, settings);
      await assert.rejects(life.take(), { code: "ERR_CONFIG", message });
    });
});
