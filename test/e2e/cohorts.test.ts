/** Three real peers on loopback whose task has cohorts: they meet, publish their mean and learn from it, and no row is in what they send. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { nodeCrypto } from "../../node/crypto.ts";
import { loadPeerData } from "../../node/data/share.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { type RunningPeer, startPeer } from "../../node/start.ts";
import type { Transport } from "../../protocol/base/seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import { encodeTask, parseTask } from "../../protocol/task/manifest.ts";
import { taskNames } from "../../protocol/wire/messages.ts";
import { eventually } from "../conformance/transport.ts";
import { observed, type Passed } from "../support/transports.ts";

const TASK = parseTask({
  ...parse(TEMPLATES.digits.yaml),
  codec: "int8",
  aggregation: { quorum: 1 },
  privacy: { cohort: { size: 3, minimum: 3 } },
});
const DEADLINE_MS = 120_000;
/** Two numbers side by side in each row that no training makes up by chance. */
const CANARY = [1.2345679, -0.98765432];
const CANARY_AT = 20;

/** The canary as float32 and float64 of either order of bytes, as it is read and as the model sees it. */
function formsOf({ input: { mean, std } }: Pick<Task, "input">): Buffer[] {
  const seen = CANARY.map((value, i) => {
    const of = (list: readonly number[]) => list[(CANARY_AT + i) % list.length] as number;
    return (value - of(mean)) / of(std);
  });
  return [CANARY, seen].flatMap((pair) => {
    const [narrow, wide] = [new Float32Array(pair), new Float64Array(pair)].map(({ buffer }) => Buffer.from(buffer));
    const swapped = [Buffer.from(narrow as Buffer).swap32(), Buffer.from(wide as Buffer).swap64()];
    return [narrow as Buffer, wide as Buffer, ...swapped, Buffer.from(String((pair as number[])[0]))];
  });
}

describe("three peers whose task has cohorts", () => {
  let root: string;
  const running: RunningPeer[] = [];
  const sent = new Map<string, number>();
  const leaks = new Set<string>();

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "hearsay-cohorts-"));
    const shared = { dataset: "digits", holdout: 0.2, holdoutBy: "chance", partition: "iid", seed: 1 } as const;
    for (const number of [1, 2, 3]) {
      const { train } = await loadPeerData({ ...shared, share: `${number}/3` }, TASK);
      const width = train.inputs.length / train.length;
      for (let row = 0; row < train.length; row++) train.inputs.set(CANARY, row * width + CANARY_AT);
      const bootstrap = running.flatMap((peer) => peer.addresses().slice(0, 1));
      const options = { task: TASK, train, engine: "dense", minCycleMs: 300, maxOutbound: 8, mdns: false, bootstrap };
      const stateDir = join(root, `peer${number}`);
      const wrapTransport = (transport: Transport) => observed(transport, look);
      running.push(await startPeer({ ...options, listen: ["/ip4/127.0.0.1/tcp/0"], stateDir, wrapTransport }));
    }
  });
  const forms = formsOf(TASK);
  function look({ name, bytes }: Passed): void {
    sent.set(name, (sent.get(name) ?? 0) + bytes.length);
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (forms.some((form) => buffer.includes(form))) leaks.add(name);
  }
  after(async () => {
    await Promise.all(running.map((peer) => peer.stop()));
    await rm(root, { recursive: true });
  });

  it("meet over real connections, each comes into means, and merges those of others; nobody's own model is published", async () => {
    const statuses = () => running.map(({ peer }) => peer.status());
    await eventually(
      () =>
        statuses().every(({ cohort }) => (cohort?.sessions.released ?? 0) >= 3) &&
        statuses().filter(({ counters }) => counters.merges > 0).length >= 2,
      DEADLINE_MS,
    );
    for (const { peer } of running) {
      let published = 0;
      for await (const { type, body } of peer.log.entries()) {
        if (type !== "publish") continue;
        published++;
        assert.equal(body.mass, 3);
        assert.ok(body.cohort !== undefined);
      }
      assert.ok(published <= peer.status().counters.published);
      assert.deepEqual(
        Object.keys(peer.status().counters.refused).filter((code) => code !== "ERR_NOT_FOUND"),
        [],
      );
    }
  });

  it("send no row of theirs in any message, those of the cohorts among them", () => {
    const { cohort, blob, model } = taskNames(nodeCrypto.sha256(encodeTask(TASK)));
    assert.equal(
      sent.get(model),
      undefined,
      "a mean that was told of without its hash would be pulled from each member",
    );
    for (const name of [cohort, blob]) assert.ok((sent.get(name) ?? 0) > 10_000, `${sent.get(name)} bytes of ${name}`);
    assert.deepEqual([...leaks], []);
  });
});
