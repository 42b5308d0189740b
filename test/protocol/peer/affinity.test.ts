/** Peers that prefer who has data alike: what they think of others leaves in nothing that they send, and survives a restart. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PeerId, Transport } from "../../../protocol/base/seams.ts";
import { DEFAULT_SELECTION } from "../../../protocol/select/selector.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { contentOf, createCrowd, entriesOf, type Member } from "../../support/crowd.ts";

const task = blobTask({ aggregation: { inboxSize: 3, quorum: 2 } });
const selection = { ...DEFAULT_SELECTION, by: "affinity" };
const SIZE = 6;

/** What a peer sends: the kinds of messages, and the fields of its log. */
interface Sent {
  readonly kinds: Set<string>;
  readonly sizes: Set<string>;
}

function listening(sent: Sent): (transport: Transport) => Transport {
  return (transport) => ({
    ...transport,
    announce(topic, body, to) {
      sent.kinds.add(topic);
      sent.sizes.add(`${topic} ${body.length}`);
      return transport.announce(topic, body, to);
    },
    request(peer, protocol, body, options) {
      sent.kinds.add(protocol);
      return transport.request(peer, protocol, body, options);
    },
    onRequest(protocol, handler) {
      sent.kinds.add(`serves ${protocol}`);
      transport.onRequest(protocol, handler);
    },
  });
}

/** A network, of which all peers prefer as is said. */
async function network(by: string) {
  const sent: Sent = { kinds: new Set(), sizes: new Set() };
  const crowd = createCrowd({ task });
  for (let i = 0; i < SIZE; i++)
    await crowd.join(i, {
      selection: { ...selection, by },
      holdout: blobs(40, 50 + i),
      wrapTransport: listening(sent),
    });
  await crowd.run(15_000);
  const fields = new Set<string>();
  for (const member of crowd.members)
    for (const { type, body } of await entriesOf(member)) fields.add(`${type}: ${Object.keys(body)}`);
  return { crowd, sent, fields };
}

const stored = async ({ store }: Pick<Member, "store">) =>
  (await contentOf(store)).filter(([key]) => key.startsWith("reputation/"));

const standsOn = ({ peer }: Member, other: PeerId) => peer.askingOf?.(other)?.words ?? "";

describe("a network whose peers go by affinity", () => {
  it("sends no kind of message, and logs no field, that one without has not: each receiver judges for itself", async () => {
    const [plain, choosing] = [await network("random"), await network("affinity")];
    assert.deepEqual([...choosing.sent.kinds].sort(), [...plain.sent.kinds].sort());
    assert.deepEqual([...choosing.fields].sort(), [...plain.fields].sort());
    const topics = ({ sizes }: Sent) => new Set([...sizes].map((size) => Number(size.split(" ").at(-1)) >> 4));
    assert.deepEqual([...topics(choosing.sent)].sort(), [...topics(plain.sent)].sort(), "announcements are as long");
    const [first] = choosing.crowd.members as [Member];
    assert.equal((await stored(first)).length, SIZE - 1);
    assert.deepEqual(await stored(plain.crowd.members[0] as Member), []);
  });

  it("remembers over a restart what it thought of each, and says in why on how much that stands", async () => {
    const { crowd } = await network("affinity");
    const [first, second] = crowd.members as [Member, Member];
    const reputations = await stored(first);
    first.peer.stop();
    for (const { peerId } of crowd.members) crowd.world.network.disconnect(first.peerId, peerId);
    const again = await crowd.join(0, { store: first.store, selection, holdout: blobs(40, 50) });
    assert.deepEqual(await stored(again), reputations);
    await crowd.run(500);
    assert.match(
      standsOn(again, second.peerId),
      /what was seen counts as \d+\.\d models, the newest of cycle \d+, before this start$/,
    );
    await crowd.run(15_000);
    assert.notDeepEqual(await stored(again), reputations, "and goes on from there");
    assert.doesNotMatch(standsOn(again, second.peerId), /before this start/);
  });
});
