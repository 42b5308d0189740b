/** Parties come together by an offer: who does not belong, offers something else, or brings labels of its own is refused. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { joined } from "../../../protocol/base/bytes.ts";
import { HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";
import type { PeerId, RequestHandler } from "../../../protocol/base/seams.ts";
import { checkRoles, createDoor, fetchOffer, rowsBucket, takePlace } from "../../../protocol/vertical/joining.ts";
import { createMailbox, type Mailbox } from "../../../protocol/vertical/mailbox.ts";
import { encodeOffer, encodeRoster, type Offer } from "../../../protocol/vertical/messages.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import { testIdentity } from "../../support/vertical.ts";

const HOLDER = testIdentity(0);
const OFFER: Offer = {
  ...{ holder: HOLDER.publicKey, nonce: new Uint8Array(16), purpose: "", kind: "logistic", parties: 3 },
  ...{ idColumn: "id", target: "ill", ridge: 0.01, epochs: 9 },
};
const SESSION = nodeCrypto.sha256(encodeOffer(OFFER));
const CARD = { numIds: 5, numColumns: 2 };

describe("joining a session", () => {
  /** Mailboxes that reach each other by function calls. */
  function createWorld() {
    const handlers = new Map<PeerId, RequestHandler>();
    const clock = createVirtualClock();
    const box = (own: PeerId, options = {}): Mailbox =>
      createMailbox({
        ...{ clock, session: SESSION, ...options },
        transport: {
          async request(to, _, body) {
            const handler = handlers.get(to);
            if (handler === undefined) throw new HearsayError("ERR_UNREACHABLE", "nobody");
            return joined(await handler(own, body));
          },
          onRequest: (_, handler) => void handlers.set(own, handler),
          withdraw: () => void handlers.delete(own),
        },
      });
    return { box, run: () => clock.run(clock.now() + 60_000) };
  }

  function openDoor(world: ReturnType<typeof createWorld>, offer = OFFER) {
    let mailbox: Mailbox | undefined;
    const door = createDoor({ offer, crypto: nodeCrypto, mailbox: () => mailbox as Mailbox });
    mailbox = world.box(HOLDER.peerId, { mayFetch: door.mayFetch, onAsk: door.onAsk });
    return { door, mailbox };
  }

  async function join(world: ReturnType<typeof createWorld>, n: number) {
    const identity = testIdentity(n);
    const mailbox = world.box(identity.peerId);
    const offer = await fetchOffer(mailbox, HOLDER.peerId, SESSION, nodeCrypto);
    return takePlace(mailbox, { id: SESSION, offer, card: CARD, identity });
  }

  it("gives all the same list of parties; one that comes too late is told that there is nothing for it", async () => {
    const world = createWorld();
    const { door } = openDoor(world);
    const joined = [1, 2].map((n) => join(world, n));
    await world.run();
    const [holder, ...members] = await Promise.all([door.complete, ...joined]);
    assert.equal(holder.parties.length, 3);
    for (const member of members) assert.deepEqual(member, holder);
    await assert.rejects(join(world, 3), (error) => isHearsayError(error, "ERR_NOT_FOUND"));
  });

  it("gives the place of a party that tells nothing of itself to another", async () => {
    const world = createWorld();
    const { door } = openDoor(world, { ...OFFER, parties: 2 });
    const [silent, next] = [testIdentity(7).peerId, testIdentity(8).peerId];
    door.onAsk(silent, "roster"); // its card is asked for
    assert.ok(!door.mayFetch(next, "offer"));
    for (let minute = 0; minute < 3; minute++) await world.run();
    assert.ok(door.mayFetch(next, "offer"));
  });

  it("refuses an offer that is not that of the invite, or not by who shows it", async () => {
    for (const [shown, session] of [
      [{ ...OFFER, ridge: 1 }, SESSION],
      [{ ...OFFER, holder: testIdentity(5).publicKey }, undefined],
    ] as const) {
      const world = createWorld();
      openDoor(world, shown);
      const mailbox = world.box(testIdentity(1).peerId);
      const id = session ?? nodeCrypto.sha256(encodeOffer(shown));
      await assert.rejects(fetchOffer(mailbox, HOLDER.peerId, id, nodeCrypto), (error) =>
        isHearsayError(error, "ERR_INVITE"),
      );
    }
  });

  it("refuses a list of parties in which somebody is missing, is there twice, or stands for the label holder", async () => {
    const [own, other] = [testIdentity(1), testIdentity(2)];
    for (const parties of [
      [HOLDER, own],
      [HOLDER, own, own],
      [HOLDER, other, testIdentity(3)],
      [other, own, HOLDER],
    ]) {
      const world = createWorld();
      const holder = world.box(HOLDER.peerId);
      holder.post(own.peerId, "roster", encodeRoster(parties.map(({ publicKey }) => publicKey)));
      const joining = takePlace(world.box(own.peerId), { id: SESSION, offer: OFFER, card: CARD, identity: own });
      await assert.rejects(joining, (error) => isHearsayError(error, "ERR_DECODE"));
    }
  });

  it("refuses a second party with labels, and the label holder itself", () => {
    checkRoles(OFFER, testIdentity(1).publicKey, ["age"]);
    for (const [key, columns] of [
      [testIdentity(1).publicKey, ["age", "ill"]],
      [HOLDER.publicKey, ["age"]],
    ] as const)
      assert.throws(
        () => checkRoles(OFFER, key, columns),
        (error) => isHearsayError(error, "ERR_CONFIG"),
      );
  });

  it("tells the number of rows as a power of two that is not above it", () => {
    assert.deepEqual([1, 2, 3, 569, 1024, 70_000].map(rowsBucket), [1, 2, 2, 512, 1024, 65_536]);
  });
});
