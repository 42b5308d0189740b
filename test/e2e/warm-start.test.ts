/** A task that begins with given parameters: its peers begin alike, whoever joins has them from a peer, an audit knows them, and another architecture is refused. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { nodeCrypto } from "../../node/crypto.ts";
import { toHex, utf8 } from "../../protocol/base/bytes.ts";
import { encodeSafetensors } from "../../protocol/codec/safetensors.ts";
import { initialParams, tensorSlices } from "../../protocol/learn/tensors.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import { startHash } from "../../protocol/task/start.ts";
import { createLab, type Lab, type PeerProcess } from "../support/process.ts";

describe("a task of hearsay init --from", () => {
  let lab: Lab;
  let anna: PeerProcess;
  let start: string;
  before(async () => {
    lab = await createLab("warm");
  });
  after(() => lab?.close());

  const task = () => parseTask(parse(readFileSync(lab.path("task.yaml"), "utf8")));
  const data = (share: number) => ["--dataset", "digits", "--share", `${share}/4`];

  async function ends(status: number, args: readonly string[], message: RegExp): Promise<string> {
    const { code, stdout, stderr } = await lab.run(args);
    assert.equal(code, status, stderr);
    assert.match(stderr, message);
    return stdout;
  }

  it("holds their hash, and refuses a file of another architecture with both shapes", async () => {
    const file = (shape: number[]) => {
      const length = shape.reduce((a, b) => a * b, 1);
      return encodeSafetensors([{ name: "dense0/kernel", shape, dtype: "F32", data: new Uint8Array(4 * length) }]);
    };
    const other = await lab.write("other.safetensors", file([3, 2]));
    const init = ["init", "--output", lab.path("task.yaml"), "--peers", "3"];
    await ends(
      1,
      [...init, "--from", other],
      /is of another architecture: it has dense0\/kernel \[3,2\]; the task has dense0\/kernel \[64,\d+\]/,
    );
    await ends(0, init, /^$/);
    const { tensors } = task();
    const params = initialParams(tensors, 99);
    const bytes = new Uint8Array(params.buffer);
    const heads = tensorSlices(tensors).map(({ name, shape, offset, length }) => {
      return { name, shape, dtype: "F32" as const, data: bytes.subarray(4 * offset, 4 * (offset + length)) };
    });
    start = await lab.write("start.safetensors", encodeSafetensors(heads));
    const before = toHex(nodeCrypto.sha256(utf8(JSON.stringify(task()))));
    await ends(0, [...init, "--from", start, "--force"], /^$/);
    assert.equal(task().start, startHash(params, nodeCrypto));
    assert.notEqual(toHex(nodeCrypto.sha256(utf8(JSON.stringify(task())))), before);
  });

  it("begins with them, and with nothing else", async () => {
    const up = ["up", "--state", lab.path("anna"), "--task", lab.path("task.yaml"), ...data(1)];
    await ends(1, up, /lacks the parameters with which the task begins: give --start FILE/);
    anna = lab.startPeer({ name: "anna", args: [...data(1), "--start", start] });
    await anna.waitFor("it trains", ({ cycle }) => cycle >= 2);
    const first = (await anna.log()).find(({ type }) => type === "train");
    assert.equal(first?.body.in, task().start);
  });

  it("gives them to whoever joins by an invite", async () => {
    const { invite } = await anna.status();
    const joined = lab.path("ben");
    await ends(0, ["join", invite, "--state", joined, "--yes"], /^$/);
    const ben = lab.startPeer({ name: "ben", args: data(2) });
    const cleo = lab.startPeer({
      name: "cleo",
      task: lab.path("task.yaml"),
      bootstrap: [await anna.address()],
      args: [...data(3), "--start", start],
    });
    await ben.waitFor("it merges", ({ counters }) => counters.merges >= 2);
    const first = (await ben.log()).find(({ type }) => type === "train");
    assert.equal(first?.body.in, task().start);
    for (const peer of [anna, ben, cleo]) assert.deepEqual(await peer.stop(), { code: 0, signal: null });
    const audit = await lab.run(["log", "audit", "--state", joined]);
    assert.equal(audit.code, 0, audit.stdout + audit.stderr);
  });
});
