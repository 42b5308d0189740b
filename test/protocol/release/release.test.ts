/** Words about releases: what is read, what a gate means, who is in a ring, and what a book keeps. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { createReleaseBook } from "../../../protocol/release/book.ts";
import { parseGate, passes, refuseBeyondShares } from "../../../protocol/release/gate.ts";
import {
  decodeReleaseAnswer,
  decodeReleaseRequest,
  encodeReleaseAnswer,
  encodeReleaseRequest,
  shortId,
} from "../../../protocol/release/messages.ts";
import { describeRing, isInRing, parseRing } from "../../../protocol/release/rings.ts";
import { read, type Says, type Statement, type StatementKind, say } from "../../../protocol/release/statements.ts";
import { identityOf } from "../../support/crowd.ts";

const task = new Uint8Array(32).fill(7);
const [alice, bob, carol, stranger] = [1, 2, 3, 9].map(identityOf) as [Signer, Signer, Signer, Signer];
type Signer = ReturnType<typeof identityOf>;

function said<K extends StatementKind>(kind: K, says: Says[K], by: Signer = alice): Statement<K> {
  return read(say(kind, task, says, by), task, nodeCrypto) as unknown as Statement<K>;
}

function tag(name: string, tsMs = 0, by: Signer = alice): Statement<"tag"> {
  const log = [by.publicKey, 0, 1, new Uint8Array(32), new Uint8Array(64)] as const;
  return said(
    "tag",
    { name, model: nodeCrypto.sha256(new Uint8Array([tsMs & 255])), bytes: 10, age: 5, tsMs, log, figures: [] },
    by,
  );
}

function order(serial: number, target: Statement<"tag">, by: Signer, permille = 1000): Statement<"order"> {
  return said("order", { serial, target: target.id, permille, base: null }, by);
}

const book = (threshold = 2) =>
  createReleaseBook({ keys: [alice, bob, carol].map(({ publicKey }) => publicKey), threshold }, () => true);

function codeOf(act: () => unknown): string {
  try {
    act();
    return "nothing was thrown";
  } catch (error) {
    return isHearsayError(error) ? error.code : String(error);
  }
}

describe("a statement about releases", () => {
  it("is read as it was said, and by nobody else's signature or for another task", () => {
    const sealed = say("vote", task, { gate: task, passes: true }, alice);
    const { kind, signer } = read(sealed, task, nodeCrypto);
    assert.deepEqual([kind, signer], ["vote", alice.publicKey]);
    const forged = Uint8Array.from(sealed);
    forged[forged.length - 1] = 0xf4; // false in place of true
    assert.equal(
      codeOf(() => read(forged, task, nodeCrypto)),
      "ERR_SIGNATURE",
    );
    assert.equal(
      codeOf(() => read(sealed, new Uint8Array(32), nodeCrypto)),
      "ERR_OTHER_TASK",
    );
    assert.equal(
      codeOf(() => read(sealed.subarray(0, 90), task, nodeCrypto)),
      "ERR_DECODE",
    );
    assert.equal(
      codeOf(() => read(new Uint8Array(2000), task, nodeCrypto)),
      "ERR_TOO_LARGE",
    );
  });

  it("names a release by what can stand in a file name", () => {
    for (const name of ["../v7", "", "v 7", "-rf", "x".repeat(33)])
      assert.equal(
        codeOf(() => tag(name)),
        "ERR_DECODE",
        name,
      );
    assert.equal(tag("v7.1-rc_2").name, "v7.1-rc_2");
  });
});

describe("a gate", () => {
  const metrics = ["loss", "accuracy", "worstClass"];
  it("holds where all of its conditions do", () => {
    const conditions = parseGate("accuracy >= 96% and worst_class > 0.9", metrics);
    const figures = { numExamples: 9, loss: 1, accuracy: 0.96, worstClass: 0.91 };
    assert.equal(passes(conditions, figures), true);
    assert.equal(passes(conditions, { ...figures, worstClass: 0.9 }), false);
    assert.equal(passes(conditions, { numExamples: 9, loss: 1, accuracy: 0.96 }), undefined);
    assert.equal(passes(parseGate("loss < 1.5e0", metrics), figures), true);
  });

  it("with a bound that no share reaches is refused to who writes it, with what was meant", () => {
    const refuse = (text: string) => refuseBeyondShares(parseGate(text, metrics), ["accuracy", "worstClass"]);
    const message =
      'gate: "accuracy >= 96" can tell nothing: accuracy is a share, from 0 to 1; for per cent write accuracy >= 96 %';
    assert.throws(() => refuse("loss < 7 and accuracy >= 96"), { code: "ERR_CONFIG", message });
    assert.throws(() => refuse("accuracy >= 101"), { message: /from 0 to 1$/ });
    assert.doesNotThrow(() => refuse("loss < 7 and accuracy >= 96 % and worst_class >= 1"));
  });

  it("that cannot be read says which part, and what could stand there", () => {
    for (const [expression, words] of [
      ["accuracy", /"accuracy" is no condition/],
      ["accuracy >= 0.9 and", /"" is no condition/],
      ["speed > 3", /"speed" is no metric of this task; one of loss, accuracy, worstClass/],
      [`accuracy > ${"9".repeat(300)}`, /characters; shorten it/],
    ] as const)
      assert.throws(() => parseGate(expression, metrics), words);
  });
});

describe("a ring", () => {
  it("of a share holds about that share of all peers, every narrower ring, and the canaries", () => {
    const release = nodeCrypto.sha256(task);
    const keys = Array.from({ length: 2000 }, (_, i) => nodeCrypto.sha256(new Uint8Array([i & 255, i >> 8])));
    const inside = (permille: number) =>
      new Set(keys.filter((publicKey) => isInRing(release, permille, { publicKey, isCanary: false }, nodeCrypto)));
    const [none, tenth, half, all] = [0, 100, 500, 1000].map(inside) as [
      Set<Uint8Array>,
      Set<Uint8Array>,
      Set<Uint8Array>,
      Set<Uint8Array>,
    ];
    assert.deepEqual([none.size, all.size], [0, 2000]);
    assert.ok(Math.abs(tenth.size - 200) < 60 && Math.abs(half.size - 1000) < 100, `${tenth.size} ${half.size}`);
    assert.ok([...tenth].every((key) => half.has(key)));
    assert.ok(isInRing(release, 0, { publicKey: task, isCanary: true }, nodeCrypto));
  });

  it("is written as people say it", () => {
    for (const text of ["canary", "all", "10%", "2.5%"]) assert.equal(describeRing(parseRing(text) as number), text);
    for (const text of ["0%", "101%", "-5%", "some", "10"]) assert.equal(parseRing(text), undefined, text);
  });
});

describe("a book of releases", () => {
  const v1 = tag("v1", 1);
  it("takes tags, gates and orders of release keys alone", () => {
    const one = book();
    assert.equal(one.take(tag("x", 1, stranger)).isNew, false);
    assert.equal(one.take(order(1, v1, stranger)).isNew, false);
    assert.equal(one.take(said("gate", { release: v1.id, expression: "loss < 1" }, stranger)).isNew, false);
    assert.equal(one.take(v1).isNew, true);
    assert.equal(one.take(v1).isNew, false, "the second time it is no news");
  });

  it("follows the newest order that enough keys have signed, whatever comes first", () => {
    const [v2, v3] = [tag("v2", 2), tag("v3", 3)];
    const statements = [
      ...[v1, v2, v3, order(1, v1, alice), order(1, v1, bob)],
      ...[order(2, v2, bob), order(2, v2, carol), order(2, v2, alice)],
      ...[order(9, v3, carol), order(3, v3, alice), order(4, v1, bob)],
    ];
    for (let turn = 0; turn < statements.length; turn++) {
      const one = book();
      const turned = [...statements.slice(turn), ...statements.slice(0, turn)];
      for (let again = 0; again < 2; again++) for (const statement of turned) one.take(statement);
      assert.equal(one.standing()?.order.serial, 2);
      assert.deepEqual(one.standing()?.order.target, v2.id);
      assert.deepEqual(
        one
          .proposals()
          .map(({ order }) => order.serial)
          .sort(),
        [3, 4, 9],
      );
    }
  });

  it("counts no key twice", () => {
    const one = book();
    for (const serial of [1, 2, 3]) one.take(order(serial, v1, alice));
    one.take(order(3, v1, alice));
    assert.equal(one.standing(), undefined);
  });

  it("is bounded: the oldest releases go, those that an order names stay, votes of strangers have few places", () => {
    const one = createReleaseBook({ keys: [alice.publicKey], threshold: 1 }, () => false);
    one.take(v1);
    one.take(order(1, v1, alice));
    for (let i = 2; i < 60; i++) one.take(tag(`v${i}`, i));
    assert.equal(one.tags().length, LIMITS.maxReleases);
    assert.ok(one.tag(v1.id) !== undefined && one.tags().at(-1)?.name === "v59");
    const gate = said("gate", { release: v1.id, expression: "loss < 1" });
    one.take(gate);
    for (let i = 100; i < 150; i++) one.take(said("vote", { gate: gate.id, passes: true }, identityOf(i)));
    assert.equal(one.votes(gate.id).length, LIMITS.maxReleaseVotesOfStrangers);
    for (let i = 0; i < 9; i++) one.take(said("gate", { release: v1.id, expression: `loss < ${i}` }));
    assert.equal(one.gates().length, LIMITS.maxReleaseGates);
  });

  it("lets a peer vote once", () => {
    const one = book();
    const gate = said("gate", { release: v1.id, expression: "loss < 1" });
    for (const statement of [
      gate,
      said("vote", { gate: gate.id, passes: true }, stranger),
      said("vote", { gate: gate.id, passes: false }, stranger),
    ])
      one.take(statement);
    assert.deepEqual(
      one.votes(gate.id).map((vote) => vote.passes),
      [true],
    );
  });
});

describe("the question what another peer knows", () => {
  it("fits into a request when a book is full, and its answer into an answer", () => {
    const most =
      LIMITS.maxReleases +
      LIMITS.maxReleaseKeys * (1 + LIMITS.maxReleaseOrders) +
      LIMITS.maxReleaseGates * (1 + LIMITS.maxReleaseVotes);
    const full = Array.from({ length: most + 2 }, (_, i) => ({
      id: nodeCrypto.sha256(new Uint8Array([i & 255, i >> 8])),
    }));
    const request = encodeReleaseRequest(full);
    assert.ok(request.length <= LIMITS.maxRequestBytes, `${request.length}`);
    assert.deepEqual(decodeReleaseRequest(request), new Set(full.map(shortId)));
    const sealed = new Uint8Array(LIMITS.maxAnnouncementBytes);
    const answer = encodeReleaseAnswer(full.map(() => ({ sealed })));
    assert.ok(answer.length <= LIMITS.maxFrameBytes && decodeReleaseAnswer(answer).length > 200);
  });
});
