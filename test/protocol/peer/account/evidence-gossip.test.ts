/** How much evidence of one neighbour is looked at, by gossip and in its answers, and who is asked at one time. Virtual time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HearsayError } from "../../../../protocol/base/errors.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import type { Verdict } from "../../../../protocol/base/seams.ts";
import type { MayLook } from "../../../../protocol/peer/account/court.ts";
import { createAsking } from "../../../../protocol/peer/account/evidence-asking.ts";
import { createEvidenceGossip } from "../../../../protocol/peer/account/evidence-gossip.ts";
import { createQuestions } from "../../../../protocol/peer/account/evidence-questions.ts";
import { createLife } from "../../../../protocol/peer/life.ts";
import type { Grade } from "../../../../protocol/peer/memory/record.ts";
import { decodeLogRequest, encodeEvidenceAnswer } from "../../../../protocol/wire/log-messages.ts";
import { createVirtualClock } from "../../../../sim/seams/clock.ts";

/** A court that accepts what it may look at; the first byte of evidence says of whom it is. */
function courtOf(rejects = (_: Uint8Array) => false) {
  const GRADES: readonly Grade[] = ["known", "met", "stranger"];
  const receive = (bytes: Uint8Array, mayLook: MayLook): Verdict => {
    if (rejects(bytes)) return { verdict: "reject", code: "ERR_SIGNATURE" };
    if (!mayLook(GRADES[bytes[0] ?? 0] as Grade)) return { verdict: "ignore", code: "ERR_RATE" };
    return { verdict: "accept" };
  };
  return { receive };
}

