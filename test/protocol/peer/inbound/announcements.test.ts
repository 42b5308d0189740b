import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { concatBytes, utf8 } from "../../../../protocol/base/bytes.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import type { Crypto, Identity, Verdict } from "../../../../protocol/base/seams.ts";
import { logIdOf } from "../../../../protocol/log/entry/entry.ts";
import { checkpointSignature } from "../../../../protocol/log/tree/checkpoint.ts";
import type { Accountable } from "../../../../protocol/peer/inbound/announcement-book.ts";
import { type AnnouncementBook, createAnnouncementBook } from "../../../../protocol/peer/inbound/announcements.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";
import type { Rank } from "../../../../protocol/peer/memory/ranks.ts";
import type { Announced } from "../../../../protocol/peer/stages.ts";
import {
  type Announcement,
  type AnnouncementDraft,
  decodeAnnouncement,
  encodeAnnouncement,
} from "../../../../protocol/wire/announcement.ts";
import { encodeCanonical } from "../../../../protocol/wire/canonical.ts";
import { peerIdFromPublicKey } from "../../../../protocol/wire/identity.ts";
import { identityOf } from "../../../support/crowd.ts";

const TASK = nodeCrypto.sha256(utf8("task"));
const BODY_BYTES = 1000;
const [alice, bob, me] = [identityOf(1), identityOf(2), identityOf(3)];

const modelOf = (name: number | string) => nodeCrypto.sha256(utf8(`model ${name}`));

/** What the book looks at only where authors answer for their logs. */
const LOG = { generation: 0, root: TASK, note: new Uint8Array(64) };

function sealed(identity: Identity, seq: number, changes: Partial<AnnouncementDraft> = {}): Uint8Array {
  const model = modelOf(`${identity.peerId}/${seq}`);
  return encodeAnnouncement(
    { ...LOG, task: TASK, seq, entry: model, model, bytes: BODY_BYTES, age: 10 * seq, tsMs: 0, ...changes },
    identity,
  );
}

/** Everybody is known, and brought by one neighbour that pays for everything, unless told. */
interface Book extends Pick<AnnouncementBook, "newest" | "giveUp"> {
  receive(sealed: Uint8Array, from?: string): Verdict;
  available(): Announced[];
}

interface Scene {
  book: Book;
  /** Signatures that were verified. */
  verified(): number;
  nowMs: number;
  cycle: number;
  /** Announcements that were accepted, to be passed on. */
  relayed: number;
}

interface SceneOptions {
  readonly announcementsPerSecond?: number;
  readonly crypto?: Crypto;
  readonly rankOf?: (author: string) => Rank;
  readonly pay?: (from: string) => boolean;
  readonly accountable?: Accountable;
}

function scene(options: SceneOptions = {}): Scene {
  const { announcementsPerSecond = 20, crypto = nodeCrypto, rankOf = () => "known", pay = () => true } = options;
  let verified = 0;
  const heard = new Set<string>();
  const made: Scene = {
    nowMs: 5_000,
    cycle: 7,
    verified: () => verified,
    relayed: 0,
    book: undefined as unknown as Book,
  };
  const identities = createIdentities();
  const inner = createAnnouncementBook(
    {
      identities,
      clock: { monotonicMs: () => made.nowMs },
      crypto: {
        sha256: crypto.sha256,
        verify(...question) {
          verified++;
          return crypto.verify(...question);
        },
      },
      ranks: {
        rankOf(author) {
          const rank = rankOf(author);
          if (rank === "known") identities.delivered(author, 0);
          return rank;
        },
      },
      budget: { pay },
    },
    {
      task: TASK,
      self: me.peerId,
      bodyBytes: { minBytes: BODY_BYTES, maxBytes: BODY_BYTES },
      announcementsPerSecond,
      masses: { least: 1, most: 1 },
      ...(options.accountable && { accountable: options.accountable }),
      cycle: () => made.cycle,
      silentCycles: 20,
    },
  );
  made.book = {
    newest: (author) => inner.newest(author),
    giveUp: (announced) => inner.giveUp(announced),
    receive(bytes, from = "neighbour") {
      const { relay, ...verdict } = inner.receive(from, bytes);
      if (verdict.verdict === "accept") heard.add(decodeAnnouncement(bytes).author);
      if (verdict.verdict === "accept" && relay !== false) made.relayed++;
      return verdict;
    },
    available: () => inner.available(heard),
  };
  return made;
}

