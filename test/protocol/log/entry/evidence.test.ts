import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { identityFromSeed, nodeCrypto } from "../../../../node/crypto.ts";
import { concatBytes, utf8 } from "../../../../protocol/base/bytes.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import type { Identity } from "../../../../protocol/base/seams.ts";
import type { Parent } from "../../../../protocol/log/entry/bodies.ts";
import { createEntry, logIdOf } from "../../../../protocol/log/entry/entry.ts";
import {
  decodeEvidence,
  type Evidence,
  encodeEvidence,
  forkBetween,
  type SignedStatement,
  verifyEvidence,
} from "../../../../protocol/log/entry/evidence.ts";
import { NO_SUCCESSOR, succeededBy } from "../../../../protocol/log/entry/succession.ts";
import { signCheckpoint } from "../../../../protocol/log/tree/checkpoint.ts";
import { type AnnouncementDraft, encodeAnnouncement } from "../../../../protocol/wire/announcement.ts";
import { AS_TRAINED } from "../../../support/publications.ts";

const [alice, bob] = [1, 2].map((n) => identityFromSeed(new Uint8Array(32).fill(n))) as [Identity, Identity];
const hash = (name: string) => nodeCrypto.sha256(utf8(name));
const TASK = hash("task");
const LOG = { publicKey: alice.publicKey, task: TASK, generation: 1 };
const LOG_ID = logIdOf(alice.publicKey, TASK, nodeCrypto, 1);

function announcement(changes: Partial<AnnouncementDraft> = {}, by: Identity = alice): SignedStatement {
  const said = { entry: hash("entry"), root: hash("root"), model: hash("model"), note: new Uint8Array(64) };
  const draft = { task: TASK, generation: 1, seq: 5, ...said, bytes: 100, age: 10, tsMs: 0, ...changes };
  return { what: "announcement", bytes: encodeAnnouncement(draft, by) };
}

const PUBLISH = {
  type: "publish",
  body: { model: hash("model"), age: 10, bytes: 100, codec: "f32", ...AS_TRAINED },
} as const;

function entry(
  seq: number,
  statement: Parameters<typeof createEntry>[0] | object = PUBLISH,
  by = alice,
  logId = LOG_ID,
) {
  const content = { logId, seq, prev: hash("before"), tsMs: 0, ...PUBLISH, ...statement };
  const made = createEntry(content as Parameters<typeof createEntry>[0], by, nodeCrypto);
  return { what: "entry", bytes: made.signed, id: made.id } as const;
}

function checkpoint(size: number, root: string, by = alice, logId = LOG_ID): SignedStatement {
  return { what: "checkpoint", bytes: utf8(signCheckpoint({ logId, size, root: hash(root) }, by, nodeCrypto)) };
}

const PARENT: Parent = [bob.publicKey, hash("m"), 1, 65536, "used"];
const long = {
  type: "aggregate",
  body: {
    own: TASK,
    base: null,
    out: TASK,
    rule: "mean",
    age: 1,
    parents: new Array<Parent>(30).fill(PARENT),
  },
};

describe("a fork", () => {
  const honest = entry(5);
  const pairs: [claim: string, first: SignedStatement, second: SignedStatement][] = [
    ["two announcements of other entries", announcement(), announcement({ entry: hash("other") })],
    ["two announcements of other roots", announcement(), announcement({ root: hash("other") })],
    ["two announcements of other models", announcement(), announcement({ model: hash("other") })],
    ["two entries", entry(5), entry(5, { tsMs: 60_000 })],
    ["an entry and the one that its successor follows", entry(5), entry(6)],
    ["an announcement and an entry", announcement(), honest],
    ["an announcement and a successor of another entry", announcement(), entry(6)],
    ["an announcement and an entry of another model", announcement({ entry: honest.id, model: hash("x") }), honest],
    ["two checkpoints", checkpoint(6, "a"), checkpoint(6, "b")],
    ["an announcement and a checkpoint", announcement(), checkpoint(6, "other")],
  ];
  for (const [claim, first, second] of pairs) {
    it(`is proved by ${claim}, in either order, in at most 1 KiB and two signature checks`, () => {
      let checks = 0;
      const counting = {
        ...nodeCrypto,
        verify(...question: Parameters<typeof nodeCrypto.verify>) {
          checks++;
          return nodeCrypto.verify(...question);
        },
      };
      const bytes = forkBetween(LOG, [first, second], nodeCrypto) ?? assert.fail("no evidence");
      assert.deepEqual(forkBetween(LOG, [second, first], nodeCrypto), bytes);
      assert.ok(bytes.length <= LIMITS.maxEvidenceBytes);
      const conviction = verifyEvidence(decodeEvidence(bytes), counting);
      assert.deepEqual([conviction?.peer, conviction?.kind], [alice.peerId, "fork"]);
      assert.ok(checks <= 2, `${checks} checks`);
    });
  }

  const innocent: [claim: string, first: SignedStatement, second: SignedStatement][] = [
    ["one thing said twice", announcement(), announcement({ tsMs: 60_000 })],
    ["two places", announcement(), announcement({ seq: 6, entry: hash("other"), root: hash("r") })],
    ["two generations", announcement(), announcement({ generation: 2, entry: hash("other") })],
    ["two tasks", announcement(), announcement({ task: hash("t"), entry: hash("other") })],
    ["another's statement", announcement(), announcement({ entry: hash("other") }, bob)],
    ["another's entry", announcement(), entry(5, {}, bob)],
    ["an entry of another log", announcement(), entry(5, {}, alice, hash("log"))],
    ["two sizes", checkpoint(6, "a"), checkpoint(7, "b")],
    ["a checkpoint of another log", checkpoint(6, "a"), checkpoint(6, "b", alice, hash("log"))],
    ["a checkpoint by another", checkpoint(6, "a"), checkpoint(6, "b", bob)],
    ["an entry and the announcement of it", announcement({ entry: honest.id }), honest],
    ["an announcement under another's name", announcement(), forged()],
    ["bytes that are none", announcement(), { what: "entry", bytes: new Uint8Array(80) }],
  ];
  for (const [claim, first, second] of innocent)
    it(`is not proved by ${claim}`, () => assert.equal(forkBetween(LOG, [first, second], nodeCrypto), undefined));

  /** Alice's name, Bob's signature. */
  function forged(): SignedStatement {
    return announcement({ entry: hash("other") }, { ...bob, publicKey: alice.publicKey });
  }

  it("at an entry too long to show is proved by its successor", () => {
    const said = entry(5, long);
    assert.equal(forkBetween(LOG, [announcement(), said], nodeCrypto), undefined, "above 1 KiB");
    const next = entry(6, { prev: said.id });
    assert.ok(forkBetween(LOG, [announcement(), next], nodeCrypto));
  });
});

