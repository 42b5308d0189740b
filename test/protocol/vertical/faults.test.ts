/** Parties that lie about lengths, send garbage, replay, come again, or go silent: each outcome has a name. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { nodeSecrecy } from "../../../node/secrecy.ts";
import { loadVerticalCrypto } from "../../../node/vertical/load.ts";
import { joined } from "../../../protocol/base/bytes.ts";
import type { ErrorCode } from "../../../protocol/base/errors.ts";
import { HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import type { RequestHandler } from "../../../protocol/base/seams.ts";
import { trainAsHolder } from "../../../protocol/vertical/holder.ts";
import { createMailbox } from "../../../protocol/vertical/mailbox.ts";
import { mask, sumOf } from "../../../protocol/vertical/masks.ts";
import { checkShape, trainAsMember } from "../../../protocol/vertical/member.ts";
import {
  decodeAsk,
  decodeMaskers,
  decodePart,
  encodeAsk,
  encodeMaskers,
  encodePart,
  encodeProducts,
  encodeResiduals,
  encodeWords,
} from "../../../protocol/vertical/messages.ts";
import { beginAsHolder, beginAsMember } from "../../../protocol/vertical/party.ts";
import type { VerticalCrypto } from "../../../protocol/vertical/seams.ts";
import { fromWords, toWords } from "../../../protocol/vertical/words.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import {
  blockOf,
  openSealing,
  type TestOptions,
  type TestSession,
  testIdentity,
  testSession,
} from "../../support/vertical.ts";

const SESSION = new Uint8Array(32).fill(9);
const NUM_ROWS = 40;
const rng = createRng("vertical faults");
const column = () => Float64Array.from({ length: NUM_ROWS }, () => rng.normal());
const LABELS = Float64Array.from({ length: NUM_ROWS }, (_, i) => i % 2);

describe("a session of vertical learning", () => {
  let tools: VerticalCrypto;

  before(async () => {
    tools = { ...(await loadVerticalCrypto()), sealing: openSealing };
  });

  const session = (numParties: number, options: Partial<TestOptions> = {}) =>
    testSession({ numParties, tools, epochs: 3, ...options });

  /** Codes with which the parties end, the label holder first; undefined where one does not fail. */
  function train({ parties }: TestSession): Promise<ErrorCode | undefined>[] {
    const save = async () => {};
    const [holder, ...members] = parties;
    assert.ok(holder);
    const all = [
      trainAsHolder(holder, { block: blockOf([column()], "logistic", 0.01, true), labels: LABELS, save }),
      ...members.map((member) => trainAsMember(member, { block: blockOf([column()], "logistic", 0.01, false), save })),
    ];
    return all.map((one) => one.then(() => undefined, codeOf));
  }

  /** Changes the message of one step that a party sends. */
  function lying(party: number, ending: RegExp, change: (message: Uint8Array) => Uint8Array): Partial<TestOptions> {
    const liar = testIdentity(party).peerId;
    return {
      answer(from, _to, bytes, step) {
        const { total, chunk } = decodePart(bytes);
        if (from !== liar || total === 0 || !ending.test(step) || chunk.length < total) return bytes;
        const changed = change(chunk);
        return encodePart(changed.length, changed);
      },
    };
  }

  const words = (length: number) => encodeWords(new BigUint64Array(length));
  const lies: readonly (readonly [string, Partial<TestOptions>, number, ErrorCode])[] = [
    ["a party that has scores of fewer rows", lying(1, /scores$/, () => words(NUM_ROWS - 1)), 0, "ERR_DECODE"],
    ["a party that has scores of more rows", lying(1, /direction$/, () => words(NUM_ROWS + 99)), 0, "ERR_DECODE"],
    ["products that are garbage", lying(1, /products$/, () => encodeProducts([Uint8Array.of(1)])), 0, "ERR_DECODE"],
    ["no products", lying(1, /products$/, () => encodeProducts([])), 0, "ERR_DECODE"],
    ["bytes that are no message", lying(1, /products$/, () => Uint8Array.of(0xa0, 1)), 0, "ERR_DECODE"],
    ["sums of fewer columns", lying(0, /sums$/, () => words(1)), 1, "ERR_DECODE"],
    ["residuals that are garbage", lying(0, /residuals$/, residuals([Uint8Array.of(2)])), 1, "ERR_DECODE"],
    [
      "residuals of more parts than there are",
      lying(0, /residuals$/, residuals([1, 2].map(() => Uint8Array.of(2)))),
      1,
      "ERR_DECODE",
    ],
  ];
  for (const [what, options, victim, code] of lies)
    it(`refuses ${what}`, async () => {
      const ended = train(session(2, options));
      assert.equal(await ended[victim], code);
    });

  it("refuses a label holder that puts another party's masking key in place of the real one", async () => {
    const other = nodeSecrecy.publicKeyOf(nodeSecrecy.random(32));
    const options = lying(0, /maskers$/, (message) => {
      const { sealingKey, maskers } = decodeMaskers(message);
      return encodeMaskers({ sealingKey, maskers: maskers.map((masker) => ({ ...masker, agreement: other })) });
    });
    assert.equal(await train(session(3, options))[1], "ERR_SIGNATURE");
  });

  it("refuses a label holder that leaves a party out, so that the others' masks would cover nothing", async () => {
    const options = lying(0, /maskers$/, (message) => {
      const { sealingKey, maskers } = decodeMaskers(message);
      return encodeMaskers({ sealingKey, maskers: maskers.slice(0, 1) });
    });
    assert.equal(await train(session(3, options))[1], "ERR_SIGNATURE");
  });

  it("refuses the masking key of an earlier run that is replayed", async () => {
    let before: Uint8Array | undefined;
    const replay = lying(1, /masker$/, (message) => {
      before ??= message.slice();
      return before;
    });
    await Promise.all(train(session(2, replay)));
    assert.equal(await train(session(2, replay))[0], "ERR_SIGNATURE");
  });

  it("ends a run where a party starts again, and the next one works", async () => {
    const { parties } = session(2);
    const [holder, member] = parties as [(typeof parties)[0], (typeof parties)[0]];
    const run = beginAsHolder(holder, "train");
    await beginAsMember(member, "train");
    const again = beginAsMember(member, "train");
    const name = await run;
    await pauseForAll();
    await assert.rejects(holder.mailbox.fetch(member.peer, `${name}/scores`), (error) =>
      isHearsayError(error, "ERR_STATE"),
    );
    const [next, joined] = await Promise.all([beginAsHolder(holder, "train"), again]);
    assert.equal(joined.name, next);
  });

  it("gives up a party that goes silent, after a minute; and one that is there and gives nothing, after ten", async () => {
    for (const [silent, ms] of [
      [true, LIMITS.verticalSilenceMs],
      [false, LIMITS.verticalStepMs],
    ] as const) {
      const clock = createVirtualClock();
      const { parties, cut } = session(2, { clock });
      const [holder, member] = parties as [(typeof parties)[0], (typeof parties)[0]];
      if (silent) cut(member.peer);
      let endedMs = 0;
      const ended = holder.mailbox.fetch(member.peer, "x").catch((error) => {
        endedMs = clock.monotonicMs();
        return error;
      });
      await clock.run(2 * LIMITS.verticalStepMs);
      assert.equal(codeOf(await ended), "ERR_TIMEOUT");
      assert.ok(endedMs >= ms && endedMs < ms + 5000, `${endedMs} ms`);
    }
  });

  it("shows strangers nothing, and bounds how often a party asks", async () => {
    let serve: RequestHandler = () => new Uint8Array(0);
    const transport = {
      request: async () => new Uint8Array(0),
      onRequest: (_: string, handler: RequestHandler) => {
        serve = handler;
      },
      withdraw() {},
    };
    const clock = createVirtualClock();
    const box = createMailbox({ transport, clock, session: SESSION, mayFetch: (peer) => peer === "friend" });
    box.post("friend", "x", Uint8Array.of(1, 2, 3));
    const ask = async (from: string, id = SESSION) =>
      joined(await serve(from, encodeAsk({ session: id, step: "x", offset: 0 })));
    await assert.rejects(ask("stranger"), (error) => isHearsayError(error, "ERR_NOT_FOUND"));
    await assert.rejects(ask("friend", new Uint8Array(32)), (error) => isHearsayError(error, "ERR_NOT_FOUND"));
    for (let i = 0; i < LIMITS.verticalRequests.burst; i++) assert.equal(decodePart(await ask("friend")).total, 3);
    await assert.rejects(ask("friend"), (error) => isHearsayError(error, "ERR_RATE"));
  });

  it("asks for a message from its beginning where it is gone between two parts: its sender has started again", async () => {
    const message = new Uint8Array(LIMITS.maxChunkBytes + 5).map((_, i) => i % 251);
    const asked: number[] = [];
    const transport = {
      async request(_peer: string, _protocol: string, body: Uint8Array) {
        const { offset } = decodeAsk(body);
        asked.push(offset);
        if (asked.length === 2) return encodePart(0, new Uint8Array(0));
        return encodePart(message.length, message.subarray(offset, offset + LIMITS.maxChunkBytes));
      },
      onRequest() {},
      withdraw() {},
    };
    const box = createMailbox({ transport, clock: createVirtualClock(), session: SESSION, mayFetch: () => true });
    assert.deepEqual(await box.fetch("friend", "x"), message);
    assert.deepEqual(asked, [0, LIMITS.maxChunkBytes, 0, LIMITS.maxChunkBytes]);
  });

  it("counts a message as delivered when its receiver says so, not when it was sent: the answer may have been lost", async () => {
    for (const confirms of [true, false]) {
      const clock = createVirtualClock();
      const { parties } = session(2, { clock });
      const [holder, member] = parties as [(typeof parties)[0], (typeof parties)[0]];
      holder.mailbox.post(member.peer, "x", Uint8Array.of(1, 2));
      const delivered = holder.mailbox.delivered(member.peer, "x").then(() => undefined, codeOf);
      assert.equal((await member.mailbox.fetch(holder.peer, "x")).length, 2);
      if (confirms) await member.mailbox.confirm(holder.peer, "x");
      await clock.run(2 * LIMITS.verticalSilenceMs);
      assert.equal(await delivered, confirms ? undefined : "ERR_TIMEOUT");
    }
  });

  it("takes too few rows for the columns, or too many columns, of nobody", () => {
    checkShape(100, 10);
    for (const [rows, columns] of [
      [99, 10],
      [60_000, 100],
      [65_536, LIMITS.maxVerticalColumns + 1],
    ] as const)
      assert.throws(
        () => checkShape(rows, columns),
        (error) => isHearsayError(error, "ERR_DATA"),
      );
  });

  it("refuses a partial result that does not fit into its word", () => {
    assert.throws(
      () => toWords(Float64Array.of(1, 2 ** 22)),
      (error) => isHearsayError(error, "ERR_DATA"),
    );
    assert.throws(
      () => toWords(Float64Array.of(Number.NaN)),
      (error) => isHearsayError(error, "ERR_DATA"),
    );
    assert.deepEqual(fromWords(toWords(Float64Array.of(-1.5, 0, 2 ** 20))), Float64Array.of(-1.5, 0, 2 ** 20));
  });
});

