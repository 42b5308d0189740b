/** A member that looks at its gateway, whose log says of its releases that nobody vouches for them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { identityFromSeed, nodeCrypto } from "../../../../node/crypto.ts";
import { plainAggregator } from "../../../../protocol/aggregate/registry.ts";
import { utf8 } from "../../../../protocol/base/bytes.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { PeerId, Transport } from "../../../../protocol/base/seams.ts";
import { CLUSTER } from "../../../../protocol/gateway/certificate.ts";
import { openLog } from "../../../../protocol/log/stored/chain.ts";
import { storedEntries } from "../../../../protocol/log/stored/reading.ts";
import { createWatch } from "../../../../protocol/peer/gateway/watch.ts";
import type { Announced } from "../../../../protocol/peer/stages.ts";
import { createSubject } from "../../../../protocol/peer/subject.ts";
import { decodeLogRequest, encodeEntriesAnswer } from "../../../../protocol/wire/log-messages.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { GATEWAY_TASK } from "../../../support/clusters.ts";

const GATEWAY = identityFromSeed(nodeCrypto.sha256(utf8("gateway")));
const clock = { now: () => 0, monotonicMs: () => 0, after: () => () => {} };

/** A member; what its gateway announced last, and how its log answers. */
interface Scene {
  gateway: PeerId;
  announcedSeq: number | undefined;
  doubters: PeerId[];
  /** Whether its turn has come to look. */
  isTurn: boolean;
  shown(entries: readonly Uint8Array[]): readonly Uint8Array[];
}

/** Entries of a gateway: publications of its own, and the last is a release under nobody's word. */
async function logOf(length: number): Promise<{ signed: Uint8Array[]; announced: (seq: number) => Announced }> {
  const store = createMemoryStore();
  const { taskId } = createSubject(GATEWAY_TASK, nodeCrypto);
  const log = await openLog({ store, identity: GATEWAY, crypto: nodeCrypto, clock, taskId, agent: "test" });
  const own = { codec: "f32", mechanism: "none", shared: new Uint8Array([255]), mass: 1 };
  for (let size = log.state().size; size < length; size++) {
    const model = nodeCrypto.sha256(utf8(`model ${size}`));
    const release = size === length - 1 && { mechanism: CLUSTER, mass: 3 };
    const body = { model, age: size, bytes: 9000, trained: model, ...own, ...release };
    await log.append([{ type: "publish", body }]);
  }
  const signed: Uint8Array[] = [];
  for await (const entry of storedEntries(store)) signed.push(entry);
  const ids: Uint8Array[] = [];
  for await (const { id } of log.entries()) ids.push(id);
  const { peerId: author, publicKey } = GATEWAY;
  return {
    signed,
    announced: (seq) => ({ author, publicKey, generation: log.generation, seq, entry: ids[seq] }) as Announced,
  };
}

async function open(length: number, changes: Partial<Scene> = {}) {
  const { signed, announced } = await logOf(length);
  const scene: Scene = {
    ...{ gateway: GATEWAY.peerId, announcedSeq: 2, doubters: [], isTurn: true, shown: (entries) => entries },
    ...changes,
  };
  const seen = {
    found: [] as string[],
    distrusted: [] as PeerId[],
    forMs: [] as number[],
    kept: [] as PeerId[],
    requests: 0,
  };
  const transport = {
    async request(_peer: PeerId, _protocol: string, body: Uint8Array) {
      seen.requests++;
      const { from, limit } = decodeLogRequest(body) as { from: number; limit: number };
      const entries = scene.shown(signed.slice(from, from + limit));
      return encodeEntriesAnswer({ size: entries.length === 0 ? 0 : signed.length, entries });
    },
  };
  const watch = createWatch(
    {
      ...{ clock, crypto: nodeCrypto, aggregator: plainAggregator, transport: transport as unknown as Transport },
      subject: createSubject(GATEWAY_TASK, nodeCrypto),
      rng: { ...createRng("watch"), below: () => (scene.isTurn ? 0 : 1) },
      cluster: {
        gateway: () => scene.gateway,
        doubters: () => scene.doubters,
        distrust(peer, ms) {
          seen.distrusted.push(peer);
          seen.forMs.push(ms);
        },
      },
      reports: { refused: (_peer, _code, message) => void seen.found.push(message) },
      liars: { add: async (peer) => void seen.kept.push(peer) },
    },
    {
      ...{ self: "me", signal: new AbortController().signal },
      newest: () => (scene.announcedSeq === undefined ? undefined : announced(scene.announcedSeq)),
    },
  );
  const look = async (times = 1) => {
    for (let time = 0; time < times; time++) await watch();
  };
  return { scene, seen, look };
}

