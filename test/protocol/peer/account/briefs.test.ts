/** Models of which their authors tell without a signature: what the peer that pulls one can show afterwards, and what a liar could put into the answer. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { joined } from "../../../../protocol/base/bytes.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import type { RequestHandler, Transport } from "../../../../protocol/base/seams.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { decodeAnnouncement, hasNote, NO_NOTE } from "../../../../protocol/wire/announcement.ts";
import { taskNames } from "../../../../protocol/wire/messages.ts";
import {
  decodeModelAnswer,
  decodeModelRequest,
  encodeModelAnswer,
  type ModelAnswer,
} from "../../../../protocol/wire/model-messages.ts";
import { blobTask } from "../../../support/blobs.ts";
import { createCrowd, type Member } from "../../../support/crowd.ts";

const CYCLE_MS = 1000;
const task = blobTask({ aggregation: { inboxSize: 8, quorum: 2 } });
const names = taskNames(nodeCrypto.sha256(encodeTask(task)));
const KNOWN = new Map(Object.entries(names).map(([name, protocol]) => [protocol, name]));

interface Asked {
  readonly name: string;
  readonly request: Uint8Array;
  readonly bytes: number;
}

/** Three peers, of which the last changes what it answers and tells; and what the first asks the last, and hears announced. */
async function three({
  answering = (answer) => answer,
  telling = (numbers) => numbers,
  cycleMs = CYCLE_MS,
}: {
  readonly answering?: (answer: ModelAnswer) => ModelAnswer;
  readonly telling?: (numbers: readonly number[]) => readonly number[];
  readonly cycleMs?: number;
} = {}) {
  const crowd = createCrowd({ task, minCycleMs: cycleMs, tells: true });
  const asked: Asked[] = [];
  const announced: Uint8Array[] = [];
  const listening = (transport: Transport): Transport => ({
    ...transport,
    onAnnounce: (topic, handler) =>
      transport.onAnnounce(topic, (from, body) => {
        if (topic === names.announce) announced.push(body);
        return handler(from, body);
      }),
    async request(peer, protocol, request, options) {
      const answer = await transport.request(peer, protocol, request, options);
      const name = KNOWN.get(protocol) ?? protocol;
      if (peer === crowd.members[2]?.identity.peerId) asked.push({ name, request, bytes: answer.length });
      return answer;
    },
  });
  const lying = (transport: Transport): Transport => ({
    ...transport,
    ...(transport.telling && {
      telling: {
        ...transport.telling,
        tell: (to, topic, numbers) => transport.telling?.tell(to, topic, telling(numbers)),
      },
    }),
    onRequest(protocol, handler) {
      const changed: RequestHandler = async (from, request) =>
        encodeModelAnswer(answering(decodeModelAnswer(joined(await handler(from, request)))));
      transport.onRequest(protocol, protocol === names.model ? changed : handler);
    },
  });
  const asker = await crowd.join(0, { wrapTransport: listening });
  await crowd.join(1);
  const author = await crowd.join(2, { wrapTransport: lying });
  return { crowd, asker, author, asked, announced };
}

const refusedBy = ({ peer }: Member) => peer.status().counters.refused;