const accept: Verdict = { verdict: "accept" };
const authors = (book: Book) => book.available().map(({ author }) => author);

test("the newest announcement of every author is available, in the order of their coming, with the time of first hearing", () => {
  const { book } = scene();
  for (const [identity, seq] of [
    [bob, 4],
    [alice, 2],
    [bob, 9],
  ] as const) {
    assert.deepEqual(book.receive(sealed(identity, seq)), accept);
  }
  assert.deepEqual(authors(book), [alice.peerId, bob.peerId]);
  const newest = book.available().find(({ author }) => author === bob.peerId);
  assert.equal(newest?.seq, 9);
  assert.equal(newest?.firstSeenCycle, 7);
  assert.equal(newest?.firstSeenMs, 5_000);
});

test("what an author announces is passed on once in five minutes: its neighbours hear it from itself", () => {
  const here = scene();
  for (let minute = 0; minute < 20; minute++) {
    for (let seq = 1; seq <= 5; seq++)
      assert.deepEqual(here.book.receive(sealed(alice, 10 * minute + seq), alice.peerId), accept);
    here.nowMs += 60_000;
  }
  assert.equal(here.relayed, 4);
  assert.deepEqual(here.book.receive(sealed(bob, 1)), accept);
  assert.equal(here.relayed, 5, "each author for itself");
});

test("what an author brings itself is passed on though what others brought of it was just now: they may hear another head", () => {
  const here = scene();
  for (const [seq, from, relayed] of [
    [1, bob.peerId, 1],
    [2, bob.peerId, 1],
    [3, alice.peerId, 2],
    [4, alice.peerId, 2],
    [5, bob.peerId, 2],
  ] as const) {
    assert.deepEqual(here.book.receive(sealed(alice, seq), from), accept);
    assert.equal(here.relayed, relayed, `${seq}`);
  }
});

test("an author that was silent for more than 20 own cycles has returned when it is heard of again; one that always is has not", () => {
  const returnedIn = (...cycles: number[]) => {
    const made = scene();
    return cycles.map((cycle, seq) => {
      made.cycle = cycle;
      assert.deepEqual(made.book.receive(sealed(alice, seq)), accept);
      return made.book.available()[0]?.returnedCycle;
    });
  };
  assert.deepEqual(returnedIn(7, 27, 48, 49, 69, 90), [undefined, undefined, 48, 48, 48, 90]);
  assert.deepEqual(returnedIn(7, 28, 49, 70, 71, 92), [undefined, undefined, undefined, undefined, undefined, 92]);
});

test("the same bytes, an older seq and the same seq are replays, and change nothing", () => {
  const { book } = scene();
  const first = sealed(alice, 5);
  book.receive(first);
  const before = book.available();
  const again = { verdict: "ignore", code: "ERR_REPLAYED" };
  for (const seq of [4, 5, 0]) assert.deepEqual(book.receive(sealed(alice, seq, { model: modelOf("new") })), again);
  assert.deepEqual(book.receive(first), again);
  assert.deepEqual(book.available(), before);
});

test("a model that its author announced before does not become fresh by a new seq; another author may announce it", () => {
  const { book } = scene();
  book.receive(sealed(alice, 1, { model: modelOf("old") }));
  book.receive(sealed(alice, 2));
  const replay = sealed(alice, 3, { model: modelOf("old") });
  assert.deepEqual(book.receive(replay), { verdict: "ignore", code: "ERR_REPLAYED" });
  assert.deepEqual(book.receive(sealed(bob, 1, { model: modelOf("old") })), accept);
});

