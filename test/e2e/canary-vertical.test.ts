/** No id and no value leaves a party of vertical learning as it is: three parties on real connections join, match, train and predict, and all that they send is looked through. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { nodeCrypto } from "../../node/crypto.ts";
import { loadOrCreateIdentity } from "../../node/keys/keys.ts";
import { loadVerticalCrypto } from "../../node/vertical/load.ts";
import { openVerticalNetwork, type VerticalNetwork } from "../../node/vertical/network.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Identity } from "../../protocol/base/seams.ts";
import { scalingOf, standardise } from "../../protocol/vertical/block.ts";
import { trainAsHolder } from "../../protocol/vertical/holder.ts";
import { createDoor, fetchOffer, takePlace } from "../../protocol/vertical/joining.ts";
import type { Mailbox } from "../../protocol/vertical/mailbox.ts";
import { matchAsHolder, matchAsMember } from "../../protocol/vertical/match-session.ts";
import { trainAsMember } from "../../protocol/vertical/member.ts";
import { encodeOffer, type Offer } from "../../protocol/vertical/messages.ts";
import { beginAsHolder, beginAsMember, type PartyParts, type Session } from "../../protocol/vertical/party.ts";
import { predictAsHolder, predictAsMember } from "../../protocol/vertical/predict.ts";
import type { VerticalCrypto } from "../../protocol/vertical/seams.ts";
import { observed } from "../support/transports.ts";
import { blockOf } from "../support/vertical.ts";

const ROWS = 80;
const EPOCHS = 3;
/** Of an entity that all have, and of one that only its party has. */
const SHARED = "canary-7f3a-Ms-Miller-born-1987";
const OWN = "canary-91bc-Mr-Smith-born-1961";
const VALUE = 83.29417;

interface Party {
  readonly identity: Identity;
  readonly network: VerticalNetwork;
  readonly ids: readonly string[];
  readonly columns: readonly Float64Array[];
}

const rng = createRng("vertical canary");

/** The canaries stand in the first two rows. */
function tableOf(n: number): Pick<Party, "ids" | "columns"> {
  const ids = [SHARED, `${OWN}-${n}`, ...Array.from({ length: ROWS }, (_, i) => `p${i}`)];
  const columns = [0, 1].map(() => Float64Array.from(ids, (_, i) => (i < 2 ? VALUE : 80 + 10 * rng.normal())));
  return { ids, columns };
}

/** A number as it could leave: text, float64 of either order of bytes, fixed point of 40 bits. */
function formsOf(value: number): Buffer[] {
  const [little, big, fixed] = [0, 1, 2].map(() => Buffer.alloc(8)) as [Buffer, Buffer, Buffer];
  little.writeDoubleLE(value);
  big.writeDoubleBE(value);
  fixed.writeBigInt64LE(BigInt(Math.round(value * 2 ** 40)));
  return [Buffer.from(value.toFixed(5)), little, big, fixed];
}

