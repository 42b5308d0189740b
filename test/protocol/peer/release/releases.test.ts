/** Releases in a network: eight peers, of which the keys of three say what serves. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { concatBytes, fromHex } from "../../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import type { Store } from "../../../../protocol/base/seams.ts";
import { encodeReleaseAnswer, encodeReleaseRequest } from "../../../../protocol/release/messages.ts";
import { EVERYBODY } from "../../../../protocol/release/rings.ts";
import { type Says, say } from "../../../../protocol/release/statements.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { signIn } from "../../../../protocol/wire/envelope.ts";
import { taskNames } from "../../../../protocol/wire/messages.ts";
import { blobs, blobTask } from "../../../support/blobs.ts";
import { createCrowd, identityOf, type Member } from "../../../support/crowd.ts";

const RELEASE_KEYS = [0, 1, 2].map((i) => identityOf(i));
const task = blobTask({ releases: { keys: RELEASE_KEYS.map(({ peerId }) => peerId), threshold: 2 } });
const taskId = nodeCrypto.sha256(encodeTask(task));

async function eight(canaries: readonly number[] = []) {
  const crowd = createCrowd({ task });
  const join = async (number: number, store?: Store) => {
    const changes: (string | undefined)[] = [];
    const releases = {
      isCanary: canaries.includes(number),
      changed: (now?: { name: string }) => void changes.push(now?.name),
    };
    const member = await crowd.join(number, { releases, holdout: blobs(100, 50 + number), ...(store && { store }) });
    return Object.assign(member, { changes });
  };
  const members: Awaited<ReturnType<typeof join>>[] = [];
  for (let i = 0; i < 8; i++) members.push(await join(i));
  await crowd.run(4000);
  return { crowd, members, join };
}

const releasesOf = ({ peer }: Member) => peer.releases ?? assert.fail("the task has release keys");

/** The model of a member gets a name; the id of the release. */
async function tagged(member: Member, name: string): Promise<Uint8Array> {
  const signer = RELEASE_KEYS[0] ?? assert.fail();
  const model = { params: member.peer.serving(), age: member.peer.status().age };
  const payload = await releasesOf(member).prepare(name, signer.publicKey, model);
  await releasesOf(member).take(concatBytes(signIn("release", payload, signer), payload));
  return nodeCrypto.sha256(payload);
}

async function ordered(member: Member, says: Says["order"], keys: readonly number[] = [0, 1]): Promise<void> {
  for (const i of keys) await releasesOf(member).take(say("order", taskId, says, identityOf(i)));
}

const names = (members: readonly Member[]) => members.map((member) => releasesOf(member).served()?.name);
/** What a member told of releases: name, and whether it went back. */
const told = ({ events }: Member) =>
  events.flatMap((event) => (event.kind === "serves" ? [[event.release?.name, event.isBack]] : []));
const all = (serial: number, target: Uint8Array): Says["order"] => ({
  serial,
  target,
  permille: EVERYBODY,
  base: null,
});