describe("masks", () => {
  const context = { session: SESSION, run: new Uint8Array(16), step: "1/direction" };
  const members = [1, 2, 3].map((n) => {
    const secret = nodeSecrecy.random(32);
    return { key: testIdentity(n).publicKey, secret, agreement: nodeSecrecy.publicKeyOf(secret) };
  });
  const masked = (own: (typeof members)[0], values: Float64Array) => {
    const words = toWords(values);
    mask(
      nodeSecrecy,
      words,
      own,
      members.filter((other) => other !== own),
      context,
    );
    return words;
  };

  it("vanish in the sum of all", () => {
    const sum = fromWords(sumOf(members.map((own, i) => masked(own, Float64Array.of(i, -2.5, 1000 * i)))));
    assert.deepEqual(sum, Float64Array.of(3, -7.5, 3000));
  });

  it("leave nothing but uniform bytes of what a party sends, also to another party", () => {
    const length = 40_000;
    const [first, second] = members.map((own) => masked(own, new Float64Array(length).fill(1)));
    const seen = new Uint8Array((first as BigUint64Array).buffer);
    const pair = sumOf([first, second] as BigUint64Array[]); // the third's masks are left
    for (const bytes of [seen, new Uint8Array(pair.buffer)]) {
      const counts = new Float64Array(256);
      for (const byte of bytes) counts[byte] = (counts[byte] as number) + 1;
      const expected = bytes.length / 256;
      const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      assert.ok(chiSquare > 150 && chiSquare < 390, `chi-square ${chiSquare} of 255 degrees`); // 1e-7 each
    }
  });
});

/** A label holder's message, its parts exchanged. */
function residuals(sealed: readonly Uint8Array[]): () => Uint8Array {
  return () => encodeResiduals({ done: false, alpha: 0, gamma: 0, exponent: 0, sealed });
}

function codeOf(error: unknown): ErrorCode {
  assert.ok(error instanceof HearsayError, String(error));
  return error.code;
}

const pauseForAll = () => new Promise((resolve) => setTimeout(resolve, 20));
