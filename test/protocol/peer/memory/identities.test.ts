/** One record of each identity: who is forgotten, and that no newcomer takes the place of one that is known. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { createIdentities, type Identities } from "../../../../protocol/peer/memory/identities.ts";
import type { Grade, Head, HeldEvidence, Slot } from "../../../../protocol/peer/memory/record.ts";

const { known, proved, near, far, bannedKnown, bannedMet, bannedStrangers } = LIMITS.maxIdentities;

const SLOT = {} as Slot;
const HEAD = {} as Head;
const held = (grade: Grade): HeldEvidence => ({ kind: "fork", bytes: new Uint8Array(1), grade });

/** What brings an identity into each class, and how many of them there can be. */
const CLASSES: readonly (readonly [string, number, (identities: Identities, peer: string) => void])[] = [
  ["known", known, (identities, peer) => identities.delivered(peer, 0)],
  ["proved", proved, (identities, peer) => identities.change(peer, { head: HEAD })],
  ["near", near, (identities, peer) => identities.change(peer, { slot: SLOT, isNear: true })],
  ["far", far, (identities, peer) => identities.change(peer, { slot: SLOT, isNear: false })],
  ["banned known", bannedKnown, (identities, peer) => identities.change(peer, { evidence: held("known") })],
  ["banned met", bannedMet, (identities, peer) => identities.change(peer, { evidence: held("met") })],
  ["banned stranger", bannedStrangers, (identities, peer) => identities.change(peer, { evidence: held("stranger") })],
];

describe("the records of identities", () => {
  it("are as many of each class as there is room for: the one that was brought there first goes, and none of another class", () => {
    const identities = createIdentities(["named"]);
    identities.change("named", { slot: SLOT });
    const forgotten: string[] = [];
    identities.onForget(({ peer }) => forgotten.push(peer));
    for (const [name, capacity, bring] of [...CLASSES, ...CLASSES])
      for (let n = 0; n <= capacity; n++) bring(identities, `${name} ${n}`);
    for (const [name, capacity] of CLASSES) {
      assert.equal(identities.get(`${name} 0`), undefined, `${name}: the second round took it out again`);
      assert.ok(identities.get(`${name} ${capacity}`), name);
    }
    assert.ok(forgotten.every((peer) => CLASSES.some(([name]) => peer.startsWith(`${name} `))));
    assert.ok(identities.get("named"), "whom the owner names is never forgotten");
    let left = 0;
    for (const [name, capacity] of CLASSES)
      for (let n = 0; n <= capacity; n++) if (identities.get(`${name} ${n}`)) left++;
    assert.equal(
      left,
      CLASSES.reduce((sum, [, capacity]) => sum + capacity, 0),
    );
  });

  it("count as new once more where they are brought there again", () => {
    for (const [name, capacity, bring] of CLASSES) {
      const identities = createIdentities();
      for (let n = 0; n < capacity; n++) bring(identities, `${n}`);
      for (const peer of ["0", "one more"]) bring(identities, peer);
      assert.deepEqual([identities.get("0") !== undefined, identities.get("1")], [true, undefined], name);
    }
  });

  it("are forgotten whole, and told to those that keep parts of them on disk", () => {
    const identities = createIdentities();
    identities.change("first", { slot: SLOT, strikes: { points: 2, untilCycle: 9, isExcused: false } });
    const told: unknown[] = [];
    identities.onForget(({ peer, slot, strikes }) => told.push([peer, slot, strikes?.points]));
    for (let n = 0; n < far; n++) identities.change(`${n}`, { slot: SLOT });
    assert.deepEqual(told, [["first", SLOT, 2]]);
    assert.equal(identities.get("first"), undefined);
  });

  it("stay for what brought them: an author that only announces does not become newer among the known, a failure makes nobody newer", () => {
    const identities = createIdentities();
    identities.delivered("announces", 0);
    for (let n = 1; n < known; n++) identities.delivered(`${n}`, 0);
    identities.change("announces", { slot: SLOT });
    identities.change("fails", { slot: SLOT });
    for (let n = 1; n < far; n++) identities.change(`far ${n}`, { slot: SLOT });
    identities.change("fails", { strikes: { points: 2, untilCycle: 1, isExcused: false } });
    identities.delivered("one more", 0);
    identities.change("another", { slot: SLOT });
    assert.equal(identities.get("announces"), undefined);
    assert.equal(identities.get("fails"), undefined);
    assert.ok(identities.get("1") && identities.get("far 1"));
  });

  it("move to where they belong: one that delivers is no newcomer any more, one that is banned takes no place of those that are not", () => {
    const identities = createIdentities();
    for (const peer of ["delivers", "liar"]) identities.change(peer, { slot: SLOT });
    identities.delivered("delivers", 0);
    identities.change("liar", { evidence: held("stranger") });
    identities.change("liar", { evidence: held("met") });
    for (let n = 0; n <= 3 * far; n++) identities.change(`far ${n}`, { slot: SLOT });
    for (let n = 0; n <= 3 * bannedStrangers; n++) identities.change(`own ${n}`, { evidence: held("stranger") });
    assert.ok(identities.isKnown("delivers"));
    assert.equal(identities.get("liar")?.evidence?.grade, "met");
    assert.deepEqual(
      Array.from(identities.banned("met"), ({ peer }) => peer),
      ["liar"],
    );
  });
});

describe("who is known", () => {
  it("is who was named or delivered; trusted is who was named or delivered in an earlier run", () => {
    const identities = createIdentities(["named"]);
    identities.remember("of before");
    identities.delivered("of now", 0);
    identities.change("new", { slot: SLOT, isNear: true });
    identities.change("proved", { head: HEAD });
    const all = ["named", "of before", "of now", "new", "proved"];
    assert.deepEqual(
      all.filter((peer) => identities.isKnown(peer)),
      ["named", "of before", "of now"],
    );
    assert.deepEqual(identities.known(), ["named", "of before", "of now"]);
    assert.deepEqual(
      all.filter((peer) => identities.isTrusted(peer)),
      ["named", "of before"],
    );
  });

  it("counts as an announcer once it has announced, and as long as it is remembered", () => {
    const identities = createIdentities();
    identities.change("a", { slot: SLOT });
    assert.equal(identities.announcers(), 0);
    identities.delivered("a", 0);
    identities.delivered("silent", 0);
    assert.equal(identities.announcers(), 1);
    for (let n = 0; n < known; n++) identities.delivered(`${n}`, 0);
    assert.equal(identities.announcers(), 0);
  });

  it("counts as delivering as long as its last model is not too old, and not again", () => {
    const identities = createIdentities(["named"]);
    for (const [peer, atMs] of [
      ["a", 10],
      ["named", 20],
      ["b", 30],
      ["a", 40],
    ] as const)
      identities.delivered(peer, atMs);
    assert.equal(identities.deliveredSince(20), 3);
    assert.equal(identities.deliveredSince(30), 2);
    assert.equal(identities.deliveredSince(0), 2, "what was too old once does not come back");
  });
});
