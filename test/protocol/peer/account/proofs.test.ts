/** What an author has to prove before one of its models is taken, and what is remembered, asked and found then. The author's log is in memory. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { HearsayError, isHearsayError } from "../../../../protocol/base/errors.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { logIdOf } from "../../../../protocol/log/entry/entry.ts";
import { decodeEvidence, verifyEvidence } from "../../../../protocol/log/entry/evidence.ts";
import { readCosignature } from "../../../../protocol/log/tree/checkpoint.ts";
import { createDoubts } from "../../../../protocol/peer/account/doubts.ts";
import { openHeadMemory, storedHead } from "../../../../protocol/peer/account/heads.ts";
import { createProver } from "../../../../protocol/peer/account/proofs.ts";
import { announcedState } from "../../../../protocol/peer/account/signed-state.ts";
import { createWitness } from "../../../../protocol/peer/account/witness.ts";
import { createLife } from "../../../../protocol/peer/life.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";
import {
  type Announcement,
  type AnnouncementDraft,
  decodeAnnouncement,
  encodeAnnouncement,
} from "../../../../protocol/wire/announcement.ts";
import {
  decodeLogRequest,
  decodeProveAnswer,
  encodeCosignAnswer,
  encodeProveAnswer,
  type LogRequest,
} from "../../../../protocol/wire/log-messages.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { identityOf } from "../../../support/crowd.ts";
import { createHostileLog, type HostileLog } from "../../../support/hostile-log.ts";
import { AS_TRAINED } from "../../../support/publications.ts";

const [AUTHOR, SELF] = [identityOf(1), identityOf(2)];
const TASK = new Uint8Array(32).fill(7);

/** A log of the author; `publish` announces one more model in it. Those of another head are other models. */
function logOf(generation = 0, head = 0) {
  const log = createHostileLog(AUTHOR, TASK, nodeCrypto, { agent: "author/1", generation });
  let age = 0;
  const publish = (changes: Partial<AnnouncementDraft> = {}, codec = "f32"): Announcement => {
    const model = nodeCrypto.sha256(Uint8Array.of(generation, head, ++age));
    const body = { model, age, bytes: 8 };
    const place = log.publish({ ...body, codec, ...AS_TRAINED });
    const draft = { task: TASK, generation, tsMs: 0, ...place, ...body, ...changes };
    return decodeAnnouncement(encodeAnnouncement(draft, AUTHOR));
  };
  return { log, publish };
}

/** A prover that asks this log, or the one that it is changed to. */
async function scene(log: HostileLog) {
  const world = { log, wanted: false, asked: [] as LogRequest[], found: [] as Uint8Array[], wantedOf: [] as number[] };
  const store = createMemoryStore();
  const identities = createIdentities();
  const clock = { now: () => 4e12, monotonicMs: () => 0, after: () => () => {} };
  const heads = await openHeadMemory({ store, clock, identities });
  const doubts = createDoubts(identities);
  const life = createLife();
  const transport = {
    peers: () => [AUTHOR.peerId],
    async request(_peer: string, _protocol: string, body: Uint8Array) {
      const request = decodeLogRequest(body);
      world.asked.push(request);
      if (request.what === "cosign") return encodeCosignAnswer();
      const answer = await world.log.answer(body);
      return request.what === "prove" && world.wanted
        ? encodeProveAnswer({ ...decodeProveAnswer(answer), wanted: true })
        : answer;
    },
  };
  const { prove, doubt } = createProver(
    { crypto: nodeCrypto, transport, heads, doubts, life },
    {
      ...{ taskId: TASK, codec: "f32", own: { mechanism: "none", shared: Uint8Array.of(1) } },
      leastVouching: undefined,
      onFork: (evidence) => void world.found.push(evidence),
      onWanted: async ({ seq }) => void world.wantedOf.push(seq),
    },
  );
  return { world, store, identities, heads, life, clock, transport, prove, doubt };
}

const unproved = (error: unknown) => isHearsayError(error, "ERR_LOG_PROOF");
const proves = (evidence: Uint8Array) => verifyEvidence(decodeEvidence(evidence), nodeCrypto)?.peer;

describe("a model", () => {
  it("is proved by one question, after which its author's head is remembered; the next question goes on from there", async () => {
    const { log, publish } = logOf();
    const { world, heads, identities, prove } = await scene(log);
    const [first, second] = [publish(), publish()];
    await prove(first);
    assert.equal(heads.get(AUTHOR.peerId), first);
    await prove(second);
    assert.deepEqual(
      world.asked.map((request) => request.what === "prove" && [request.seq, request.old]),
      [
        [1, 0],
        [2, 2],
      ],
    );
    assert.equal(heads.get(AUTHOR.peerId), second);
    assert.equal(identities.isKnown(AUTHOR.peerId), false, "that alone makes nobody known");
    assert.deepEqual(world.found, []);
  });

  it("is not proved by an entry that says another thing than the announcement, and nothing is remembered", async () => {
    for (const changes of [
      { age: 5 },
      { bytes: 9 },
      { mass: 2 },
      { model: TASK },
      { entry: TASK },
      { root: TASK },
    ] satisfies Partial<AnnouncementDraft>[]) {
      const { log, publish } = logOf();
      const { heads, prove } = await scene(log);
      await assert.rejects(prove(publish(changes)), unproved, JSON.stringify(Object.keys(changes)));
      assert.equal(heads.get(AUTHOR.peerId), undefined);
    }
  });

  it("is not proved by an entry of another codec, nor of another log", async () => {
    const { log, publish } = logOf();
    await assert.rejects((await scene(log)).prove(publish({}, "int8")), unproved);
    const former = logOf(3);
    await assert.rejects((await scene(former.log)).prove(former.publish({ generation: 0 })), unproved);
    const other = logOf(3);
    other.publish();
    await assert.rejects((await scene(other.log)).prove(logOf().publish()), unproved);
  });

  it("is not proved where its author has no such log: that is no fault of the line", async () => {
    const { prove, world } = await scene(logOf().log);
    const { publish } = logOf();
    publish();
    await assert.rejects(prove(publish()), unproved);
    world.log = { ...logOf().log, answer: () => Promise.reject(new HearsayError("ERR_TIMEOUT", "slow")) };
    await assert.rejects(prove(publish()), (error) => isHearsayError(error, "ERR_TIMEOUT"));
  });
});

