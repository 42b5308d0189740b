/** Models that come with their proofs in one answer: how they are asked for, and what a liar could put into one. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { joined } from "../../../../protocol/base/bytes.ts";
import type { RequestHandler, Transport } from "../../../../protocol/base/seams.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { taskNames } from "../../../../protocol/wire/messages.ts";
import {
  decodePullAnswer,
  decodePullRequest,
  encodePullAnswer,
  type PullAnswer,
} from "../../../../protocol/wire/pull-messages.ts";
import { blobTask } from "../../../support/blobs.ts";
import { createCrowd, type Member } from "../../../support/crowd.ts";

const CYCLE_MS = 1000;
const task = blobTask({ aggregation: { inboxSize: 8, quorum: 2 } });
const { pull, blob } = taskNames(nodeCrypto.sha256(encodeTask(task)));

/** Three peers, of which the last serves pulls, where it does, through `wrap`; and what the first asks of the last, with the lengths of request and answer. */
async function pairOf(wrap: (handler: RequestHandler) => RequestHandler | undefined) {
  const crowd = createCrowd({ task, minCycleMs: CYCLE_MS });
  const asked: { readonly name: string; readonly request: Uint8Array; readonly bytes: number }[] = [];
  const listening = (transport: Transport): Transport => ({
    ...transport,
    async request(peer, protocol, request, options) {
      const answer = await transport.request(peer, protocol, request, options);
      const name = protocol === pull ? "pull" : protocol === blob ? "blob" : protocol;
      if (peer === crowd.members[2]?.identity.peerId) asked.push({ name, request, bytes: answer.length });
      return answer;
    },
  });
  const serving = (transport: Transport): Transport => ({
    ...transport,
    onRequest(protocol, handler) {
      const wrapped = protocol === pull ? wrap(handler) : handler;
      if (wrapped !== undefined) transport.onRequest(protocol, wrapped);
    },
  });
  const asker = await crowd.join(0, { wrapTransport: listening });
  await crowd.join(1);
  await crowd.join(2, { wrapTransport: serving });
  return { crowd, asker, asked };
}

const refusedBy = ({ peer }: Member) => peer.status().counters.refused;
/** Changes each answer. */
const changing = (change: (answer: PullAnswer) => Partial<PullAnswer>) => (handler: RequestHandler) =>
  (async (from, request) => {
    const answer = decodePullAnswer(joined(await handler(from, request)));
    return encodePullAnswer({ ...answer, ...change(answer) });
  }) satisfies RequestHandler;

describe("a model and its proof", () => {
  it("come in one answer of which at most 176 bytes are not the body, asked for in 16", async () => {
    const { crowd, asker, asked } = await pairOf((handler) => handler);
    await crowd.run(20 * CYCLE_MS);
    const models = asked.filter(({ name }) => name === "pull" || name === "blob" || name.includes("/log/"));
    const [first, ...rest] = models.filter(({ name }) => name === "pull");
    assert.ok(first && rest.length >= 15, `${rest.length} pulls`);
    assert.deepEqual(
      models.filter(({ name }) => name === "blob"),
      [],
    );
    assert.equal(decodePullRequest(first.request).old, 0);
    const published = asker.events.find(({ kind }) => kind === "published");
    const bodyBytes = published?.kind === "published" ? published.bytes : 0;
    for (const { request, bytes } of rest) {
      const { old, seq } = decodePullRequest(request);
      assert.ok(old > 0 && old <= seq && request.length <= 16);
      assert.ok(bytes - bodyBytes <= 176, `${bytes - bodyBytes} bytes beside the body`);
    }
    assert.deepEqual(refusedBy(asker), {});
  });

  it("are asked for apart where the author does not serve them together", async () => {
    const { crowd, asker, asked } = await pairOf(() => undefined);
    await crowd.run(5 * CYCLE_MS);
    assert.ok(asked.filter(({ name }) => name === "blob").length >= 3);
    assert.deepEqual(refusedBy(asker), {});
  });

  it("are asked for apart after a restart, when the frontier of the author's log is not known, and together from then on", async () => {
    const { crowd, asker, asked } = await pairOf((handler) => handler);
    await crowd.run(5 * CYCLE_MS);
    asker.peer.stop();
    await crowd.run(CYCLE_MS);
    asked.length = 0;
    const again = await crowd.join(0, { ...asker.joinedWith, store: asker.store });
    await crowd.run(5 * CYCLE_MS);
    const names = asked.map(({ name }) => name).filter((name) => name === "pull" || name === "blob");
    assert.equal(names.filter((name) => name === "blob").length, 1);
    assert.ok(names.filter((name) => name === "pull").length >= 3);
    assert.deepEqual(refusedBy(again), {});
  });

  const other = new Uint8Array(32).fill(9);
  const lies: Readonly<Record<string, [change: (answer: PullAnswer) => Partial<PullAnswer>, code: string]>> = {
    "another entry before": [() => ({ prev: other }), "ERR_LOG_PROOF"],
    "another training": [() => ({ trained: other }), "ERR_LOG_PROOF"],
    "another mechanism": [() => ({ mechanism: "gauss" }), "ERR_LOG_PROOF"],
    "other tensors": [() => ({ shared: Uint8Array.of(1) }), "ERR_LOG_PROOF"],
    "no entry at all": [() => ({ shared: new Uint8Array(0) }), "ERR_DECODE"],
    "another growth": [({ growth }) => ({ growth: growth.map(() => other) }), "ERR_LOG_PROOF"],
    "too much growth": [({ growth }) => ({ growth: [...growth, other] }), "ERR_LOG_PROOF"],
    "another body": [({ chunk }) => ({ chunk: chunk.map((byte) => byte ^ 1) }), "ERR_MODEL_HASH"],
    "a shorter body": [({ chunk }) => ({ chunk: chunk.slice(1), total: chunk.length - 1 }), "ERR_MODEL_SIZE"],
    "a short chunk": [({ chunk }) => ({ chunk: chunk.slice(1) }), "ERR_MODEL_SIZE"],
  };
  for (const [lie, [change, code]] of Object.entries(lies))
    it(`are refused with ${code} where the answer has ${lie}`, async () => {
      const { crowd, asker } = await pairOf(changing(change));
      await crowd.run(3 * CYCLE_MS);
      assert.deepEqual(Object.keys(refusedBy(asker)), [code]);
    });
});
