/** What neighbours may write below a peer's checkpoint, and that none of it can make the peer's log bad. Real signatures, virtual time. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { utf8 } from "../../../../protocol/base/bytes.ts";
import type { Trainer } from "../../../../protocol/base/learning-seams.ts";
import type { Identity, Transport } from "../../../../protocol/base/seams.ts";
import { writeJsonl } from "../../../../protocol/log/export/jsonl.ts";
import { openStoredExport } from "../../../../protocol/log/export/stored-export.ts";
import { verifyStoredLog } from "../../../../protocol/log/stored/stored.ts";
import { cosign, readCheckpoint, signCheckpoint } from "../../../../protocol/log/tree/checkpoint.ts";
import { encodeLogRequest, LOG_PROTOCOL } from "../../../../protocol/wire/log-messages.ts";
import { blobTask } from "../../../support/blobs.ts";
import { type Crowd, createCrowd, identityOf, type Member } from "../../../support/crowd.ts";
import { verify } from "../../log/export/support.ts";
import { collect } from "../../log/support.ts";

const task = blobTask({ training: { steps: 5, batch: 16 }, aggregation: { rule: "median" } });

interface Scene {
  readonly crowd: Crowd;
  readonly writer: Member;
  readonly strangers: [Transport, Identity][];
  /** Its next training never ends, so that its checkpoint stays. */
  freeze(): void;
}

/** A peer that learns alone, and strangers beside it; its log is at a round minute, for cosigners' times. */
async function scene(): Promise<Scene> {
  const crowd = createCrowd({ task });
  let frozen = false;
  const wrapTrainer = (trainer: Trainer): Trainer => ({
    ...trainer,
    fit: (request) => (frozen ? new Promise(() => {}) : trainer.fit(request)),
  });
  const writer = await crowd.join(0, { wrapTrainer });
  const strangers = [60, 61, 62, 63].map((n): [Transport, Identity] => {
    const identity = identityOf(n);
    return [crowd.joinTransport(identity.peerId), identity];
  });
  await crowd.run(65_000);
  const freeze = () => {
    frozen = true;
  };
  return { crowd, writer, strangers, freeze };
}

/** The line by which `by` cosigns the writer's newest checkpoint. */
function lineOf({ peer, identity }: Member, by: Identity, seconds: number): string {
  return cosign(readCheckpoint(signCheckpoint(peer.log.state(), identity, nodeCrypto)), by, seconds, nodeCrypto);
}

/** Brings a line, and gives the code of the refusal. */
async function bring(crowd: Crowd, { peer, peerId }: Member, by: Transport, line: string): Promise<string | undefined> {
  const { size } = peer.log.state();
  const asking = by.request(
    peerId,
    LOG_PROTOCOL,
    encodeLogRequest({ what: "cosign", logId: peer.log.logId, size, line }),
  );
  const code = asking.then(
    () => undefined,
    (error: { code: string }) => error.code,
  );
  await crowd.run(50);
  return code;
}

const seated = ({ peer }: Member) =>
  peer.log
    .cosigned()
    ?.signatures.slice(1)
    .map(({ name }) => name) ?? [];

async function assertHolds({ store }: Member): Promise<void> {
  const { header, entries } = await openStoredExport(store, nodeCrypto);
  const file = utf8((await collect(writeJsonl(header, entries(), nodeCrypto))).join(""));
  assert.equal((await verify(file, nodeCrypto)).firstBad, undefined);
  assert.equal((await verifyStoredLog(store, { crypto: nodeCrypto })).firstBad, undefined);
}

describe("what a stranger brings as a cosignature", () => {
  it("is exactly one line, of its own, of about now: all else is refused with a code, and the log holds", async () => {
    const { crowd, writer, strangers, freeze } = await scene();
    const [[stranger, identity], [, other]] = strangers as [[Transport, Identity], [Transport, Identity]];
    const nowS = Math.floor(crowd.world.clock.now() / 1000);
    freeze();
    await crowd.run(2_000);
    const good = lineOf(writer, identity, nowS);
    const forged = good.replace(identity.peerId, other.peerId);
    const wrong: [line: string, code: string][] = [
      [forged + good, "ERR_DECODE"],
      [good + forged, "ERR_DECODE"],
      [good.repeat(2), "ERR_DECODE"],
      [good.slice(0, -1), "ERR_DECODE"],
      ["", "ERR_DECODE"],
      [forged, "ERR_SIGNATURE"],
      [lineOf(writer, other, nowS), "ERR_SIGNATURE"],
      [lineOf(writer, identity, 2 ** 52), "ERR_SIGNATURE"],
      [lineOf(writer, identity, nowS + 2 * 86_400), "ERR_SIGNATURE"],
      [good.replace(/.{8}\n$/, "AAAAAA==\n"), "ERR_SIGNATURE"],
    ];
    for (const [line, code] of wrong) assert.equal(await bring(crowd, writer, stranger, line), code, line);
    assert.deepEqual(seated(writer), []);
    assert.equal(await bring(crowd, writer, stranger, good), undefined);
    assert.deepEqual(seated(writer), [identity.peerId]);
    await assertHolds(writer);
  });

  it("fills no seat that a known peer wants: that one takes it from a newcomer", async () => {
    const { crowd, writer, strangers, freeze } = await scene();
    const nowS = Math.floor(crowd.world.clock.now() / 1000);
    freeze();
    await crowd.run(2_000);
    for (const [transport, identity] of strangers.slice(0, 3))
      await bring(crowd, writer, transport, lineOf(writer, identity, nowS));
    const newcomers = strangers.slice(0, 3).map(([, { peerId }]) => peerId);
    assert.deepEqual(seated(writer), newcomers);
    const [fourth, { peerId }] = strangers[3] as [Transport, Identity];
    await bring(crowd, writer, fourth, lineOf(writer, identityOf(63), nowS));
    assert.ok(!seated(writer).includes(peerId), "a newcomer takes no seat");
  });

  it("is wanted of peers that delivered models, also where newcomers were first", async () => {
    const crowd = createCrowd({ task });
    const writer = await crowd.join(0);
    for (let n = 1; n < 5; n++) await crowd.join(n);
    const strangers = [60, 61, 62].map((n): [Transport, Identity] => {
      const identity = identityOf(n);
      return [crowd.joinTransport(identity.peerId), identity];
    });
    const known = new Set(crowd.members.map((member) => member.peerId));
    let seatsOfStrangers = 0;
    for (let second = 0; second < 60; second++) {
      for (const [transport, identity] of strangers)
        await bring(crowd, writer, transport, lineOf(writer, identity, Math.floor(crowd.world.clock.now() / 1000)));
      await crowd.run(1_000);
      seatsOfStrangers += seated(writer).filter((name) => !known.has(name)).length;
    }
    assert.ok(seatsOfStrangers > 0, "strangers were first at least once");
    assert.ok(seated(writer).filter((name) => known.has(name)).length > 0, `${seated(writer)}`);
    await assertHolds(writer);
  });
});