test("an announcement that its author did not sign is rejected, and takes nothing from the author", () => {
  const { book } = scene();
  book.receive(sealed(alice, 5));
  const forged = encodeAnnouncement(
    { ...LOG, task: TASK, seq: 2 ** 53 - 1, entry: TASK, model: modelOf("x"), bytes: BODY_BYTES, age: 0, tsMs: 0 },
    { ...bob, publicKey: alice.publicKey },
  );
  assert.deepEqual(book.receive(forged), { verdict: "reject", code: "ERR_SIGNATURE" });
  assert.deepEqual(book.receive(sealed(alice, 6)), accept, "its seq was not used up");
  assert.deepEqual(book.receive(sealed(alice, 7, { model: modelOf("x") })), accept, "nor its model");
});

test("no bit of a sealed announcement can be changed", () => {
  const { book } = scene();
  const good = sealed(alice, 1);
  fc.assert(
    fc.property(fc.nat(8 * good.length - 1), (bit) => {
      const changed = good.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      const { verdict, code } = book.receive(changed);
      assert.notEqual(verdict, "accept");
      assert.ok(verdict === "reject" || code === "ERR_OTHER_TASK", code);
    }),
    { numRuns: 300 },
  );
  assert.deepEqual(book.available(), []);
});

test("one's own announcement come back is ignored without blame, another task's with a code", () => {
  const { book, verified } = scene();
  assert.deepEqual(book.receive(sealed(me, 1)), { verdict: "ignore" });
  const other = sealed(alice, 1, { task: modelOf("other task") });
  assert.deepEqual(book.receive(other), { verdict: "ignore", code: "ERR_OTHER_TASK" });
  assert.deepEqual(book.available(), []);
  assert.equal(verified(), 0);
});

test("a body that cannot be the task's is rejected before a signature is verified", () => {
  const { book, verified } = scene();
  const tooLarge = { verdict: "reject", code: "ERR_MODEL_SIZE" };
  assert.deepEqual(book.receive(sealed(alice, 1, { bytes: BODY_BYTES + 1 })), tooLarge);
  assert.deepEqual(book.receive(sealed(alice, 1, { bytes: 2 ** 53 - 1 })), tooLarge);
  assert.deepEqual(book.receive(sealed(alice, 1, { bytes: BODY_BYTES - 1 })), {
    verdict: "reject",
    code: "ERR_MODEL_SIZE",
  });
  assert.deepEqual(book.receive(sealed(alice, 1, { bytes: 0 })), { verdict: "reject", code: "ERR_MODEL_SIZE" });
  assert.equal(verified(), 0);
});

test("bytes that are no announcement are rejected with a code, whatever they are", () => {
  const { book } = scene();
  assert.equal(book.receive(new Uint8Array(LIMITS.maxAnnouncementBytes + 1)).code, "ERR_TOO_LARGE");
  assert.equal(book.receive(new Uint8Array(0)).code, "ERR_DECODE");
  const payload = [1, TASK, alice.publicKey, 0, 1, TASK, TASK, LOG.note, TASK, BODY_BYTES, 1, 1];
  for (const [at, bad] of [
    [0, 2],
    [3, -1],
    [4, -1],
    [9, -1],
    [10, -1],
    [10, 0.5],
    [10, 2 ** 53],
    [10, null],
    [2, new Uint8Array(31)],
  ] as const) {
    const fields = payload.with(at, bad as never);
    const { verdict, code } = book.receive(concatBytes(new Uint8Array(64), encodeCanonical(fields)));
    assert.deepEqual({ verdict, code }, { verdict: "reject", code: "ERR_DECODE" }, `field ${at} is ${bad}`);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const { verdict, code } = book.receive(bytes);
      assert.ok(verdict === "reject" && code !== undefined);
    }),
  );
});