describe("what is in the tables of three parties", () => {
  let root: string;
  let tools: VerticalCrypto;
  const parties: Party[] = [];
  const sent: Uint8Array[] = [];

  before(async () => {
    root = await mkdtemp(join(tmpdir(), "hearsay-canary-vertical-"));
    tools = await loadVerticalCrypto();
    for (const n of [0, 1, 2]) {
      const { identity, privateKey } = await loadOrCreateIdentity(join(root, `key${n}`));
      const listen = n === 0 ? ["/ip4/127.0.0.1/tcp/0"] : [];
      const network = await openVerticalNetwork(privateKey, listen, (transport) =>
        observed(transport, ({ bytes }) => sent.push(bytes.slice())),
      );
      parties.push({ identity, network, ...tableOf(n) });
    }
  });
  after(async () => {
    await Promise.all(parties.map(({ network }) => network.close()));
    await rm(root, { recursive: true });
  });

  const partsOf = ({ identity }: Party, session: Session, mailbox: Mailbox): PartyParts => ({
    ...{ session, identity, crypto: nodeCrypto, tools, mailbox },
    breathe: () => setImmediate(),
  });

  /** All steps of one side; the rows that were shared. */
  async function goThrough(
    { ids, columns }: Party,
    parts: PartyParts,
    isHolder: boolean,
  ): Promise<{ rows: readonly number[]; answers: number }> {
    const rows = isHolder
      ? await matchAsHolder(parts, await beginAsHolder(parts, "match"), ids)
      : await matchAsMember(parts, await beginAsMember(parts, "match"), ids);
    const shared = columns.map((column) => Float64Array.from(rows, (row) => column[row] as number));
    const block = blockOf(shared, "logistic", 0.01, isHolder);
    const save = async () => {};
    const score = (asked: readonly number[]) =>
      Float64Array.from(asked, (row) => block.scores()[rows.indexOf(row)] ?? 0);
    if (!isHolder) {
      await trainAsMember(parts, { block, save });
      return { rows, answers: await predictAsMember(parts, ids, score) };
    }
    const labels = Float64Array.from(rows, (row) => row % 2);
    await trainAsHolder(parts, { block, labels, save, observe: () => {} });
    return { rows, answers: (await predictAsHolder(parts, ids, score)).rows.length };
  }

  it("is in nothing that they send each other, from the offer to the answers", async () => {
    const [holder, ...members] = parties as [Party, ...Party[]];
    const offer: Offer = {
      ...{ holder: holder.identity.publicKey, nonce: new Uint8Array(16).fill(1), purpose: "a test", kind: "logistic" },
      ...{ parties: 3, idColumn: "id", target: "ill", ridge: 0.01, epochs: EPOCHS },
    };
    const id = nodeCrypto.sha256(encodeOffer(offer));
    let atDoor: Mailbox | undefined;
    const door = createDoor({ offer, crypto: nodeCrypto, mailbox: () => atDoor as Mailbox });
    atDoor = holder.network.mailbox(id, { mayFetch: door.mayFetch, onAsk: door.onAsk });
    const asHolder = door.complete.then((session) =>
      goThrough(holder, partsOf(holder, session, atDoor as Mailbox), true),
    );
    const asMembers = members.map(async (member) => {
      const peer = holder.identity.peerId;
      const mailbox = member.network.mailbox(id, {
        addresses: holder.network.addresses(),
        mayFetch: (of) => of === peer,
      });
      const offered = await fetchOffer(mailbox, peer, id, nodeCrypto);
      const card = { numIds: member.ids.length, numColumns: member.columns.length };
      const session = await takePlace(mailbox, { id, offer: offered, card, identity: member.identity });
      return goThrough(member, partsOf(member, session, mailbox), false);
    });
    const ended = await Promise.all([asHolder, ...asMembers]);
    for (const { rows, answers } of ended) {
      assert.deepEqual([rows.length, answers], [ROWS + 1, ROWS + 1]);
      assert.ok(rows.includes(0) && !rows.includes(1), "the canary that all have is among the shared rows");
    }

    const everything = Buffer.concat(sent);
    assert.ok(everything.length > 1e6, `${everything.length} bytes`);
    assert.ok(everything.includes("a test"), "the offer is among them");
    for (const text of [
      SHARED,
      OWN,
      Buffer.from(SHARED).toString("hex"),
      Buffer.from(SHARED).toString("base64").slice(0, 32),
    ])
      assert.ok(!everything.includes(text), text);
    for (const [n, { columns }] of parties.entries()) {
      const rows = ended[n]?.rows ?? [];
      const shared = columns.map((column) => Float64Array.from(rows, (row) => column[row] as number));
      const standardised = standardise(shared, scalingOf(shared)).map((column) => column[rows.indexOf(0)] as number);
      for (const value of [VALUE, ...standardised])
        for (const form of formsOf(value)) assert.ok(!everything.includes(form), `${value} of party ${n}`);
    }
  });
});
