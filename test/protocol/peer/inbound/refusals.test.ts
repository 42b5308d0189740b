import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { utf8 } from "../../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../../protocol/base/errors.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { numParams } from "../../../../protocol/base/task.ts";
import { blobTask } from "../../../support/blobs.ts";
import { type Crowd, createCrowd, identityOf, type Member, mergesOf } from "../../../support/crowd.ts";
import { codecOf, type Hostile, type Offer } from "../../../support/hostile.ts";

const LIAR = 50;

/** A model of several chunks. */
const wide = blobTask({
  model: { kind: "mlp", hidden: [16_384], activation: "relu" },
  training: { steps: 1, batch: 1 },
  aggregation: { rule: "median", quorum: 1 },
});
const small = blobTask({ aggregation: { rule: "median" } });
const size = numParams(small);

interface Scene {
  readonly crowd: Crowd;
  readonly hostile: Hostile;
  readonly readers: readonly Member[];
}

/** Honest peers that have merged, and a hostile one. */
async function scene(task = small, peers = 4): Promise<Scene> {
  const crowd = createCrowd({ task });
  for (let i = 0; i < peers; i++) await crowd.join(i);
  const made = crowd.joinHostile(LIAR);
  await crowd.run(2_500);
  return { crowd, hostile: made, readers: [...crowd.members] };
}

const refusedBy = ({ peer }: Member) => peer.status().counters.refused;

/** How often each status was logged for the liar's models. */
async function statusesOfLiar(reader: Member): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { parents } of await mergesOf(reader)) {
    for (const { peer, status, weightQ16 } of parents) {
      if (peer !== identityOf(LIAR).peerId) continue;
      counts[status] = (counts[status] ?? 0) + 1;
      assert.equal(weightQ16 === 0, status === "invalid");
    }
  }
  return counts;
}

const filled = (value: number, at: number) => new Float32Array(size).map((_, i) => (i === at ? value : 0.01));

