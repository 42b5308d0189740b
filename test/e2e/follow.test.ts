/** `hearsay up --follow`: rows that are appended are learned from; SIGKILL and a renamed file lose none of them, and none counts twice. */
import assert from "node:assert/strict";
import { appendFile, readFile, rename, writeFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import type { StatusReport } from "../../node/api/api.ts";
import { createLab, jsonLines, type Lab, type PeerProcess } from "../support/process.ts";

const TASK = {
  name: "follow",
  input: { shape: [1], features: ["x"], mean: 3, std: 2 },
  output: { kind: "regression", targets: ["y"], mean: 7, std: 4 },
  model: { kind: "softmax" },
};
const HEADER = "when,x,y\n";

/** A row a minute: y = 2 x + 1. */
function rows(from: number, to: number): string {
  const minutes = Array.from({ length: to - from }, (_, i) => from + i);
  const line = (i: number) => `${new Date(Date.UTC(2026, 0, 1, 0, i)).toISOString()},${i % 7},${2 * (i % 7) + 1}\n`;
  return minutes.map(line).join("");
}

describe("a peer whose rows go on coming", () => {
  let lab: Lab;
  let live: string;
  let task: string;

  before(async () => {
    lab = await createLab("follow");
    task = await lab.writeTask("task.yaml", TASK);
    live = await lab.write("live.csv", HEADER + rows(0, 40));
  });
  after(() => lab?.close());

  function start(...more: string[]): PeerProcess {
    const args = ["--data", live, "--follow", "--time", "when", "--no-page", ...more];
    return lab.startPeer({ name: "peer", task, minCycleMs: 100, args });
  }

  const held = ({ stream }: StatusReport) => (stream === undefined ? -1 : stream.window + stream.holdout);

  it("learns from what is appended, and goes on after SIGKILL with all of it, also of a file that was renamed meanwhile", async () => {
    const peer = start();
    await peer.waitFor("the rows of the file", (status) => held(status) === 40);
    await appendFile(live, `${rows(40, 50)}2026-01-01T00:50:00Z,much,1\n`);
    const { stream } = await peer.waitFor("rows that were appended", (status) => held(status) === 50);
    assert.deepEqual([stream?.rows.bad, stream?.prequential.rows], [1, 50]);
    assert.match(await readFile(lab.path("peer/rejected.ndjson"), "utf8"), /much/);
    await peer.kill();

    await appendFile(live, rows(50, 55));
    await rename(live, `${live}.1`);
    await writeFile(live, HEADER + rows(55, 60));
    const again = start();
    const status = await again.waitFor("all rows, once", (one) => held(one) === 60);
    assert.deepEqual([status.stream?.rows.taken, status.stream?.rows.duplicate], [10, 0]);
    await again.waitFor("a model of them", ({ holdout }) => (holdout?.rmse ?? 9) < 0.5);
    const shown = await lab.run(["status", "--state", lab.path("peer")]);
    assert.match(shown.stdout, /stream +\S*live.csv: 10 rows/);
    assert.deepEqual(await again.stop(), { code: 0, signal: null });

    const last = start("--until", "rmse < 0.5 for 1s", "--keep-best");
    assert.deepEqual(await last.ended, { code: 0, signal: null });
    assert.match(last.stderr(), /the condition of --until holds/);
  });

  it("says so where the world has changed: in its log, its status and its figures, and knows it after a restart", async () => {
    const changing = await lab.write("changing.csv", HEADER + rows(0, 300));
    const up = (name: string) => {
      const args = ["--data", changing, "--follow", "--time", "when", "--no-page", "--metrics", "127.0.0.1:0"];
      return lab.startPeer({ name, task, minCycleMs: 100, args });
    };
    const peer = up("changed");
    await peer.waitFor("a model of them", ({ holdout }) => (holdout?.rmse ?? 9) < 0.5);
    await appendFile(changing, rows(300, 500));
    const { stream: calm } = await peer.waitFor("more of the same", (status) => held(status) === 500);
    await appendFile(changing, rows(500, 600).replaceAll(/,(\d+)\n/g, ",-$1\n"));
    const { stream } = await peer.waitFor(
      "the alarm",
      (one) => (one.stream?.rows.alarms ?? 0) > (calm?.rows.alarms ?? 0),
    );
    assert.equal(stream?.raised?.factor, 3);
    assert.match(peer.stderr(), /drift: the model has become worse on the rows that come/);
    const learning = jsonLines<{ msg?: string; metrics?: string }>(peer.stderr()).find(({ msg }) => msg === "learning");
    assert.match(
      await (await fetch(`http://${learning?.metrics}/metrics`)).text(),
      /^hearsay_drift_alarms_total [1-9]/m,
    );
    await peer.kill();

    const again = up("changed");
    const status = await again.waitFor("its rows", (one) => held(one) === 600);
    assert.equal(status.stream?.prequential.rows, 600, "the error before learning goes on");
    assert.equal(status.stream?.raised?.factor, 3, "and so does the raised rate");
    await again.stop();
  });

  it("makes rows of a series as it comes, and goes on with it after SIGKILL", async () => {
    const forecast = await lab.writeTask("forecast.yaml", {
      ...TASK,
      input: { shape: [2], features: ["y lag 1", "y lag 2"], mean: 7, std: 4 },
    });
    const series = await lab.write("series.csv", HEADER + rows(0, 40));
    const up = () => {
      const args = ["--data", series, "--follow", "--time", "when", "--lag", "1..2", "--step", "1m", "--no-page"];
      return lab.startPeer({ name: "series", task: forecast, minCycleMs: 100, args });
    };
    const peer = up();
    const { stream } = await peer.waitFor("all rows but the first two", (status) => held(status) === 38);
    assert.equal(stream?.rows.gaps, 2);
    await peer.kill();
    await appendFile(series, rows(40, 45));
    const again = up();
    const status = await again.waitFor("what came meanwhile", (one) => held(one) === 43);
    assert.deepEqual([status.stream?.rows.taken, status.stream?.rows.gaps], [5, 0]);
    await again.stop();
  });
});
