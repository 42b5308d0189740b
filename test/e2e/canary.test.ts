/**
 * No example leaves its peer. A string and two rare numbers are planted in one peer's table; afterwards they may stand in no byte that
 * an observer was sent (after decryption), in nothing that the peers printed or logged, and in no file of either state directory.
 */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { wallClock } from "../../node/clock.ts";
import { nodeCrypto } from "../../node/crypto.ts";
import { openStore } from "../../node/disk/store.ts";
import { concatBytes, equalBytes, utf8 } from "../../protocol/base/bytes.ts";
import { createRng } from "../../protocol/base/rng.ts";
import { pullBlob } from "../../protocol/peer/inbound/pull-blob.ts";
import { encodeTask, parseTask } from "../../protocol/task/manifest.ts";
import { decodePeersAnswer, encodePeersRequest, taskNames } from "../../protocol/wire/messages.ts";
import { createHostile } from "../support/hostile.ts";
import { createLab, type Lab, type PeerProcess, until } from "../support/process.ts";
import { createOutsider, type Outsider } from "../support/process-outsider.ts";

const TEXT = "canary-7f3a-Ms-Miller-born-1987";
/** Of one row: pulse and pressure, side by side. */
const NUMBERS = [83.29417, 147.80263];
const SOURCE = {
  name: "wards",
  input: { shape: [3], features: ["pulse", "pressure", "glucose"], mean: [70, 120, 100], std: [10, 15, 20] },
  output: { kind: "classification", classes: ["well", "ill"] },
  model: { kind: "mlp", hidden: [8] },
  training: { steps: 5, batch: 8 },
  aggregation: { rule: "median", inboxSize: 4, quorum: 1 },
};
const TASK = parseTask(SOURCE);
const TASK_ID = nodeCrypto.sha256(encodeTask(TASK));
const CANARY_ROW = 17;

/** Rows of a table; one has the canaries, where `planted`. */
function table(rows: number, planted: boolean, seed: string): string {
  const rng = createRng(seed);
  const lines = ["patient,pulse,pressure,glucose,label"];
  for (let i = 0; i < rows; i++) {
    const values = [70, 120, 100].map((centre) => (centre + 12 * rng.normal()).toFixed(2));
    const label = Number(values[0]) + Number(values[2]) > 170 ? "ill" : "well";
    if (planted && i === CANARY_ROW) values.splice(0, NUMBERS.length, ...NUMBERS.map(String));
    lines.push([planted && i === CANARY_ROW ? TEXT : `p${i}`, ...values, label].join(","));
  }
  return `${lines.join("\n")}\n`;
}

/**
 * The canaries in every form in which they could show up: text; both numbers in a row as floats of both widths and byte orders, raw
 * and normalised. (One float32 alone is four bytes, which turn up among so many hashes by chance.)
 */
function traces(): Map<string, Uint8Array> {
  const found = new Map([
    ["the text", utf8(TEXT)],
    ["the text in hexadecimal", utf8(Buffer.from(TEXT).toString("hex"))],
    ["the text in base64", utf8(Buffer.from(TEXT).toString("base64").slice(0, 40))],
    ...NUMBERS.map((value): [string, Uint8Array] => [`${value} as text`, utf8(String(value))]),
  ]);
  const { mean, std } = SOURCE.input;
  const normalised = NUMBERS.map((value, i) => (value - (mean[i] as number)) / (std[i] as number));
  for (const [name, values] of Object.entries({ raw: NUMBERS, normalised })) {
    for (const littleEndian of [true, false]) {
      const order = littleEndian ? "little" : "big";
      found.set(`${name} as float32, ${order} endian`, floats(values, 4, littleEndian));
      found.set(`${name} as float64, ${order} endian`, floats(values, 8, littleEndian));
    }
  }
  return found;
}

function floats(values: readonly number[], width: 4 | 8, littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(width * values.length));
  for (const [i, value] of values.entries()) {
    if (width === 4) view.setFloat32(4 * i, value, littleEndian);
    else view.setFloat64(8 * i, value, littleEndian);
  }
  return new Uint8Array(view.buffer);
}

/** Names of the traces in `bytes`. */
function tracesIn(bytes: Uint8Array): string[] {
  const where = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [...traces()].filter(([, trace]) => where.includes(Buffer.from(trace))).map(([name]) => name);
}

