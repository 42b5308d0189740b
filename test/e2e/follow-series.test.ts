/** `hearsay up --follow --lag`: the values of a series come as messages of a broker, or on standard input; SIGKILL loses none and makes no row twice. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { connectAsync, type MqttClient } from "mqtt";
import type { StatusReport } from "../../node/api/api.ts";
import { type Broker, MOSQUITTO, prepareBroker } from "../support/broker.ts";
import { createLab, type Lab, type PeerProcess } from "../support/process.ts";
import { withoutProgram } from "../support/program.ts";

const TASK = {
  name: "forecast",
  input: { shape: [2], features: ["load lag 1", "load lag 2"], mean: 3, std: 2 },
  output: { kind: "regression", targets: ["load"], mean: 3, std: 2 },
  model: { kind: "softmax" },
};
const SERIES = ["--follow", "--time", "when", "--lag", "1..2", "--step", "1m", "--no-page"];

function when(minute: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
}

function load(minute: number): number {
  return minute % 7;
}

const held = ({ stream }: StatusReport) => (stream === undefined ? -1 : stream.window + stream.holdout);

describe("a series that is followed by a process", () => {
  let lab: Lab;
  let task: string;

  before(async () => {
    lab = await createLab("series");
    task = await lab.writeTask("task.yaml", TASK);
  });
  after(() => lab?.close());

  describe("as messages of a broker", { skip: withoutProgram(MOSQUITTO, "mosquitto") }, () => {
    let broker: Broker;
    let sender: MqttClient;

    before(async () => {
      broker = await prepareBroker();
      await broker.start();
      sender = await connectAsync(broker.url, { ca: await readFile(broker.ca), reconnectPeriod: 200 });
    });
    after(async () => {
      await sender?.endAsync(true);
      await broker?.remove();
    });

    async function send(from: number, to: number, retain = false): Promise<void> {
      for (let minute = from; minute < to; minute++) {
        const payload = JSON.stringify({ when: when(minute), load: load(minute) });
        await sender.publishAsync("house/meter", payload, { qos: 1, retain });
      }
    }

    const up = (): PeerProcess =>
      lab.startPeer({
        ...{ name: "broker", task, minCycleMs: 100, args: ["--data", `${broker.url}/house/meter`, ...SERIES] },
        through: ["env", `HEARSAY_STREAM_CA=${broker.ca}`],
      });

    it("begins with what is retained, and goes on after SIGKILL with what the broker has kept", async () => {
      await send(0, 1, true);
      const peer = up();
      await peer.waitFor("the retained value", (status) => status.stream?.rows.gaps === 1);
      await send(1, 20);
      const { stream } = await peer.waitFor("all rows but the first two", (status) => held(status) === 18);
      assert.deepEqual([stream?.rows.gaps, stream?.rows.duplicate, stream?.rows.bad], [2, 0, 0]);
      await peer.kill();

      await send(20, 25);
      const again = up();
      const later = await again.waitFor("what came meanwhile", (status) => held(status) === 23);
      assert.deepEqual([later.stream?.rows.gaps, later.stream?.rows.duplicate], [0, 0]);
      await send(24, 25); // once more
      const last = await again.waitFor("the copy", (status) => status.stream?.rows.duplicate === 1);
      assert.equal(held(last), 23);
      await again.waitFor("a model", ({ holdout }) => holdout?.rmse !== undefined);
      await again.stop();
    });
  });

  describe("on standard input", () => {
    /** A peer that reads a pipe of its own, and the other end of it. */
    async function up(pipe: string): Promise<{ peer: PeerProcess; input: FileHandle }> {
      const path = lab.path(pipe);
      assert.equal(spawnSync("mkfifo", [path]).status, 0);
      const peer = lab.startPeer({
        ...{ name: "input", task, minCycleMs: 100, args: ["--data", "-", ...SERIES] },
        through: ["sh", "-c", 'exec "$@" < "$0"', path],
      });
      return { peer, input: await open(path, "w") };
    }

    const lines = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => `${when(from + i)},${load(from + i)}\n`).join("");

    it("makes a row of each value that comes, and after SIGKILL looks back on those of before", async () => {
      const { peer, input } = await up("first");
      await input.write(`when,load\n${lines(0, 10)}2026-01-01T0`);
      await peer.waitFor("all rows but the first two", (status) => held(status) === 8);
      await input.write("0:10:00Z,3\n");
      const { stream } = await peer.waitFor("the line that was half written", (status) => held(status) === 9);
      assert.deepEqual([stream?.source, stream?.rows.gaps, stream?.rows.bad], ["standard input", 2, 0]);
      await peer.kill();
      await input.close();

      const { peer: again, input: more } = await up("second");
      await more.write(`when,load\n${lines(11, 15)}`);
      const status = await again.waitFor("what came to the new process", (one) => held(one) === 13);
      assert.equal(status.stream?.rows.gaps, 0, "the values before the kill are known");
      await more.close();
      await again.waitFor("a model after the end of the input", ({ holdout }) => holdout?.rmse !== undefined);
      assert.deepEqual(await again.stop(), { code: 0, signal: null });
    });
  });

  it("is refused before an invite is printed where a column is not there", async () => {
    const data = await lab.write("load.csv", `when,load\n${when(0)},1\n${when(1)},2\n`);
    const args = ["up", "--state", lab.path("nosuch"), "--task", task, "--data", data, ...SERIES];
    const named = args.map((arg) => (arg === "when" ? "nosuch" : arg));
    const { code, stdout, stderr } = await lab.run([...named, "--no-mdns", "--listen", "/ip4/127.0.0.1/tcp/0"]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /no column "nosuch"; the header has when, load.*\[ERR_DATA\]/);
    assert.doesNotMatch(stderr, /learning/);
  });
});