describe("a member that watches its gateway", () => {
  it("reads to the end of its log, however long ago the gateway has told of a model of its own", async () => {
    for (const length of [8, 70, 300]) {
      const { seen, look } = await open(length);
      await look();
      assert.deepEqual(seen.found, ["as a gateway: the word of its members does not hold: nobody vouches for it"]);
      assert.deepEqual([seen.distrusted, seen.kept], [[GATEWAY.peerId], [GATEWAY.peerId]]);
      assert.deepEqual(seen.forMs, [Number.POSITIVE_INFINITY]);
    }
  });

  it("does not elect one for ten minutes that shows no end, nothing, or another log three times in a row; that is no proof", async () => {
    const { signed: others } = await logOf(6);
    const shows: Scene["shown"][] = [() => [], (entries) => entries.slice(0, 1), () => others.slice(1)];
    for (const shown of shows) {
      const { seen, look } = await open(100, { shown });
      await look(2);
      assert.deepEqual(seen.distrusted, []);
      await look();
      assert.deepEqual(seen.found, ["as a gateway: it does not show what its releases are made of"]);
      assert.deepEqual([seen.distrusted, seen.kept], [[GATEWAY.peerId], []]);
      await look(2); // elected again, it begins anew
      assert.deepEqual(seen.forMs, [600_000]);
      await look();
      assert.deepEqual(seen.forMs, [600_000, 600_000]);
    }
  });

  it("counts looks that came to nothing for each gateway alone", async () => {
    const { scene, seen, look } = await open(8, { shown: () => [] });
    for (const gateway of ["one", "two", "one", "two"]) {
      scene.gateway = gateway;
      await look(2);
    }
    assert.deepEqual(seen.distrusted, []);
  });

  it("does not elect one that told of no model of its own in 32 merges: there is nothing to look at", async () => {
    const { seen, look } = await open(8, { announcedSeq: undefined });
    await look(31);
    assert.deepEqual(seen.distrusted, []);
    await look();
    assert.deepEqual([seen.distrusted, seen.kept], [[GATEWAY.peerId], []]);
  });

  it("looks when its turn comes, and at once where a member comes to name another gateway", async () => {
    const { scene, seen, look } = await open(8, { isTurn: false });
    await look(5);
    assert.equal(seen.requests, 0);
    scene.doubters = ["a"];
    await look(5);
    assert.equal(seen.requests, 1);
    scene.doubters = ["a", "b"];
    await look(5);
    assert.equal(seen.requests, 2);
    scene.isTurn = true;
    await look();
    assert.equal(seen.requests, 3);
  });

  it("looks again at each merge while what another member doubts cannot be had; that counts for nothing", async () => {
    const { scene, seen, look } = await open(8, { isTurn: false, shown: () => [], doubters: ["a"] });
    await look(5);
    assert.deepEqual([seen.requests, seen.distrusted], [5, []]);
    scene.shown = (entries) => entries;
    await look(5);
    assert.deepEqual([seen.requests, seen.distrusted], [6, [GATEWAY.peerId]]);
  });

  it("looks once at a time: a network that stands still is one fault", async () => {
    const { seen, look } = await open(8, { shown: () => [] });
    await Promise.all(Array.from({ length: 5 }, () => look()));
    assert.deepEqual([seen.requests, seen.distrusted], [1, []]);
  });
});