describe("a body that is refused is counted under its code, logged as invalid and never merged:", () => {
  const offers: [claim: string, code: string, offer: Offer | ((hostile: Hostile) => Offer)][] = [
    ["a NaN", "ERR_MODEL_NOT_FINITE", { params: filled(Number.NaN, 3) }],
    ["an infinity", "ERR_MODEL_NOT_FINITE", { params: filled(Infinity, 0) }],
    ["a negative infinity", "ERR_MODEL_NOT_FINITE", { params: filled(-Infinity, size - 1) }],
    ["an absurd norm", "ERR_MODEL_NORM", { params: filled(1e6, 1) }],
    [
      "tensors of other names in as many bytes",
      "ERR_MODEL_SHAPE",
      ({ codec }) => {
        const body = codec.encode(filled(0.02, 0));
        const at = Buffer.from(body).indexOf("kernel");
        return { body: body.map((byte, i) => (i === at ? byte + 1 : byte)) };
      },
    ],
    [
      "a body of another task in as many bytes",
      "ERR_MODEL_SHAPE",
      { body: codecOf(blobTask({ seed: 99 }), nodeCrypto).encode(filled(0.02, 0)) },
    ],
    ["bytes that do not match the hash", "ERR_MODEL_HASH", { hash: nodeCrypto.sha256(utf8("something else")) }],
    [
      "a served total above the announced length",
      "ERR_TOO_LARGE",
      { answer: ({ total, chunk }) => ({ total: total + 4, chunk }) },
    ],
    ["a served total of a terabyte", "ERR_TOO_LARGE", { answer: ({ chunk }) => ({ total: 2 ** 40, chunk }) }],
    [
      "a served total below the announced length",
      "ERR_MODEL_SIZE",
      { answer: ({ total, chunk }) => ({ total: total - 4, chunk: chunk.subarray(4) }) },
    ],
    ["a short chunk", "ERR_MODEL_SIZE", { answer: ({ total, chunk }) => ({ total, chunk: chunk.subarray(1) }) }],
    ["an empty chunk", "ERR_MODEL_SIZE", { answer: ({ total }) => ({ total, chunk: new Uint8Array(0) }) }],
    ["an answer that does not decode", "ERR_DECODE", { answer: () => utf8("no answer") }],
  ];
  for (const [claim, code, offer] of offers) {
    it(`${claim}: ${code}`, async () => {
      const { crowd, hostile, readers } = await scene();
      await hostile.offer(typeof offer === "function" ? offer(hostile) : offer);
      await crowd.run(2_000);
      for (const reader of readers) {
        assert.deepEqual(refusedBy(reader), { [code]: 1 });
        assert.deepEqual(await statusesOfLiar(reader), { invalid: 1 });
        assert.equal(reader.peer.status().counters.invalid, 1);
      }
    });
  }

  it("a chunk in the middle that is cut short, or holds other bytes", async () => {
    for (const [code, offer] of [
      [
        "ERR_MODEL_SIZE",
        { answer: (honest, { offset }) => (offset === 0 ? honest : { ...honest, chunk: utf8("cut") }) },
      ],
      [
        "ERR_MODEL_HASH",
        { answer: (honest, { offset }) => (offset === 0 ? honest : { ...honest, chunk: honest.chunk.toReversed() }) },
      ],
    ] satisfies [string, Offer][]) {
      const { crowd, hostile, readers } = await scene(wide, 2);
      assert.ok(hostile.codec.maxBytes > 2 * LIMITS.maxChunkBytes);
      await hostile.offer(offer);
      await crowd.run(1_000);
      for (const reader of readers) {
        assert.deepEqual(refusedBy(reader), { [code]: 1 });
        assert.deepEqual(await statusesOfLiar(reader), { invalid: 1 });
      }
    }
  });

  it("and a harmless one by the same means is merged", async () => {
    const { crowd, hostile, readers } = await scene();
    await hostile.offer();
    await crowd.run(1_000);
    for (const reader of readers) {
      assert.deepEqual(refusedBy(reader), {});
      assert.deepEqual(await statusesOfLiar(reader), { used: 1 });
    }
  });

  it("it is logged even if too few candidates for a merge are left at first", async () => {
    const crowd = createCrowd({ task: small });
    const reader = await crowd.join(0);
    const hostile = crowd.joinHostile(LIAR);
    await hostile.offer({ params: filled(Number.NaN, 0) });
    hostile.greetWith(undefined);
    const copies = [1, 2, 3].map((i) => crowd.joinHostile(LIAR + i)); // a quorum of names, but one model
    for (const copy of copies) await copy.offer({ params: filled(0.5, 0) });
    await crowd.run(2_500);
    assert.equal(reader.peer.status().fresh, 3);
    assert.equal(refusedBy(reader).ERR_MODEL_NOT_FINITE, 1);
    assert.equal(reader.peer.status().counters.merges, 0);
    for (let i = 1; i < 4; i++) await crowd.join(i);
    for (const { peerId } of crowd.members) crowd.world.network.connect(hostile.peerId, peerId);
    await crowd.run(3_000);
    assert.deepEqual(await statusesOfLiar(reader), { invalid: 1 });
  });
});

describe("a pull that fails through no fault of the model is counted, and not logged as invalid:", () => {
  it("a body that is not there any more: ERR_NOT_FOUND", async () => {
    const { crowd, hostile, readers } = await scene();
    const answer = () => {
      throw new HearsayError("ERR_NOT_FOUND", "gone");
    };
    for (let i = 0; i < 2; i++) {
      await hostile.offer({ answer });
      await crowd.run(1_000);
    }
    for (const reader of readers) {
      assert.deepEqual(refusedBy(reader), { ERR_NOT_FOUND: 2 }); // asked again at once: it may be one's own slowness
      assert.deepEqual(await statusesOfLiar(reader), {});
    }
  });

  it("a broken connection: ERR_UNREACHABLE, after the attempts that a chunk has", async () => {
    const { crowd, hostile, readers } = await scene();
    await hostile.offer({
      answer: () => {
        throw new HearsayError("ERR_UNREACHABLE", "broken");
      },
    });
    await crowd.run(2_300);
    for (const reader of readers) {
      assert.deepEqual(refusedBy(reader), { ERR_UNREACHABLE: 1 });
      assert.equal(hostile.asked.filter(({ from }) => from === reader.peerId).length, 3);
      assert.deepEqual(await statusesOfLiar(reader), {});
    }
  });

  it("no answer: ERR_TIMEOUT after 10 s", async () => {
    const { crowd, hostile, readers } = await scene();
    await hostile.offer({ answer: () => new Promise(() => {}) });
    await crowd.run(9_500);
    for (const reader of readers) assert.deepEqual(refusedBy(reader), {});
    await crowd.run(1_000);
    for (const reader of readers) {
      assert.deepEqual(refusedBy(reader), { ERR_TIMEOUT: 1 });
      assert.deepEqual(await statusesOfLiar(reader), {});
    }
  });
});