describe("a model of which its author tells a neighbour", () => {
  it("comes in one answer of which at most 193 bytes are not the body, asked for in 5", async () => {
    const { crowd, asker, asked } = await three();
    await crowd.run(20 * CYCLE_MS);
    const models = asked.filter(({ name }) => ["model", "pull", "blob"].includes(name) || name.includes("/log/"));
    const published = asker.events.find(({ kind }) => kind === "published");
    const bodyBytes = published?.kind === "published" ? published.bytes : 0;
    const pulls = models.filter(({ name }) => name === "model").slice(1);
    assert.ok(pulls.length >= 15, `${pulls.length} pulls`);
    assert.deepEqual(
      models.filter(({ name }) => name === "blob"),
      [],
    );
    for (const { request, bytes } of pulls) {
      const { wantsNote } = decodeModelRequest(request);
      assert.ok(request.length <= 5);
      assert.ok(bytes - bodyBytes <= 193 + (wantsNote ? 64 : 0), `${bytes - bodyBytes} bytes beside the body`);
    }
    assert.deepEqual(refusedBy(asker), {});
  });

  it("comes with the signature of its checkpoint once in five minutes, and this is passed on", async () => {
    const { crowd, asker, asked, announced } = await three({ cycleMs: 15 * CYCLE_MS });
    await crowd.run(2.5 * LIMITS.notedEveryMs);
    const pulls = asked.filter(({ name }) => name === "model");
    const noted = pulls.filter(({ request }) => decodeModelRequest(request).wantsNote);
    assert.ok(pulls.length > 40);
    assert.ok(noted.length >= 2 && noted.length <= 3, `${noted.length} of ${pulls.length}`);
    assert.ok(announced.length > 0 && announced.every((body) => hasNote(decodeAnnouncement(body))));
    assert.deepEqual(refusedBy(asker), {});
  });

  it("is asked for apart after a restart, when the frontier of the author's log is not known, and so is that the log goes on", async () => {
    const { crowd, asker, asked } = await three();
    await crowd.run(5 * CYCLE_MS);
    asker.peer.stop();
    await crowd.run(CYCLE_MS);
    asked.length = 0;
    const again = await crowd.join(0, { ...asker.joinedWith, store: asker.store });
    await crowd.run(6 * CYCLE_MS);
    assert.ok(asked.filter(({ name }) => name === "model").length >= 3);
    assert.deepEqual(refusedBy(again), {});
    assert.ok(again.peer.status().counters.merges > 2);
  });

  const other = new Uint8Array(32).fill(9);
  const lies: Readonly<Record<string, [change: (answer: ModelAnswer) => Partial<ModelAnswer>, code: string]>> = {
    "another entry before": [() => ({ prev: other }), "ERR_LOG_PROOF"],
    "another training": [() => ({ trained: other }), "ERR_LOG_PROOF"],
    "another mechanism": [() => ({ made: { mechanism: "gauss", shared: Uint8Array.of(1) } }), "ERR_LOG_PROOF"],
    "no entry at all": [() => ({ made: { mechanism: "none", shared: new Uint8Array(0) } }), "ERR_DECODE"],
    "another growth": [({ growth }) => ({ growth: growth.map(() => other) }), "ERR_LOG_PROOF"],
    "too much growth": [({ growth }) => ({ growth: [...growth, other] }), "ERR_LOG_PROOF"],
    "another signature": [({ seal }) => ({ seal: seal.map((byte) => byte ^ 1) }), "ERR_LOG_PROOF"],
    "another signature of its checkpoint": [
      ({ note }) => (note ? { note: note.map((byte) => byte ^ 1) } : {}),
      "ERR_LOG_PROOF",
    ],
    "none of its checkpoint where one is asked for": [() => ({ note: NO_NOTE }), "ERR_LOG_PROOF"],
    "another body": [({ body }) => ({ body: body.map((byte) => byte ^ 1) }), "ERR_LOG_PROOF"],
    "a shorter body": [({ body }) => ({ body: body.slice(1) }), "ERR_MODEL_SIZE"],
  };
  for (const [lie, [change, code]] of Object.entries(lies))
    it(`is refused with ${code} where the answer has ${lie}`, async () => {
      const { crowd, asker } = await three({ answering: (answer) => ({ ...answer, ...change(answer) }) });
      await crowd.run(3 * CYCLE_MS);
      assert.deepEqual(Object.keys(refusedBy(asker)), [code]);
    });

  const AGE = 1;
  const MINUTE = 2;
  for (const [what, place] of [
    ["age", AGE],
    ["minute", MINUTE],
  ] as const)
    it(`is refused with ERR_LOG_PROOF where its author told another ${what} than it signed, and stands in no log then`, async () => {
      const { crowd, asker } = await three({
        telling: (numbers) => numbers.with(place, (numbers[place] as number) + 1),
      });
      await crowd.run(8 * CYCLE_MS);
      assert.deepEqual(Object.keys(refusedBy(asker)), ["ERR_LOG_PROOF"]);
      assert.equal(asker.peer.status().counters.invalid, 0);
    });

  it("costs a neighbour that tells what no brief can be a fault each time", async () => {
    const { crowd, asker } = await three({ telling: (numbers) => numbers.with(AGE, LIMITS.maxAge + 1) });
    await crowd.run(4 * CYCLE_MS);
    assert.deepEqual(Object.keys(refusedBy(asker)), ["ERR_DECODE"]);
  });
});
