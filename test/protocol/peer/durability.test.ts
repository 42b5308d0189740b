import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import type { Trainer } from "../../../protocol/base/learning-seams.ts";
import type { PeerId, Store, Transport } from "../../../protocol/base/seams.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { decodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import {
  decodeBlobAnswer,
  decodeHelloAnswer,
  encodeBlobRequest,
  encodeHelloRequest,
  HELLO_PROTOCOL,
  taskNames,
} from "../../../protocol/wire/messages.ts";
import type { VirtualClock } from "../../../sim/seams/clock.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import { blobTask } from "../../support/blobs.ts";
import { createCrowd, entriesIn } from "../../support/crowd.ts";
import { codecOf } from "../../support/hostile.ts";
import { observed } from "../../support/transports.ts";

const task = blobTask({ training: { steps: 5, batch: 16 }, aggregation: { rule: "median", quorum: 2 } });
const taskId = nodeCrypto.sha256(encodeTask(task));
const names = taskNames(taskId);
const codec = codecOf(task, nodeCrypto);
const WRITE_MS = 400;

/** A store on a slow disk: what is written counts, and can be read, `WRITE_MS` later. */
function slowDisk(clock: VirtualClock): { store: Store; durable: Store } {
  const durable = createMemoryStore();
  const store: Store = {
    ...durable,
    async write(changes) {
      await new Promise<void>((resolve) => clock.after(WRITE_MS, resolve));
      await durable.write(changes);
    },
  };
  return { store, durable };
}

/** Models that the log on disk says are published. */
async function publishedOnDisk(durable: Store): Promise<Set<string>> {
  const models = new Set<string>();
  for (const entry of await entriesIn(durable)) {
    if (entry.type === "publish") models.add(toHex(entry.body.model));
  }
  return models;
}

/** Tells the model of every training as soon as it exists. */
function telling(trainer: Trainer, tell: (model: Uint8Array) => void): Trainer {
  return {
    ...trainer,
    async fit(request) {
      const result = await trainer.fit(request);
      tell(nodeCrypto.sha256(codec.encode(result.params)));
      return result;
    },
  };
}

async function ask(transport: Transport, peer: PeerId, hash: Uint8Array): Promise<"served" | "refused"> {
  const request = encodeBlobRequest({ hash, offset: 0, maxBytes: 262_144 });
  try {
    return decodeBlobAnswer(await transport.request(peer, names.blob, request)).total > 0 ? "served" : "refused";
  } catch (error) {
    assert.ok(isHearsayError(error, "ERR_NOT_FOUND"), String(error));
    return "refused";
  }
}