test("an author may announce a burst of 10, then as fast as the task allows; others are not concerned", () => {
  const it = scene({ announcementsPerSecond: 2 });
  const { book } = it;
  let seq = 0;
  const announce = (count: number) => {
    let accepted = 0;
    for (let i = 0; i < count; i++) {
      const { verdict, code } = book.receive(sealed(alice, ++seq));
      if (verdict === "accept") accepted++;
      else assert.deepEqual({ verdict, code }, { verdict: "ignore", code: "ERR_RATE" });
    }
    return accepted;
  };
  assert.equal(announce(30), 10);
  assert.deepEqual(book.receive(sealed(bob, 1)), accept);
  it.nowMs += 400;
  assert.equal(announce(5), 0);
  it.nowMs += 100;
  assert.equal(announce(5), 1, "half a second at 2 a second");
  it.nowMs -= 100_000;
  assert.equal(announce(5), 0, "a clock that goes back earns nothing");
  it.nowMs += 100_000 + 3_600_000;
  assert.equal(announce(30), 10, "an hour saves up no more than a burst");
});

test("given up is what was given up: a newer announcement that came meanwhile stays available", () => {
  const { book } = scene();
  book.receive(sealed(alice, 1));
  const [first] = book.available();
  assert.ok(first);
  book.receive(sealed(alice, 2));
  book.giveUp(first);
  assert.deepEqual(authors(book), [alice.peerId]);
  const [second] = book.available();
  assert.ok(second);
  book.giveUp(second);
  assert.deepEqual(authors(book), []);
});

test(`no more than ${LIMITS.maxIdentities.known} authors are kept: the one that delivered longest ago goes`, () => {
  const { book } = scene({ crypto: { ...nodeCrypto, verify: () => true } });
  const identity = (n: number): Identity => {
    const publicKey = new Uint8Array(32);
    new DataView(publicKey.buffer).setUint32(0, n);
    return { peerId: String(n), publicKey, sign: () => new Uint8Array(64) };
  };
  book.receive(sealed(identity(0), 1));
  book.receive(sealed(identity(1), 1));
  book.receive(sealed(identity(0), 2));
  for (let n = 2; n <= LIMITS.maxIdentities.known; n++) book.receive(sealed(identity(n), 1));
  const kept = book.available().map(({ publicKey }) => new DataView(publicKey.slice().buffer).getUint32(0));
  assert.equal(kept.length, LIMITS.maxIdentities.known);
  assert.ok(kept.includes(0) && kept.includes(LIMITS.maxIdentities.known) && !kept.includes(1));
});

const fresh = (n: number) => sealed(identityOf(1000 + n), 1);

test("a key that never delivered a model is looked at only where its announcement is paid for; what is refused leaves nothing behind", () => {
  let paid = 0;
  const { book, verified } = scene({ rankOf: () => "near", pay: () => paid++ < 3 });
  const verdicts = Array.from({ length: 20 }, (_, n) => book.receive(fresh(n)));
  assert.deepEqual(verdicts.slice(0, 3), [accept, accept, accept]);
  assert.ok(verdicts.slice(3).every(({ verdict, code }) => verdict === "ignore" && code === "ERR_RATE"));
  assert.equal(verified(), 3);
  assert.equal(book.newest(identityOf(1003).peerId), undefined);
});