describe("a log that does not go on as it was", () => {
  it("is refused where it is shorter than it was, without a question", async () => {
    const { log, publish } = logOf();
    const { world, prove } = await scene(log);
    const [first, second] = [publish(), publish()];
    await prove(second);
    await assert.rejects(prove(first), unproved);
    assert.equal(world.asked.length, 1);
  });

  it("is refused, and its own entries convict its author", async () => {
    const [one, other] = [logOf(), logOf(0, 1)];
    const { world, heads, prove } = await scene(one.log);
    const before = one.publish();
    await prove(before);
    other.publish();
    world.log = other.log;
    await assert.rejects(prove(other.publish()), unproved);
    await setImmediate();
    assert.equal(heads.get(AUTHOR.peerId), before, "what was proved stays");
    assert.deepEqual(world.found.map(proves), [AUTHOR.peerId]);
  });

  it("may begin anew, so many times a day", async () => {
    const { world, prove } = await scene(logOf().log);
    const begin = async (generation: number) => {
      const next = logOf(generation);
      world.log = next.log;
      await prove(next.publish());
    };
    for (let generation = 0; generation <= LIMITS.maxGenerationsPerDay; generation++) await begin(generation);
    const once = begin(LIMITS.maxGenerationsPerDay + 1);
    await assert.rejects(once, (error) => isHearsayError(error, "ERR_RATE") && error.details.limit !== undefined);
    await assert.rejects(begin(1), (error) => isHearsayError(error, "ERR_RATE"), "and never goes back");
  });
});

describe("a state that is in doubt", () => {
  it("is cleared by an author with one log, which loses nothing", async () => {
    const { log, publish } = logOf();
    const { world, prove, doubt } = await scene(log);
    const [late, next, after] = [publish(), publish(), publish()];
    doubt(announcedState(late));
    await setImmediate();
    await prove(next);
    assert.deepEqual(
      world.asked.map(({ what }) => what),
      ["entries", "prove", "prove"],
    );
    await prove(after);
    assert.equal(world.asked.length, 4, "and is not in doubt any more");
    assert.deepEqual(world.found, []);
  });

  it("of another head is not cleared: nothing is taken, and the author is convicted by the entry there", async () => {
    const [one, other] = [logOf(), logOf(0, 1)];
    const { world, heads, prove, doubt } = await scene(one.log);
    for (let i = 0; i < 3; i++) one.publish();
    doubt(announcedState(other.publish()));
    await assert.rejects(prove(one.publish()), unproved);
    await setImmediate();
    assert.ok(world.found.length >= 1);
    for (const evidence of world.found) assert.equal(proves(evidence), AUTHOR.peerId);
    assert.equal(heads.get(AUTHOR.peerId), undefined);
  });
});

describe("a cosignature", () => {
  it("is brought where the author wants it, and not otherwise", async () => {
    const { log, publish } = logOf();
    const { world, prove } = await scene(log);
    await prove(publish());
    assert.deepEqual(world.wantedOf, []);
    world.wanted = true;
    await prove(publish());
    assert.deepEqual(world.wantedOf, [2]);
  });

  it("goes out once what this peer remembers of that log is on disk, in its own name, of a whole minute", async () => {
    const { log, publish } = logOf();
    const { world, store, heads, clock, transport, prove } = await scene(log);
    const announced = publish();
    await prove(announced);
    assert.equal(await storedHead(store, AUTHOR.peerId), undefined);
    const order: string[] = [];
    const witness = createWitness(
      {
        ...{ clock, identity: SELF, crypto: nodeCrypto },
        heads: {
          async save() {
            await heads.save();
            order.push("saved");
          },
        },
        transport: {
          request(peer, protocol, body) {
            order.push("sent");
            return transport.request(peer, protocol, body);
          },
        },
      },
      new AbortController().signal,
    );
    await witness(announced, logIdOf(AUTHOR.publicKey, TASK, nodeCrypto));
    assert.deepEqual(order, ["saved", "sent"]);
    assert.deepEqual((await storedHead(store, AUTHOR.peerId))?.sealed, announced.sealed);
    const brought = world.asked.at(-1);
    assert.ok(brought?.what === "cosign" && brought.size === announced.seq + 1);
    assert.equal(readCosignature(brought.line).name, SELF.peerId);
  });
});
