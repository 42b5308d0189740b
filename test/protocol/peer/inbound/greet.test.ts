/** Greetings: who counts as a neighbour, and how peers of other tasks and versions are told and left. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { utf8 } from "../../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../../protocol/base/errors.ts";
import type { Transport } from "../../../../protocol/base/seams.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { encodeCanonical } from "../../../../protocol/wire/canonical.ts";
import { decodeHelloAnswer, encodeHelloRequest, HELLO_PROTOCOL } from "../../../../protocol/wire/messages.ts";
import { blobTask } from "../../../support/blobs.ts";
import { type Crowd, createCrowd, identityOf, type Member } from "../../../support/crowd.ts";

const STRANGER = 50;
const task = blobTask();
const taskId = nodeCrypto.sha256(encodeTask(task));

interface Scene {
  readonly crowd: Crowd;
  readonly member: Member;
  readonly stranger: Transport;
  readonly strangerId: string;
}

/** An honest peer, and a transport that does what a test tells it to. */
async function scene(answer?: (body: Uint8Array) => Uint8Array): Promise<Scene> {
  const crowd = createCrowd({ task });
  const member = await crowd.join(0);
  const { peerId: strangerId } = identityOf(STRANGER);
  const stranger = crowd.world.network.join(strangerId);
  if (answer !== undefined) stranger.onRequest(HELLO_PROTOCOL, (_from, body) => answer(body));
  crowd.world.network.connect(strangerId, member.peerId);
  return { crowd, member, stranger, strangerId };
}

const counted = ({ peer }: Member) => peer.status().counters.refused;
const refusals = ({ events }: Member) => events.flatMap((event) => (event.kind === "refused" ? [event.message] : []));

describe("a neighbour", () => {
  it("is a peer that has answered on this task; one that is connected and silent is none", async () => {
    const { crowd, member } = await scene();
    await crowd.join(1);
    await crowd.run(500);
    assert.equal(member.peer.status().neighbours, 1);
  });

  it("may answer with fields of the future", async () => {
    const { crowd, member } = await scene(() => encodeCanonical([2, taskId, "hearsay/9", null, null, "more", [5]]));
    await crowd.run(500);
    assert.equal(member.peer.status().neighbours, 1);
    assert.deepEqual(counted(member), {});
  });

  it("may say what its owner calls it; what is no name is passed over, and it is a neighbour all the same", async () => {
    for (const [given, name] of [
      ["Roof 7", "Roof 7"],
      ["a\u202eb", undefined],
      ["x".repeat(33), undefined],
      [["list"], undefined],
    ] as const) {
      const answer = encodeCanonical([2, taskId, "a", null, null, true, given as string]);
      const { crowd, member, strangerId } = await scene(() => answer);
      await crowd.run(500);
      assert.deepEqual([member.peer.status().neighbours, member.peer.nameOf(strangerId)], [1, name]);
      assert.deepEqual(counted(member), {});
    }
  });

  it("that was not ready when it was greeted is greeted again when it greets", async () => {
    const { crowd, member, stranger } = await scene();
    await crowd.run(500);
    assert.equal(member.peer.status().neighbours, 0);
    stranger.onRequest(HELLO_PROTOCOL, () => encodeCanonical([2, taskId, "late", null, null]));
    const greeting = encodeCanonical([2, taskId, "late", "a field of the future"]);
    void stranger.request(member.peerId, HELLO_PROTOCOL, greeting);
    await crowd.run(500);
    assert.equal(member.peer.status().neighbours, 1);
  });

  it("is none any more when its connection has closed", async () => {
    const { crowd, member, strangerId } = await scene(() => encodeCanonical([2, taskId, "a", null, null]));
    await crowd.run(500);
    crowd.world.network.disconnect(strangerId, member.peerId);
    assert.equal(member.peer.status().neighbours, 0);
  });
});

describe("a peer of another version", () => {
  const words = "speaks hearsay/3, this is hearsay/2: update this peer";

  it("that answers the greeting is refused in words, counted once, and left", async () => {
    const { crowd, member, stranger, strangerId } = await scene(() => encodeCanonical([3, "whatever it may say"]));
    await crowd.run(500);
    assert.deepEqual(counted(member), { ERR_VERSION: 1 });
    assert.deepEqual(refusals(member), [words]);
    assert.deepEqual(member.peer.refusalOf(strangerId), { code: "ERR_VERSION", message: words });
    assert.equal(member.peer.refusalOf("nobody"), undefined);
    assert.equal(member.peer.status().neighbours, 0);
    assert.deepEqual(stranger.peers(), [], "the connection is closed");
  });

  it("that greets is told so by the code, refused in words, counted once, and left", async () => {
    const { crowd, member, stranger } = await scene();
    const greeting = stranger.request(member.peerId, HELLO_PROTOCOL, encodeCanonical([3, taskId, "future/1"]));
    const told = assert.rejects(greeting, { code: "ERR_VERSION" });
    await crowd.run(2_000);
    await told;
    assert.deepEqual(counted(member), { ERR_VERSION: 1 });
    assert.deepEqual(refusals(member), [words]);
    assert.deepEqual(stranger.peers(), [], "the connection is closed, but not before the answer has left");
  });

  it("is found out by what its transport says of it, too", async () => {
    const { crowd, member } = await scene(() => {
      throw new HearsayError("ERR_VERSION", "speaks hearsay/4, this is hearsay/2: update this peer");
    });
    await crowd.run(500);
    assert.deepEqual(counted(member), { ERR_VERSION: 1 });
  });
});

describe("a peer of another task", () => {
  it("that greets and never answers is answered with the own task, counted once, and left", async () => {
    const { crowd, member, stranger } = await scene();
    const greeting = encodeHelloRequest({ task: nodeCrypto.sha256(utf8("other")), agent: "a" });
    const answer = stranger.request(member.peerId, HELLO_PROTOCOL, greeting);
    await crowd.run(500);
    assert.deepEqual(decodeHelloAnswer(await answer).task, taskId);
    await crowd.run(2_000);
    assert.deepEqual(counted(member), { ERR_OTHER_TASK: 1 });
    assert.deepEqual(stranger.peers(), []);
  });

  it("may be named by an agent of 128 characters at most", async () => {
    const { crowd, member } = await scene(() => encodeCanonical([2, taskId, "a".repeat(129), null, null]));
    await crowd.run(500);
    assert.equal(member.peer.status().neighbours, 0);
  });
});
