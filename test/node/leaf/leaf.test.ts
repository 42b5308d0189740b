/** Leaves of a real peer: enrolled by the command line, heard over the local interface, counted on disk. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { serveApi } from "../../../node/api/api.ts";
import { tellApi } from "../../../node/api/ask.ts";
import { apiSource } from "../../../node/commands/peer/up-api.ts";
import { nodeCrypto } from "../../../node/crypto.ts";
import { storeTask } from "../../../node/disk/state-dir.ts";
import { openLeaves } from "../../../node/leaf/open.ts";
import { enrolLeaf, enrolledLeaves, leavesPath } from "../../../node/leaf/records.ts";
import { startPeer } from "../../../node/start.ts";
import { fromHex, toHex } from "../../../protocol/base/bytes.ts";
import { numParams } from "../../../protocol/base/task.ts";
import { decodeLeafFrame, encodeLeafFrame, type LeafSeal } from "../../../protocol/leaf/frames.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { bundledCli } from "../../support/bundled-cli.ts";
import { until } from "../../support/process.ts";

const TASK = blobTask();
const MANIFEST = encodeTask(TASK);
const taskId = nodeCrypto.sha256(MANIFEST);
const CLI = await bundledCli();

describe("a peer with leaves", () => {
  let root: string;
  let stateDir: string;
  const seals = new Map<number, LeafSeal>();
  const hearsay = async (...words: readonly string[]) =>
    (await promisify(execFile)(process.execPath, [CLI, ...words, "--state", stateDir])).stdout;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "hearsay-leaves-"));
    stateDir = join(root, "peer");
    await storeTask(stateDir, MANIFEST);
  });
  after(() => rm(root, { recursive: true }));

  it("enrols them with keys that only its owner can read", async () => {
    assert.equal(await openLeaves(stateDir, TASK, toHex(taskId)), undefined);
    const told = JSON.parse(await hearsay("leaf", "enrol", "balcony", "--json")) as Record<string, unknown>;
    const { leaf, key, task, params } = told;
    assert.deepEqual([leaf, task, params], [1, toHex(taskId), numParams(TASK)]);
    seals.set(1, { key: fromHex(String(key)) as Uint8Array, task: taskId });
    const second = await enrolLeaf(stateDir, "roof");
    seals.set(2, { key: second.key, task: taskId });
    assert.equal(second.leaf, 2);
    assert.equal((await stat(join(leavesPath(stateDir), "1.json"))).mode & 0o777, 0o600);
    assert.match(await hearsay("leaf", "list"), /balcony[\s\S]*roof/);
  });

  it("learns from what they send, answers with its model, and takes no frame again, also after a restart", async () => {
    const radio = { dutyCycle: 1, spreadingFactor: 7, headerBytes: 13 }; // no silence but while it sends
    const open = await openLeaves(stateDir, TASK, toHex(taskId), radio);
    assert.ok(open);
    const running = await startPeer({
      ...{ stateDir, task: TASK, train: blobs(60, 1), engine: "dense", minCycleMs: 20 },
      ...{ listen: ["/ip4/127.0.0.1/tcp/0"], bootstrap: [], mdns: false, maxOutbound: 4 },
      wrapTrainer: open.wrapTrainer,
    });
    const source = apiSource(running, toHex(taskId), { hasHoldout: false, leaves: open.leaves });
    const api = await serveApi(stateDir, source);
    const send = async (bytes: Uint8Array) =>
      new Uint8Array((await (await tellApi(stateDir, "/leaves", bytes))?.arrayBuffer()) ?? []);
    const update = (leaf: number, counter: number, round: number, value: number) =>
      encodeLeafFrame(
        "update",
        { leaf, counter, round, values: new Float32Array(numParams(TASK)).fill(value) },
        (seals.get(leaf) ?? seals.get(1)) as LeafSeal,
        nodeCrypto,
      );
    try {
      await until("it has a model", async () => running.peer.status().cycle > 2 || undefined);
      const first = await send(update(1, 7, 0, 0));
      const seal = seals.get(1) as LeafSeal;
      const { round, values } = decodeLeafFrame("model", first, numParams(TASK), seal, nodeCrypto);
      assert.ok(round > 0 && values.some((value) => value !== 0));
      await assert.rejects(send(update(1, 7, round, 0)), /ERR_REPLAYED|again/);
      await assert.rejects(send(update(9, 1, round, 0)), /leaf 9 is not enrolled/);
      const forged = update(2, 1, round, 0);
      forged[20] = (forged[20] ?? 0) ^ 1;
      await assert.rejects(send(forged), /tag of a leaf's frame/);
      await assert.rejects(tellApi(stateDir, "/leaves?spreadingFactor=13", forged), /give 7 to 12/);
      const hex = toHex(update(2, 5, 0, 0));
      assert.match(
        await hearsay("leaf", "frame", hex, "--spreading-factor", "7"),
        /^02[0-9a-f]+\n$/,
        "as a program with a radio does it",
      );
    } finally {
      await api.close();
      await running.stop();
    }
    const kept = (await enrolledLeaves(stateDir)).map(({ leaf, heard, told }) => [leaf, heard, told]);
    assert.deepEqual(kept, [
      [1, 7, 1],
      [2, 5, 1],
    ]);
    const again = await openLeaves(stateDir, TASK, toHex(taskId));
    await assert.rejects(again?.leaves.receive(update(1, 7, 1, 0)) as Promise<unknown>, { code: "ERR_REPLAYED" });
  });

  it("counts the answers for which the radio had to be silent, and lists them", async () => {
    const open = await openLeaves(stateDir, TASK, toHex(taskId), {
      dutyCycle: 0.001,
      spreadingFactor: 12,
      headerBytes: 13,
    });
    open?.leaves.offer(new Float32Array(numParams(TASK)).fill(1));
    const send = (leaf: number, counter: number) => {
      const values = new Float32Array(numParams(TASK));
      const frame = { leaf, counter, round: 0, values };
      return open?.leaves.receive(encodeLeafFrame("update", frame, seals.get(leaf) as LeafSeal, nodeCrypto));
    };
    assert.ok(await send(2, 6), "the first is answered");
    assert.deepEqual([await send(1, 8), await send(1, 9)], [undefined, undefined], "the radio is silent");
    const listed = JSON.parse(await hearsay("leaf", "list", "--json")) as Record<string, unknown>[];
    assert.deepEqual(listed, [
      { leaf: 1, name: "balcony", heard: 9, told: 1, withheld: 2 },
      { leaf: 2, name: "roof", heard: 6, told: 2, withheld: 0 },
    ]);
    assert.match(
      await hearsay("leaf", "list"),
      /withheld [\s\S]*balcony \D* 9 \D* 1 \D* 2 \D*2 \D*roof \D* 6 \D* 2 \D* 0 /,
    );
  });

  it("reads the file of an enrolment that counted no withheld answers yet", async () => {
    const path = join(leavesPath(stateDir), "2.json");
    const { withheld: _, ...before } = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    await writeFile(path, JSON.stringify(before));
    assert.equal((await enrolledLeaves(stateDir))[1]?.withheld, 0);
  });

  it("says which file is damaged, and which tasks leaves do not fit", async () => {
    const path = join(leavesPath(stateDir), "1.json");
    const whole = await readFile(path, "utf8");
    await writeFile(path, whole.slice(0, 20));
    await assert.rejects(openLeaves(stateDir, TASK, toHex(taskId)), {
      code: "ERR_STATE",
      message: /1\.json is damaged/,
    });
    await writeFile(path, whole);
    const large = blobTask({ model: { kind: "mlp", hidden: [8] } });
    await assert.rejects(openLeaves(stateDir, large, toHex(taskId)), { code: "ERR_TASK", message: /at most 22/ });
  });
});