describe("what is in a peer's data", () => {
  let lab: Lab;
  let keeper: PeerProcess;
  let other: PeerProcess;
  let observer: Outsider;
  const printed: string[] = [];

  before(async () => {
    lab = await createLab("canary");
    const task = await lab.writeTask("task.yaml", SOURCE);
    const start = async (name: string, planted: boolean, bootstrap: string[]) => {
      const data = await lab.write(`${name}.csv`, table(200, planted, name));
      const args = ["--data", data, "--log-level", "debug"];
      return lab.startPeer({ name, task, bootstrap, minCycleMs: 200, args });
    };
    keeper = await start("keeper", true, []);
    other = await start("other", false, [await keeper.address()]);
    observer = await createOutsider(lab.path("observer-key"));
  });
  after(async () => {
    await observer?.stop();
    await lab?.close();
  });

  it("would be found by this test", () => {
    const data = utf8(table(200, true, "keeper"));
    assert.deepEqual(tracesIn(data), ["the text", ...NUMBERS.map((value) => `${value} as text`)]);
    assert.deepEqual(tracesIn(utf8(table(200, false, "other"))), []);
    const row = new Float32Array([...NUMBERS, 100]);
    assert.deepEqual(tracesIn(new Uint8Array(row.buffer)), ["raw as float32, little endian"]);
  });

  it("is in nothing that is sent to others", async () => {
    const hostile = createHostile({ ...observer, task: TASK });
    const peer = await observer.dial(await keeper.address());
    const names = taskNames(TASK_ID);
    const pulled = new Set<string>();
    await until("ten models of the keeper", async () => {
      for (const { author, model } of hostile.heard.filter(({ author }) => author === peer).slice(-1)) {
        if (pulled.has(model.join())) continue;
        const pull = { hash: model, maxBytes: 2 ** 20, signal: AbortSignal.timeout(10_000) };
        const body = await pullBlob({ ...observer, clock: wallClock }, author, names.blob, pull).catch(() => undefined);
        if (body !== undefined) pulled.add(model.join());
      }
      return pulled.size >= 10 || undefined;
    });
    const manifest = { hash: TASK_ID, maxBytes: 2 ** 20, signal: AbortSignal.timeout(10_000) };
    await pullBlob({ ...observer, clock: wallClock }, peer, names.blob, manifest);
    await until("the keeper passes on the address of the other", async () => {
      const known = decodePeersAnswer(await observer.transport.request(peer, names.peers, encodePeersRequest(32)));
      return known.length === 1 || undefined;
    });

    const received = concatBytes(...observer.received);
    assert.ok(Buffer.from(received).includes("glucose"), "the manifest is among what was received");
    assert.ok(received.length > 10 * hostile.codec.maxBytes);
    assert.deepEqual(tracesIn(received), []);
  });

  it("is in no output, log, model or other file of any peer", async () => {
    await keeper.waitFor("merges", ({ counters }) => counters.merges >= 5);
    printed.push(JSON.stringify(await keeper.status()));
    const exported = lab.path("exported.safetensors");
    for (const args of [
      ["log", "export"],
      ["log", "show"],
      ["export", "--output", exported],
    ]) {
      const { code, stdout, stderr } = await lab.run([...args, "--state", keeper.stateDir]);
      assert.equal(code, 0, stderr);
      printed.push(stdout, stderr);
    }
    for (const peer of [keeper, other]) {
      assert.deepEqual(await peer.stop(), { code: 0, signal: null });
      printed.push(peer.stdout(), peer.stderr());
      for (const [path, content] of await filesBelow(peer.stateDir)) {
        assert.deepEqual(tracesIn(content), [], path);
      }
      assert.deepEqual(tracesIn(await contentOf(join(peer.stateDir, "db"))), []);
    }
    assert.deepEqual(tracesIn(await readFile(exported)), []);
    assert.deepEqual(tracesIn(utf8(printed.join("\n"))), []);
    assert.ok(printed.join("").includes("aggregate"), "nothing was printed");
  });
});

async function filesBelow(directory: string): Promise<[path: string, content: Uint8Array][]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  assert.ok(files.length > 5, `${files.length} files in ${directory}`);
  return Promise.all(files.map(async (path) => [path, new Uint8Array(await readFile(path))] as [string, Uint8Array]));
}

/** Keys and values, since the files may be compressed. */
async function contentOf(directory: string): Promise<Uint8Array> {
  const store = await openStore(directory);
  try {
    const parts: Uint8Array[] = [];
    for await (const [key, value] of store.range("")) parts.push(utf8(key), value);
    const content = concatBytes(...parts);
    assert.ok(
      parts.some((part) => equalBytes(part, utf8("model/counts"))),
      "the database has no model",
    );
    return content;
  } finally {
    await store.close();
  }
}