describe("on a slow disk", () => {
  it("nothing is announced, in a greeting or to all, before the entry that commits to it is on the disk", async () => {
    const crowd = createCrowd({ task, latencyMs: 1, minCycleMs: 100 });
    const { store, durable } = slowDisk(crowd.world.clock);
    const announced: string[] = [];
    const checks: Promise<void>[] = [];
    const check = async (sealed: Uint8Array) => {
      const { model, entry, seq } = decodeAnnouncement(sealed);
      announced.push(toHex(model));
      const onDisk = (await entriesIn(durable))[seq];
      assert.deepEqual(onDisk?.id, entry, "the announcement names an entry that is not on the disk");
      assert.ok(onDisk?.type === "publish" && toHex(onDisk.body.model) === toHex(model));
    };
    const wrapTransport = (transport: Transport) =>
      observed(transport, ({ name, bytes }) => {
        if (name === names.announce) checks.push(check(bytes));
        if (name !== HELLO_PROTOCOL) return;
        const { announcement } = decodeHelloAnswer(bytes);
        if (announcement !== undefined) checks.push(check(announcement));
      });
    const joining = crowd.join(1, { store, wrapTransport });
    await crowd.run(WRITE_MS + 1); // the genesis
    const { peerId } = await joining;
    const asker = crowd.joinTransport("asker");
    for (let ms = 0; ms < 6_000; ms += 50) {
      const hello = encodeHelloRequest({ task: taskId, agent: "asker/1" });
      void asker.request(peerId, HELLO_PROTOCOL, hello);
      await crowd.run(50);
    }
    await Promise.all(checks);
    assert.ok(new Set(announced).size >= 5, `${announced.length} announcements of ${new Set(announced).size} models`);
  });

  it("no body is served before, though it exists and its hash is known, and it is served afterwards", async () => {
    const crowd = createCrowd({ task, latencyMs: 1, minCycleMs: 100 });
    const { store, durable } = slowDisk(crowd.world.clock);
    let trained: Uint8Array | undefined;
    const wrapTrainer = (trainer: Trainer) =>
      telling(trainer, (model) => {
        trained = model;
      });
    const joining = crowd.join(1, { store, wrapTrainer });
    await crowd.run(WRITE_MS + 1);
    const { peerId } = await joining;
    const asker = crowd.joinTransport("asker");
    const answers = { early: 0, served: 0 };
    for (let ms = 0; ms < 6_000; ms += 20) {
      const hash = trained;
      if (hash !== undefined) {
        const onDisk = (await publishedOnDisk(durable)).has(toHex(hash)); // before the request is even sent
        const asking = ask(asker, peerId, hash);
        await crowd.run(20);
        const answer = await asking;
        const nowOnDisk = (await publishedOnDisk(durable)).has(toHex(hash));
        if (!nowOnDisk) {
          answers.early++;
          assert.equal(answer, "refused", "a body was served that the log on disk does not know");
        } else if (onDisk) {
          answers.served++;
          assert.equal(answer, "served");
        }
      } else await crowd.run(20);
    }
    assert.ok(answers.early > 20 && answers.served > 20, JSON.stringify(answers));
  });

  it("a merge counts when its entry is on the disk, together with the model that it made", async () => {
    const crowd = createCrowd({ task, latencyMs: 1, minCycleMs: 100 });
    const { store, durable } = slowDisk(crowd.world.clock);
    for (let i = 2; i < 5; i++) await crowd.join(i);
    const joining = crowd.join(1, { store });
    await crowd.run(WRITE_MS + 1);
    await joining;
    let merges = 0;
    for (let ms = 0; ms < 6_000; ms += 100) {
      await crowd.run(100);
      const entries = await entriesIn(durable);
      const last = entries.findLast(({ type }) => type === "aggregate");
      if (last?.type !== "aggregate") continue;
      merges++;
      const params = await durable.get("model/params");
      assert.deepEqual(last.body.out, nodeCrypto.sha256(params ?? new Uint8Array(0)));
    }
    assert.ok(merges > 20);
  });
});

describe("a store that fails", () => {
  for (const failing of ["the training's entry", "the merge's entry"]) {
    it(`ends the peer at ${failing}: it rejects with ERR_LOG_CLOSED and announces nothing any more`, async () => {
      const crowd = createCrowd({ task });
      for (let i = 2; i < 5; i++) await crowd.join(i);
      const inner = createMemoryStore();
      let writes = 0;
      let broken = false;
      const store: Store = {
        ...inner,
        async write(changes) {
          if (changes.some(({ key }) => key.startsWith("log/e/"))) writes++;
          const wanted = changes.some(({ key }) => key === "model/params") === (failing === "the merge's entry");
          broken ||= writes > 8 && wanted;
          if (broken) throw new Error("no space left on device");
          await inner.write(changes);
        },
      };
      const announced: string[] = [];
      const peer = await crowd.prepare(1, {
        store,
        wrapTransport: (transport) =>
          observed(transport, ({ name, bytes }) => {
            if (name === names.announce) announced.push(toHex(decodeAnnouncement(bytes).model));
          }),
      });
      let failure: unknown;
      peer.run().catch((error: unknown) => {
        failure = error;
      });
      await crowd.run(20_000);
      assert.ok(isHearsayError(failure, "ERR_LOG_CLOSED"), String(failure));
      const onDisk = await publishedOnDisk(inner);
      assert.ok(announced.length >= 3);
      assert.deepEqual(new Set(announced), onDisk, "announced is what is on the disk, no more");
      const { cycle, logSize } = peer.status();
      await crowd.run(20_000);
      assert.equal(announced.length, onDisk.size);
      assert.deepEqual([peer.status().cycle, peer.status().logSize], [cycle, logSize]);
    });
  }
});
