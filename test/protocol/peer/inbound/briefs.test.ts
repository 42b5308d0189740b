/** Briefs of neighbours in the book of announcements: what they cost, what they count for, and what comes of one once its model is here. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { utf8 } from "../../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { logIdOf } from "../../../../protocol/log/entry/entry.ts";
import { checkpointSignature } from "../../../../protocol/log/tree/checkpoint.ts";
import { heardIn } from "../../../../protocol/peer/inbound/announcement-order.ts";
import { createAnnouncementBook } from "../../../../protocol/peer/inbound/announcements.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";
import type { Rank } from "../../../../protocol/peer/memory/ranks.ts";
import type { Announced } from "../../../../protocol/peer/stages.ts";
import { type Announcement, decodeAnnouncement, encodeAnnouncement } from "../../../../protocol/wire/announcement.ts";
import { briefOf } from "../../../../protocol/wire/brief.ts";
import { identityOf } from "../../../support/crowd.ts";

const TASK = nodeCrypto.sha256(utf8("task"));
const BODY_BYTES = 1000;
const author = identityOf(1);

/** Of a place of the author's log, in one of its heads. */
function sealed(seq: number, head = 0, changes: Partial<Announcement> = {}): Uint8Array {
  const hash = nodeCrypto.sha256(utf8(`${head}/${seq}`));
  const logId = logIdOf(author.publicKey, TASK, nodeCrypto);
  const note = checkpointSignature({ logId, size: seq + 1, root: hash }, author);
  const says = { generation: 0, bytes: BODY_BYTES, age: 10 * seq, tsMs: 0, mass: 1, ...changes };
  return encodeAnnouncement({ task: TASK, seq, entry: hash, root: hash, model: hash, note, ...says }, author);
}

const briefAt = (seq: number, changes: Partial<Announcement> = {}) =>
  briefOf(decodeAnnouncement(sealed(seq, 0, changes))) as readonly number[];

function scene({ rank = "known" as Rank, pays = true } = {}) {
  const identities = createIdentities();
  const now = { ms: 5_000 };
  const happened: string[] = [];
  const book = createAnnouncementBook(
    {
      clock: { monotonicMs: () => now.ms },
      crypto: nodeCrypto,
      identities,
      ranks: { rankOf: () => rank },
      budget: {
        pay() {
          happened.push("pays");
          return pays;
        },
      },
    },
    {
      ...{ task: TASK, self: identityOf(3).peerId, bodyBytes: { minBytes: BODY_BYTES, maxBytes: BODY_BYTES } },
      ...{ announcementsPerSecond: 20, masses: { least: 1, most: 1 }, cycle: () => 7, silentCycles: 20 },
      accountable: {
        isBanned: () => false,
        proved: () => undefined,
        onFork: () => void happened.push("fork"),
        onOld: () => void happened.push("old"),
      },
      passOn: () => void happened.push("passed on"),
      askNewest: () => void happened.push("asked"),
    },
  );
  const heard = () => heardIn(identities.get(author.peerId)?.slot).map(({ seq }) => seq);
  const tell = (numbers: readonly number[]) => book.receiveBrief(author.peerId, numbers);
  const newest = () => book.newest(author.peerId) as Announced;
  return { book, identities, now, happened, heard, tell, newest };
}

const signed = { verdict: "accept", relay: false };