describe("an announcement that is refused is counted under its code, and its body never asked for:", () => {
  /** `refuse` announces what must be refused; every reader counts `codes`. */
  async function refused(
    codes: Record<string, number>,
    refuse: (scene: Scene) => Promise<unknown>,
    asks = 0,
  ): Promise<void> {
    const made = await scene();
    await refuse(made);
    await made.crowd.run(2_000);
    for (const reader of made.readers) {
      assert.deepEqual(refusedBy(reader), codes);
      assert.equal(made.hostile.asked.filter(({ from }) => from === reader.peerId).length, asks);
    }
  }

  it("one too large: ERR_MODEL_SIZE", () =>
    refused({ ERR_MODEL_SIZE: 1 }, ({ hostile }) => hostile.offer({ bytes: hostile.codec.maxBytes + 1 })));

  it("one too small: ERR_MODEL_SIZE", () =>
    refused({ ERR_MODEL_SIZE: 1 }, ({ hostile }) => hostile.offer({ bytes: hostile.codec.maxBytes - 1 })));

  it("of another task: ERR_OTHER_TASK", () =>
    refused({ ERR_OTHER_TASK: 1 }, ({ hostile }) => hostile.offer({ taskId: nodeCrypto.sha256(utf8("other")) })));

  it("signed by another than its author: ERR_SIGNATURE", () =>
    refused({ ERR_SIGNATURE: 1 }, ({ hostile }) => hostile.offer({ signer: identityOf(51) })));

  it("bytes that are none: ERR_DECODE", () =>
    refused({ ERR_DECODE: 1 }, ({ hostile }) => hostile.announce(utf8("hello, all"))));

  it("longer than 1 KiB: ERR_TOO_LARGE", () =>
    refused({ ERR_TOO_LARGE: 1 }, ({ hostile }) => hostile.announce(new Uint8Array(1025))));

  it("a new seq with a model of before: ERR_REPLAYED; an older seq that nobody told of is passed on, and no more", () =>
    refused(
      { ERR_REPLAYED: 1 },
      async ({ crowd, hostile }) => {
        const body = hostile.codec.encode(filled(0.02, 0));
        const before = hostile.prepare({ body: hostile.codec.encode(filled(0.03, 0)) });
        await hostile.offer({ body });
        await crowd.run(1_000);
        await hostile.announce(before);
        await hostile.offer({ body });
      },
      1,
    ));

  it("the same bytes again, in a greeting: ERR_REPLAYED", () =>
    refused(
      { ERR_REPLAYED: 1 },
      async ({ crowd, hostile, readers }) => {
        await hostile.offer();
        await crowd.run(1_000);
        for (const { peerId } of readers) {
          crowd.world.network.disconnect(hostile.peerId, peerId);
          crowd.world.network.connect(hostile.peerId, peerId);
        }
      },
      1,
    ));

  it("more often than the task allows: ERR_RATE", () =>
    refused(
      { ERR_RATE: 20 },
      async ({ hostile }) => {
        for (let i = 0; i < 30; i++) await hostile.offer();
      },
      1, // the newest that was let in
    ));
});