describe("an end", () => {
  const ending = { logId: LOG_ID, publicKey: alice.publicKey };
  const end = (body: object, by = alice): Evidence => {
    const { what, bytes } = entry(9, { type: "end", body }, by);
    return { ...LOG, kind: "end", statements: [{ what, bytes }] };
  };

  it("is proved by the entry, with or without a successor", () => {
    assert.match(verifyEvidence(end(NO_SUCCESSOR), nodeCrypto)?.reason ?? "", /revoked/);
    const conviction = verifyEvidence(end(succeededBy(bob, ending)), nodeCrypto);
    assert.match(conviction?.reason ?? "", new RegExp(`replaced by that of ${bob.peerId}`));
    assert.equal(conviction?.kind, "end");
  });

  it("is not proved by another's entry, another entry, or a successor that did not sign", () => {
    assert.equal(verifyEvidence(end(NO_SUCCESSOR, bob), nodeCrypto), undefined);
    const other = { ...ending, logId: hash("log") };
    assert.equal(verifyEvidence(end(succeededBy(bob, other)), nodeCrypto), undefined);
    const { what, bytes } = entry(9);
    assert.equal(verifyEvidence({ ...LOG, kind: "end", statements: [{ what, bytes }] }, nodeCrypto), undefined);
    assert.equal(verifyEvidence({ ...LOG, kind: "end", statements: [announcement()] }, nodeCrypto), undefined);
  });
});

describe("evidence as bytes", () => {
  const bytes = forkBetween(LOG, [announcement(), announcement({ entry: hash("other") })], nodeCrypto) as Uint8Array;

  it("comes back as it was, and no byte of it can be changed", () => {
    assert.deepEqual(encodeEvidence(decodeEvidence(bytes)), bytes);
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.with(at, (bytes[at] as number) ^ 1);
      let proves: unknown;
      try {
        proves = verifyEvidence(decodeEvidence(changed), nodeCrypto);
      } catch (error) {
        assert.match(String((error as { code?: unknown }).code), /^ERR_(DECODE|NOT_CANONICAL|TOO_LARGE)$/);
      }
      assert.equal(proves, undefined, `byte ${at}`);
    }
  });

  it("has one order of statements, and a bounded length", () => {
    const { statements, ...evidence } = decodeEvidence(bytes);
    assert.deepEqual(encodeEvidence({ ...evidence, statements: statements.toReversed() }), bytes);
    const [first, second] = statements as [SignedStatement, SignedStatement];
    assert.throws(() => encodeEvidence({ ...evidence, statements: [entry(5, long), entry(5)] }), RangeError);
    assert.throws(() => decodeEvidence(concatBytes(bytes, new Uint8Array(1024))), { code: "ERR_TOO_LARGE" });
    const same = encodeEvidence({ ...evidence, statements: [first, first] });
    assert.throws(() => decodeEvidence(same), { code: "ERR_NOT_CANONICAL" });
    assert.throws(() => decodeEvidence(encodeEvidence({ ...evidence, statements: [second] })), { code: "ERR_DECODE" });
  });
});