describe("a brief", () => {
  it("can be drawn like an announcement, and is nothing that its author has signed", () => {
    const { tell, book, heard, newest } = scene();
    assert.deepEqual(tell(briefAt(3)), signed);
    assert.equal(book.available([author.peerId]).length, 1);
    const { seq, age, isBrief, firstSeenCycle } = newest();
    assert.deepEqual({ seq, age, isBrief, firstSeenCycle }, { seq: 3, age: 30, isBrief: true, firstSeenCycle: 7 });
    assert.deepEqual(heard(), []);
  });

  it("is refused where an announcement of the same would be", () => {
    const { tell } = scene();
    assert.equal(tell(briefAt(3, { bytes: BODY_BYTES + 1 })).code, "ERR_MODEL_SIZE");
    assert.equal(tell(briefAt(3, { mass: 2 })).code, "ERR_MASS");
    assert.deepEqual(tell([1]), { verdict: "reject", code: "ERR_DECODE" });
  });

  it("takes from the rate of its author, so that briefs bring in no more than announcements do", () => {
    const { tell } = scene();
    const taken = Array.from({ length: 40 }, (_, i) => tell(briefAt(i + 1))).filter(
      ({ verdict }) => verdict === "accept",
    );
    assert.equal(taken.length, 10);
  });

  it("is paid for by a newcomer, and not taken from one that cannot pay", () => {
    const rich = scene({ rank: "near" });
    assert.deepEqual(rich.tell(briefAt(1)), signed);
    assert.ok(rich.happened.includes("pays"));
    const poor = scene({ rank: "near", pays: false });
    assert.deepEqual(poor.tell(briefAt(1)), { verdict: "ignore", code: "ERR_RATE" });
    assert.equal(poor.book.newest(author.peerId), undefined);
  });

  it("makes its author show something signed when it is the first after a connection, and after ten minutes", () => {
    const { tell, book, happened, now } = scene();
    tell(briefAt(1));
    assert.deepEqual(happened, ["asked"]);
    assert.equal(book.receive(author.peerId, sealed(1)).verdict, "accept");
    tell(briefAt(2));
    assert.deepEqual(happened, ["asked"]);
    book.connected(author.peerId);
    tell(briefAt(3));
    assert.deepEqual(happened, ["asked", "asked"]);
    book.receive(author.peerId, sealed(3));
    now.ms += 2 * LIMITS.notedEveryMs;
    tell(briefAt(4));
    assert.deepEqual(happened, ["asked", "asked", "asked"]);
  });

  it("of a place that is not newer makes its author show what it has signed, which is evidence where it is another story", () => {
    const { tell, book, happened, now } = scene();
    book.receive(author.peerId, sealed(1));
    book.receive(author.peerId, sealed(2));
    assert.deepEqual(tell(briefAt(2)), { verdict: "ignore", code: "ERR_REPLAYED" });
    assert.deepEqual(happened, ["asked"]);
    assert.deepEqual(book.receive(author.peerId, sealed(2, 1)), { verdict: "ignore", code: "ERR_BANNED" });
    assert.deepEqual(happened, ["asked", "fork"]);
    for (let i = 0; i < 100; i++) tell(briefAt(2));
    assert.ok(happened.length <= 8, "as seldom as old announcements are looked into");
    now.ms += 1000;
  });
});

describe("the model of a brief", () => {
  const announcement = decodeAnnouncement(sealed(3));

  it("makes the brief what its author signed, to the draw too, and this is passed on once in five minutes", () => {
    const { tell, book, heard, happened, newest } = scene();
    tell(briefAt(3));
    const shown = book.show(newest(), announcement);
    assert.deepEqual([shown.isBrief, shown.model, shown.firstSeenCycle], [false, announcement.model, 7]);
    assert.equal(newest(), shown);
    assert.deepEqual(heard(), [3]);
    tell(briefAt(4));
    book.show(newest(), decodeAnnouncement(sealed(4)));
    assert.deepEqual(happened, ["asked", "passed on"]);
    assert.deepEqual(heard(), [4, 3]);
  });

  it("is remembered behind a newer brief that has come meanwhile", () => {
    const { tell, book, heard, newest } = scene();
    tell(briefAt(3));
    const brief = newest();
    tell(briefAt(4));
    assert.equal(book.show(brief, announcement).seq, 3);
    assert.deepEqual(heard(), [3]);
    assert.ok(newest().isBrief && newest().seq === 4);
    assert.equal(book.now(brief), brief);
  });

  it("is no news where its author has published it before", () => {
    const { tell, book, newest } = scene();
    book.receive(author.peerId, sealed(2));
    tell(briefAt(3));
    const again = decodeAnnouncement(sealed(3, 0, { model: nodeCrypto.sha256(utf8("0/2")) }));
    assert.throws(
      () => book.show(newest(), again),
      (error) => isHearsayError(error, "ERR_REPLAYED"),
    );
  });

  it("convicts an author that had signed another story about that place", () => {
    const { tell, book, happened, newest } = scene();
    tell(briefAt(3));
    const brief = newest();
    book.receive(author.peerId, sealed(3, 1));
    assert.throws(
      () => book.show(brief, announcement),
      (error) => isHearsayError(error, "ERR_BANNED"),
    );
    assert.deepEqual(happened, ["asked", "fork"]);
  });

  it("is what came by gossip meanwhile, where both are one story", () => {
    const { tell, book, newest } = scene();
    tell(briefAt(3));
    const brief = newest();
    book.receive(author.peerId, sealed(3));
    assert.equal(book.show(brief, announcement), newest());
    assert.equal(book.now(brief), newest());
  });
});