describe("what is relayed", () => {
  /** hostile -- reader -- listener: the listener hears what the reader relays. */
  async function relayed(offer: Offer): Promise<boolean> {
    const crowd = createCrowd({ task: small });
    await crowd.join(0);
    const hostile = crowd.joinHostile(LIAR);
    const listener = crowd.joinHostile(60);
    crowd.world.network.disconnect(hostile.peerId, listener.peerId);
    await hostile.offer(offer);
    await crowd.run(500);
    return listener.heard.some(({ author }) => author === hostile.peerId);
  }

  it("a good announcement is, one that was rejected or ignored is not", async () => {
    assert.equal(await relayed({}), true);
    assert.equal(await relayed({ signer: identityOf(51) }), false, "bad signature");
    assert.equal(await relayed({ bytes: 12 }), false, "wrong size");
    assert.equal(await relayed({ taskId: new Uint8Array(32) }), false, "another task");
    assert.equal(await relayed({ age: -1, unlogged: true }), false, "does not decode");
  });

  it("is heard of from afar, but models are asked of neighbours alone", async () => {
    const crowd = createCrowd({ task: small });
    const [near, far] = [await crowd.join(0), await crowd.join(1)];
    const middle = crowd.joinHostile(LIAR);
    crowd.world.network.disconnect(near.peerId, far.peerId);
    await crowd.run(3_500);
    for (const { peer } of [near, far])
      assert.deepEqual(peer.status().counters.refused, {}, "nothing was asked in vain");
    assert.equal(middle.heard.length, 8, "though the announcements of both were relayed");
    crowd.world.network.connect(near.peerId, far.peerId);
    await crowd.run(1_500);
    assert.equal(near.peer.status().fresh, 1);
  });
});

describe("a peer of another task", () => {
  it("is told so by the greeting, counted and left alone; so is the greeter", async () => {
    const crowd = createCrowd({ task: small });
    const reader = await crowd.join(0);
    const hostile = crowd.joinHostile(LIAR, { helloTask: nodeCrypto.sha256(utf8("other")) });
    await crowd.run(500);
    assert.deepEqual(refusedBy(reader), { ERR_OTHER_TASK: 1 });
    assert.equal(reader.peer.status().neighbours, 0);
    crowd.world.network.connect(hostile.peerId, reader.peerId);
    await crowd.run(500);
    assert.equal(reader.peer.status().neighbours, 0, "it stays blocked");
    const refusals = reader.events.filter((event) => event.kind === "refused");
    assert.match(refusals[0]?.message ?? "", /another task: theirs is [0-9a-f]{64}, ours is [0-9a-f]{64} \(blobs\)/);
  });
});

describe("an author that was refused", () => {
  it("takes no place from the others, though it was drawn with them", async () => {
    const crowd = createCrowd({
      task: blobTask({ aggregation: { rule: "median", inboxSize: 3, quorum: 2, memory: 0 } }),
    });
    for (let i = 0; i < 4; i++) await crowd.join(i);
    await crowd.run(2_500);
    for (let i = 0; i < 6; i++) await crowd.joinHostile(LIAR + i).offer({ params: filled(Number.NaN, 0) });
    await crowd.run(2_400);
    let invalid = 0;
    for (const reader of crowd.members) {
      const statuses = (await mergesOf(reader)).map(({ parents }) => parents.map(({ status }) => status));
      invalid += statuses.flat().filter((status) => status === "invalid").length;
      assert.ok(reader.peer.status().counters.merges >= 3, "in every cycle but perhaps the one in which they were new");
    }
    assert.ok(invalid > 6, `${invalid} refused`);
  });

  it("is left out for longer and longer, and heard again when it mends its ways", async () => {
    const { crowd, hostile, readers } = await scene();
    const [reader] = readers as [Member];
    const pulls = () => hostile.asked.filter(({ from }) => from === reader.peerId).length;
    const asked: number[] = [];
    for (let cycle = 0; cycle < 30; cycle++) {
      const before = pulls();
      await hostile.offer({ params: filled(Number.NaN, cycle % size) });
      await crowd.run(1_000);
      if (pulls() > before) asked.push(cycle);
    }
    assert.equal(asked.length, 3, `${asked}`);
    const [first = 0, second = 0, third = 0] = asked;
    assert.ok(third - second >= 3 * (second - first), `${asked}`);
    for (let cycle = 0; cycle < 70; cycle++) {
      await hostile.offer({ age: reader.peer.status().age });
      await crowd.run(1_000);
    }
    const { used = 0, invalid } = await statusesOfLiar(reader);
    assert.equal(invalid, 3);
    assert.ok(used > 3, `${used}`);
  });
});