test("known authors are heard while keys that never delivered announce more than this peer looks at", () => {
  const it = scene({
    crypto: { ...nodeCrypto, verify: () => true },
    rankOf: (author) => (author === alice.peerId ? "known" : author === bob.peerId ? "near" : "far"),
    pay: () => true,
  });
  const { burst, perSecond } = LIMITS.newAnnouncements;
  const flood = (count: number, from: number) => {
    let accepted = 0;
    for (let n = 0; n < count; n++) if (it.book.receive(unsigned(from + n)).verdict === "accept") accepted++;
    return accepted;
  };
  assert.deepEqual(it.book.receive(sealed(alice, 1)), accept);
  assert.equal(flood(burst + 500, 0), burst);
  it.nowMs += 1000;
  assert.equal(flood(1000, 10_000), perSecond);
  assert.deepEqual(it.book.receive(sealed(alice, 2)), accept);
  assert.deepEqual(
    it.book.receive(sealed(bob, 1)),
    accept,
    "a neighbour that is new does not share with those that are none",
  );
  for (let second = 0; second < 30; second++) {
    it.nowMs += 1000;
    flood(200, 20_000 + 1000 * second);
  }
  assert.notEqual(it.book.newest(alice.peerId), undefined, "nor do they take the place of one that is known");
  assert.equal(it.book.newest(peerIdFromPublicKey(keyOf(0))), undefined, "the first of them was forgotten");
  assert.deepEqual(it.book.receive(sealed(alice, 3, { model: modelOf(`${alice.peerId}/1`) })), {
    verdict: "ignore",
    code: "ERR_REPLAYED",
  });
});

test("known authors share what this peer looks at, and each may always announce twice a second", () => {
  const it = scene({ crypto: { ...nodeCrypto, verify: () => true } });
  for (let n = 0; n < 1000; n++) it.book.receive(unsigned(n));
  let accepted = 0;
  for (let seq = 1; seq <= 400; seq++) {
    it.nowMs += 50;
    if (it.book.receive(sealed(alice, seq)).verdict === "accept") accepted++;
  }
  assert.ok(accepted >= 48 && accepted <= 52, `${accepted} in 20 s, a burst of 10 included`);
});

function keyOf(n: number): Uint8Array {
  const publicKey = new Uint8Array(32);
  new DataView(publicKey.buffer).setUint32(0, n);
  return publicKey;
}

/** Of the key of this number, where signatures are not looked at. */
function unsigned(n: number): Uint8Array {
  const publicKey = keyOf(n);
  return sealed({ peerId: String(n), publicKey, sign: () => new Uint8Array(64) }, 1);
}

test("an old announcement that nobody told of is passed on and looked into once, a few of an author; what contradicts a known one is evidence", () => {
  const [old, forks]: [number[], number[][]] = [[], []];
  const accountable = {
    isBanned: () => false,
    proved: () => undefined,
    onOld: ({ seq }: Announcement) => void old.push(seq),
    onFork: (first: Announcement, second: Announcement) => void forks.push([first.seq, second.seq]),
  };
  const { book } = scene({ accountable });
  const told = (seq: number, root = TASK) => {
    const logId = logIdOf(alice.publicKey, TASK, nodeCrypto);
    const note = checkpointSignature({ logId, size: seq + 1, root }, alice);
    return sealed(alice, seq, { root, note });
  };
  assert.deepEqual(book.receive(told(20)), { verdict: "accept" });
  assert.deepEqual(book.receive(told(3)), { verdict: "accept" }, "others have to hear of it, who know another head");
  assert.deepEqual(book.receive(told(3)), { verdict: "ignore", code: "ERR_REPLAYED" });
  const verdicts = [4, 5, 6, 7, 8, 9].map((seq) => book.receive(told(seq)).verdict);
  assert.deepEqual(verdicts, ["accept", "accept", "accept", "accept", "ignore", "ignore"]);
  assert.deepEqual(old, [3, 4, 5, 6, 7]);
  const damaged = told(10).with(3, (told(10)[3] as number) ^ 1);
  assert.equal(book.receive(damaged).verdict === "accept", false);
  assert.deepEqual(book.receive(told(20, modelOf("another tree"))), { verdict: "ignore", code: "ERR_BANNED" });
  assert.deepEqual(forks, [[20, 20]]);
  assert.equal(book.newest(alice.peerId)?.seq, 20);
});