describe("releases", () => {
  it("serve the same model on every peer, which goes on learning another", async () => {
    const { crowd, members } = await eight();
    const [first, last] = [members[0] ?? assert.fail(), members[7] ?? assert.fail()];
    const v1 = await tagged(first, "v1");
    const { figures } = releasesOf(first).status().releases[0] ?? assert.fail();
    assert.ok((figures.accuracy ?? 0) > 0.5, "the tag says how good it is where it was made");
    await ordered(first, all(1, v1));
    await crowd.run(3000);
    assert.deepEqual(names(members), Array(8).fill("v1"));
    const served = releasesOf(last).served()?.params ?? assert.fail();
    await crowd.run(3000);
    assert.deepEqual(releasesOf(last).served()?.params, served);
    assert.notDeepEqual(last.peer.serving(), served);
    assert.deepEqual(last.changes, ["v1"]);
    assert.deepEqual(told(last), [["v1", false]]);
  });

  it("need as many keys as the task says, and no others", async () => {
    const { crowd, members } = await eight();
    const first = members[0] ?? assert.fail();
    const v1 = await tagged(first, "v1");
    await ordered(first, all(1, v1), [0]);
    const refused = await ordered(first, all(1, v1), [5]).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(isHearsayError(refused, "ERR_CONFIG"));
    await crowd.run(3000);
    assert.deepEqual(names(members), Array(8).fill(undefined));
    assert.equal(releasesOf(members[6] as Member).status().proposals.length, 1, "others can see that a key is missing");
    await ordered(members[6] as Member, all(1, v1), [2]);
    await crowd.run(3000);
    assert.deepEqual(names(members), Array(8).fill("v1"));
  });

  it("reach the ring first, and the others when it widens", async () => {
    const { crowd, members } = await eight([3, 4]);
    const first = members[0] ?? assert.fail();
    await ordered(first, all(1, await tagged(first, "v1")));
    await crowd.run(3000);
    const v1 = fromHex(releasesOf(first).served()?.id ?? "") ?? assert.fail();
    const v2 = await tagged(first, "v2");
    await ordered(first, { serial: 2, target: v2, permille: 0, base: v1 });
    await crowd.run(3000);
    assert.deepEqual(names(members), ["v1", "v1", "v1", "v2", "v2", "v1", "v1", "v1"]);
    await ordered(first, all(3, v2));
    await crowd.run(3000);
    assert.deepEqual(names(members), Array(8).fill("v2"));
  });

  it("go from ring to ring by themselves: the peer that was given the orders says each when it is due, also after a restart", async () => {
    const { crowd, members, join } = await eight([3]);
    const first = members[0] ?? assert.fail();
    await ordered(first, all(1, await tagged(first, "v1")));
    await crowd.run(2000);
    const v1 = fromHex(releasesOf(first).served()?.id ?? "") ?? assert.fail();
    const v2 = await tagged(first, "v2");
    const order = (serial: number, permille: number, base: Uint8Array | null = v1) => ({
      serial,
      target: v2,
      permille,
      base,
    });
    await ordered(first, order(2, 0));
    for (const key of [0, 1]) {
      const holder = members[key] as Member;
      await releasesOf(holder).later(say("order", taskId, order(3, 500), identityOf(key)), 20_000);
      await releasesOf(holder).later(say("order", taskId, order(4, EVERYBODY, null), identityOf(key)), 20_000);
    }
    const others = () => names(members).filter((name) => name === "v2").length;
    await crowd.run(15_000);
    assert.equal(others(), 1, "the canary");
    assert.deepEqual(
      releasesOf(first)
        .status()
        .later?.map(({ serial, ring, waitsFor }) => [serial, ring, waitsFor]),
      [
        [3, "50%", "time"],
        [4, "all", "the one before"],
      ],
    );
    const second = members[1] as Member;
    second.peer.stop();
    await crowd.run(1000);
    members[1] = await join(1, second.store);
    await crowd.run(9000);
    assert.equal(releasesOf(first).status().order?.ring, "50%");
    assert.ok(others() > 1 && others() < 8);
    await crowd.run(25_000);
    assert.equal(others(), 8);
    assert.equal(releasesOf(first).status().later, undefined);
  });

  it("stay in their ring while votes say no, and any other order ends what waits", async () => {
    const { crowd, members } = await eight([3]);
    const first = members[0] ?? assert.fail();
    const v1 = await tagged(first, "v1");
    await ordered(first, all(1, v1));
    const v2 = await tagged(first, "v2");
    await releasesOf(first).take(say("gate", taskId, { release: v2, expression: "accuracy > 1" }, identityOf(0)));
    await ordered(first, { serial: 2, target: v2, permille: 0, base: v1 });
    const everybody = { serial: 3, target: v2, permille: EVERYBODY, base: null };
    for (const key of [0, 1]) await releasesOf(first).later(say("order", taskId, everybody, identityOf(key)), 5000);
    await assert.rejects(releasesOf(first).later(say("order", taskId, everybody, identityOf(5)), 5000), {
      code: "ERR_CONFIG",
    });
    await crowd.run(30_000);
    assert.equal(releasesOf(first).status().order?.serial, 2);
    assert.equal(releasesOf(first).status().later?.[0]?.waitsFor, "votes");
    await ordered(first, all(12, v1));
    await crowd.run(2000);
    assert.equal(releasesOf(first).status().later, undefined);
  });

  it("are looked at by each peer on its own hold-out: all vote, and none serves what failed there", async () => {
    const { crowd, members } = await eight();
    const first = members[0] ?? assert.fail();
    await ordered(first, all(1, await tagged(first, "v1")));
    await crowd.run(2000);
    const v2 = await tagged(first, "v2");
    const gate = (expression: string) => say("gate", taskId, { release: v2, expression }, identityOf(0));
    await releasesOf(first).take(gate("accuracy >= 0.3"));
    await releasesOf(first).take(gate("accuracy > 1"));
    await crowd.run(4000);
    for (const member of members) {
      const { gates } =
        releasesOf(member)
          .status()
          .releases.find(({ name }) => name === "v2") ?? assert.fail();
      const tally = gates.map(({ expression, mine, yes, no }) => [expression, mine, yes, no]).sort();
      assert.deepEqual(tally, [
        ["accuracy > 1", false, 0, 8],
        ["accuracy >= 0.3", true, 8, 0],
      ]);
    }
    await ordered(first, all(2, v2));
    await crowd.run(3000);
    assert.deepEqual(names(members), Array(8).fill("v1"));
    assert.equal(releasesOf(members[4] as Member).status().obstacle, "gate failed");
  });

  it("go back within a minute of hearing so, also on a peer that was cut off meanwhile, and without asking anybody for the body", async () => {
    const { crowd, members } = await eight();
    const first = members[0] ?? assert.fail();
    const lost = members[7] as Member;
    const v1 = await tagged(first, "v1");
    await ordered(first, all(1, v1));
    await crowd.run(3000);
    await ordered(first, all(2, await tagged(first, "v2")));
    await crowd.run(3000);
    assert.deepEqual(names(members), Array(8).fill("v2"));
    for (const { peerId } of members.slice(0, 7)) crowd.world.network.disconnect(lost.peerId, peerId);
    await ordered(first, all(3, v1));
    await crowd.run(2000);
    assert.deepEqual(names(members), [...Array(7).fill("v1"), "v2"]);
    crowd.world.network.connect(lost.peerId, (members[3] as Member).peerId);
    await crowd.run(2000);
    assert.deepEqual(names(members), Array(8).fill("v1"));
    assert.deepEqual(told(lost), [
      ["v1", false],
      ["v2", false],
      ["v1", true],
    ]);
  });

  it("survive a restart: the peer serves what it served before, though nobody is there", async () => {
    const { crowd, members, join } = await eight();
    const first = members[0] ?? assert.fail();
    const gone = members[5] as Member;
    await ordered(first, all(1, await tagged(first, "v1")));
    await crowd.run(3000);
    gone.peer.stop();
    for (const { peerId } of members) if (peerId !== gone.peerId) crowd.world.network.disconnect(gone.peerId, peerId);
    await crowd.run(1000);
    const again = await join(5, gone.store);
    for (const { peerId } of members) if (peerId !== gone.peerId) crowd.world.network.disconnect(gone.peerId, peerId);
    await crowd.run(10);
    assert.deepEqual(names([again]), ["v1"]);
    assert.deepEqual(again.changes, ["v1"]);
    assert.deepEqual(told(again), [], "it answered before, so it is no news");
  });

  it("are not asked for without end of who names what nobody has said", async () => {
    const { crowd, members } = await eight();
    const victim = members[0] ?? assert.fail();
    const { release } = taskNames(taskId);
    const liar = crowd.joinTransport(identityOf(99).peerId);
    let asked = 0;
    liar.onRequest(release, () => {
      asked++;
      return encodeReleaseAnswer([]);
    });
    for (let second = 0; second < 120; second++) {
      const id = nodeCrypto.sha256(Uint8Array.of(second));
      liar.request(victim.peerId, release, encodeReleaseRequest([{ id }])).catch(() => {}); // it may be refused
      await crowd.run(1000);
    }
    assert.ok(asked >= 10 && asked < 35, `${asked} times in two minutes, of which some are looks of all peers`);
  });
});
