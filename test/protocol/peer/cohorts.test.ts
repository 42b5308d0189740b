/** Peers whose task has cohorts: what leaves them, what comes of it for the models, the logs and the audits, and what is refused. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { bytesOf, equalBytes } from "../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { certificateFault } from "../../../protocol/cohort/certificate.ts";
import type { Entry } from "../../../protocol/log/entry/entry.ts";
import { type ProofContext, requireVouched } from "../../../protocol/peer/account/proving.ts";
import { encodeTask } from "../../../protocol/task/manifest.ts";
import { encodeBlobRequest, taskNames } from "../../../protocol/wire/messages.ts";
import { audit, createAuditedCrowd } from "../../support/audits.ts";
import { blobs, blobTask } from "../../support/blobs.ts";
import { accuracyOf, createCrowd, entriesOf, identityOf } from "../../support/crowd.ts";
import { observed } from "../../support/transports.ts";

const PRIVACY = { cohort: { size: 3, minimum: 3 } };
const taskOf = (changes: Record<string, unknown> = {}): Task =>
  blobTask({ privacy: PRIVACY, aggregation: { quorum: 2 }, ...changes });

type Published = Extract<Entry, { readonly type: "publish" }>;

async function publishedBy(member: Parameters<typeof entriesOf>[0]): Promise<Published[]> {
  return (await entriesOf(member)).filter((entry): entry is Published => entry.type === "publish");
}

async function refusalOf(asked: () => unknown): Promise<string> {
  try {
    await asked();
    return "nothing was refused";
  } catch (error) {
    return isHearsayError(error) ? `${error.code} ${error.message}` : String(error);
  }
}

describe("peers whose task has cohorts", () => {
  for (const codec of ["f32", "int8"])
    it(`learn from means of three or more alone, in ${codec}, and their logs can be audited`, async () => {
      const task = taskOf({ codec });
      const { crowd, archives, join } = createAuditedCrowd(task);
      for (let i = 0; i < 9; i++) await join(i, { holdout: blobs(100, 50 + i) });
      await crowd.run(9000);
      const taskId = nodeCrypto.sha256(encodeTask(task));
      const { members } = crowd;
      let means = 0;
      for (const [i, member] of members.entries()) {
        const { publicKey } = member.identity;
        for (const { body } of await publishedBy(member)) {
          const claim = { task: taskId, model: body.model, age: body.age, mass: body.mass ?? 0, publicKey };
          assert.equal(certificateFault(body.cohort ?? new Uint8Array(0), claim, 3, nodeCrypto), undefined);
          means++;
        }
        const find = async (hash: Uint8Array) => archives[i]?.get(hash);
        const { tallies, firstLie } = await audit(await entriesOf(member), task, find);
        assert.equal(firstLie, undefined);
        assert.equal(tallies.aggregate.missing, 0, "the owner of a log can repeat its merges");
        assert.ok(tallies.aggregate.proved >= 3, `${tallies.aggregate.proved} merges`);
        assert.equal(tallies.publish.proved, 0, "a mean is claimed: what its members sent is theirs");
        const accuracy = await accuracyOf(member);
        assert.ok(accuracy > 0.75, `${accuracy}`);
      }
      assert.ok(means >= 12, `${means} means`);
    });

  it("give nobody their own model: no message of theirs holds it, and nobody can ask for it by its hash", async () => {
    const task = taskOf();
    const crowd = createCrowd({ task });
    const trained: Uint8Array[] = [];
    let [seen, found] = [0, 0];
    for (let i = 0; i < 6; i++)
      await crowd.join(i, {
        wrapTrainer: (trainer) => ({
          ...trainer,
          async fit(request) {
            const result = await trainer.fit(request);
            trained.push(bytesOf(result.params).slice(0, 16));
            return result;
          },
        }),
        wrapTransport: (transport) =>
          observed(transport, ({ bytes }) => {
            seen += bytes.length;
            const sent = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
            if (trained.some((model) => sent.includes(Buffer.from(model)))) found++;
          }),
      });
    const spy = crowd.joinTransport(identityOf(99).peerId);
    await crowd.run(10_000);
    assert.ok(seen > 100_000 && trained.length >= 50);
    assert.ok(crowd.members.some(({ peer }) => peer.status().counters.published > 0));
    assert.equal(found, 0);
    const { blob } = taskNames(nodeCrypto.sha256(encodeTask(task)));
    let asked = 0;
    for (const member of crowd.members)
      for (const { type, body } of await entriesOf(member)) {
        const hashes = type === "train" ? [body.in, body.out] : type === "aggregate" ? [body.own, body.out] : [];
        for (const hash of hashes.slice(0, 2)) {
          if (asked++ > 100) continue;
          const request = encodeBlobRequest({ hash, offset: 0, maxBytes: LIMITS.maxChunkBytes });
          const answer = spy.request(member.peerId, blob, request).then(
            () => "it was served",
            (error: unknown) => (isHearsayError(error) ? error.code : String(error)),
          );
          await crowd.run(40);
          assert.match(await answer, /ERR_NOT_FOUND|ERR_RATE/);
        }
      }
  });

  it("wait where they are too few, say so, and train on meanwhile; nothing is published", async () => {
    const crowd = createCrowd({ task: taskOf() });
    for (let i = 0; i < 2; i++) await crowd.join(i);
    await crowd.run(8000);
    for (const member of crowd.members) {
      const { cohort, cycle, counters } = member.peer.status();
      assert.equal(cohort?.waitsFor, "others");
      assert.ok((cohort?.alone ?? 0) >= 2);
      assert.ok(cycle >= 7, `${cycle} cycles: the loop does not wait`);
      assert.equal(counters.published, 0);
      assert.deepEqual(await publishedBy(member), []);
    }
  });

  it("run again by the same seed meet the same others and come to the same bits", async () => {
    const run = async () => {
      const crowd = createCrowd({ task: taskOf(), proofs: false });
      for (let i = 0; i < 6; i++) await crowd.join(i);
      await crowd.run(6000);
      return crowd.members.map(({ peer }) => bytesOf(peer.current()));
    };
    const [first, again] = [await run(), await run()];
    assert.ok(first.every((bytes, i) => equalBytes(bytes, again[i] as Uint8Array)));
  });

  it("go on with others when one dies, whatever it was doing", async () => {
    const crowd = createCrowd({ task: taskOf({ privacy: { cohort: { size: 4, minimum: 3 } } }) });
    for (let i = 0; i < 8; i++) await crowd.join(i);
    await crowd.run(4000);
    for (const i of [2, 5]) {
      crowd.members[i]?.kill();
      await crowd.run(350);
    }
    const living = crowd.members.filter((_, i) => i !== 2 && i !== 5);
    const before = living.map(({ peer }) => peer.status());
    await crowd.run(8000);
    for (const [i, { peer }] of living.entries()) {
      const { cohort, cycle } = peer.status();
      assert.ok(cycle >= (before[i]?.cycle ?? 0) + 6, "no cycle waited");
      assert.ok((cohort?.sessions.released ?? 0) > (before[i]?.cohort?.sessions.released ?? 0));
    }
  });
});

describe("a model that no cohort vouches for", () => {
  it("is refuted by an audit: published alone, or under a word that does not hold", async () => {
    const task = taskOf();
    const { crowd, archives, join } = createAuditedCrowd(task);
    for (let i = 0; i < 9; i++) await join(i);
    await crowd.run(6000);
    const member = crowd.members.find(({ peer }) => peer.status().counters.published > 0);
    assert.ok(member !== undefined);
    const find = async (hash: Uint8Array) => archives[crowd.members.indexOf(member)]?.get(hash);
    const entries = await entriesOf(member);
    const changed = (change: (body: Published["body"]) => Published["body"]) =>
      entries.map((entry) => (entry.type === "publish" ? { ...entry, body: change(entry.body) } : entry));
    const lieIn = async (list: Parameters<typeof audit>[0]) =>
      (await audit(list, task, find)).firstLie?.reason ?? "none";
    assert.equal(await lieIn(entries), "none");
    const alone = changed(({ cohort, ...body }) => body);
    assert.match(await lieIn(alone), /published alone/);
    const older = changed((body) => ({ ...body, age: body.age + 1 }));
    assert.match(await lieIn(older), /the word of its cohort does not hold/);
    const heavier = changed((body) => ({ ...body, mass: 5 }));
    assert.match(await lieIn(heavier), /members signed it, it claims 5/);
  });

  it("is refused by who pulls it, and a certificate where the task has no cohorts", async () => {
    const { publicKey } = identityOf(1);
    const model = nodeCrypto.sha256(publicKey);
    const announced = { model, age: 3, mass: 3, publicKey } as Parameters<typeof requireVouched>[1];
    const court = (leastVouching: number | undefined) =>
      ({ crypto: nodeCrypto, taskId: model, leastVouching }) as ProofContext;
    assert.match(await refusalOf(() => requireVouched(court(3), announced, undefined)), /ERR_LOG_PROOF .*no cohort/);
    assert.match(await refusalOf(() => requireVouched(court(3), announced, model)), /no certificate/);
    assert.match(await refusalOf(() => requireVouched(court(undefined), announced, model)), /the task has none/);
    assert.match(await refusalOf(() => requireVouched(court(undefined), announced, undefined)), /nothing was refused/);
  });
});