const [OF_KNOWN, OF_MET, OF_STRANGER] = [0, 1, 2].map((grade) => Uint8Array.of(grade)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

function gossip(paid = 0) {
  const world = { nowMs: 0, paid, later: [] as string[], codes: [] as string[] };
  const service = createEvidenceGossip(
    {
      court: courtOf(),
      asking: { askLater: (peer) => void world.later.push(peer) },
      budget: { pay: () => world.paid-- > 0 },
      clock: { monotonicMs: () => world.nowMs },
      reports: { count: (code) => void world.codes.push(code) },
    },
    "/evidence",
  );
  /** How many of 100 are looked at. */
  const accepted = (from: string, evidence: Uint8Array) =>
    Array.from({ length: 100 }, () => service.handle(from, evidence)).filter(({ verdict }) => verdict === "accept")
      .length;
  return { world, accepted };
}

describe("evidence by gossip", () => {
  it("about keys that one has dealt with is looked at 50 times at once, then twice a second, for each neighbour apart", () => {
    const { world, accepted } = gossip();
    assert.equal(accepted("a", OF_KNOWN), 50);
    assert.equal(accepted("b", OF_MET), 50, "and nobody pays for it");
    world.nowMs += 3000;
    assert.equal(accepted("a", OF_MET), 6);
  });

  it("that was left out is asked for later, and counted", () => {
    const { world, accepted } = gossip();
    accepted("a", OF_KNOWN);
    assert.deepEqual(new Set(world.later), new Set(["a"]));
    assert.deepEqual(world.codes, Array(50).fill("ERR_RATE"));
  });

  it("about strangers is looked at as far as its bringer can pay, and never asked for again", () => {
    const { world, accepted } = gossip(7);
    assert.equal(accepted("a", OF_STRANGER), 7);
    assert.deepEqual(world.later, []);
    assert.equal(accepted("a", OF_KNOWN), 50, "and takes nothing from what is known");
  });
});

/** Asks a neighbour that holds this evidence, a few at a time. */
async function ask(held: readonly Uint8Array[], rejects?: (bytes: Uint8Array) => boolean) {
  const [froms, told]: [number[], Uint8Array[]] = [[], []];
  const request = async (_peer: string, _protocol: string, body: Uint8Array) => {
    const asked = decodeLogRequest(body);
    assert.ok(asked.what === "evidence");
    froms.push(asked.from);
    return encodeEvidenceAnswer(held.slice(asked.from, asked.from + 200));
  };
  let paid = 0;
  const questions = createQuestions(
    {
      transport: { request },
      budget: { pay: () => ++paid > 0 },
      book: { sum: () => new Uint8Array(32) },
      court: courtOf(rejects),
    },
    { taskId: new Uint8Array(32), tell: (evidence) => void told.push(evidence) },
  );
  await questions("neighbour", new AbortController().signal);
  return { froms, told: told.length, paid };
}

describe("a neighbour that is asked for its evidence", () => {
  it("is asked page by page until nothing comes; all about keys that one has dealt with is looked at, and some of it told on", async () => {
    const { froms, told, paid } = await ask(Array<Uint8Array>(500).fill(OF_KNOWN));
    assert.deepEqual(froms, [0, 200, 400, 500]);
    assert.deepEqual([told, paid], [50, 0]);
  });

  it("pays for what it tells of strangers, of which no more than 256 are looked at", async () => {
    const { paid } = await ask(Array<Uint8Array>(900).fill(OF_STRANGER));
    assert.equal(paid, 256);
  });

  it("is asked no more once something of it proves nothing", async () => {
    const held = Array<Uint8Array>(500).fill(OF_MET).with(3, Uint8Array.of(9));
    const { froms, told } = await ask(held, ([first]) => first === 9);
    assert.deepEqual([froms, told], [[0], 3]);
  });

  it("that always has more is asked for as much as can be kept, and no longer", async () => {
    let pages = 0;
    const questions = createQuestions(
      {
        transport: { request: async () => encodeEvidenceAnswer(pages++ < 1000 ? [OF_KNOWN] : []) },
        budget: { pay: () => true },
        book: { sum: () => new Uint8Array(32) },
        court: courtOf(),
      },
      { taskId: new Uint8Array(32), tell() {} },
    );
    await questions("neighbour", new AbortController().signal);
    assert.ok(pages < 100, `${pages} pages`);
  });
});

function asking(connected: readonly string[], known: readonly string[] = []) {
  const clock = createVirtualClock();
  const life = createLife();
  const [begun, ended]: [string[], string[]] = [[], []];
  const answers = new Map<string, () => void>();
  const { ask, askLater } = createAsking(
    {
      clock,
      life,
      transport: { peers: () => [...connected] },
      identities: { isKnown: (peer) => known.includes(peer) },
    },
    (peer, signal) => {
      begun.push(peer);
      return new Promise<void>((resolve, reject) => {
        answers.set(peer, resolve);
        signal.addEventListener("abort", () => reject(signal.reason));
      }).finally(() => ended.push(peer));
    },
  );
  return { clock, life, begun, ended, answers, ask, askLater };
}

const peers = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name} ${i}`);

describe("who is asked", () => {
  it("is three known peers and three others at one time; the next one when one of them has answered", async () => {
    const [known, others] = [peers("known", 5), peers("new", 5)];
    const { clock, begun, answers, ask } = asking([...known, ...others], known);
    for (const peer of [...others, ...known]) ask(peer);
    assert.deepEqual(begun, ["new 0", "new 1", "new 2", "known 0", "known 1", "known 2"]);
    answers.get("known 1")?.();
    await clock.run(1);
    assert.deepEqual(begun.slice(6), ["known 3"]);
  });

  it("is nobody that has gone meanwhile, and nobody once the peer ends", async () => {
    const { clock, life, begun, ask } = asking(peers("here", 9));
    ask("gone");
    life.stop();
    ask("here 0");
    await clock.run(1000);
    assert.deepEqual(begun, []);
  });

  it("is given up after half a minute, which ends nothing but the question", async () => {
    const { clock, life, begun, ended, ask } = asking(peers("slow", 4));
    for (const peer of peers("slow", 4)) ask(peer);
    await clock.run(LIMITS.evidenceQueryMs - 1);
    assert.deepEqual([begun.length, ended], [3, []]);
    await clock.run(LIMITS.evidenceQueryMs + 1);
    assert.deepEqual([begun.length, ended], [4, peers("slow", 3)]);
    assert.equal(life.signal.aborted, false);
  });

  it("is asked again once half a minute later, however often that was wished for", async () => {
    const { clock, begun, answers, askLater } = asking(["a"]);
    for (let i = 0; i < 5; i++) askLater("a");
    await clock.run(29_999);
    assert.deepEqual(begun, []);
    await clock.run(30_001);
    answers.get("a")?.();
    await clock.run(120_000);
    assert.deepEqual(begun, ["a"]);
  });

  it("ends the peer where something fails that is no fault of the one asked", async () => {
    const life = createLife();
    const failing = (error: Error) =>
      createAsking(
        { clock: createVirtualClock(), life, transport: { peers: () => ["a"] }, identities: { isKnown: () => false } },
        () => Promise.reject(error),
      ).ask("a");
    failing(new HearsayError("ERR_DECODE", "nonsense"));
    await new Promise(setImmediate);
    assert.equal(life.signal.aborted, false);
    failing(new Error("the disk is full"));
    await assert.rejects(life.failed, /disk/);
  });
});
