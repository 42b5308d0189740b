/** A connection that died while a model was pulled is no fault of the model or of its author. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Transport } from "../../../protocol/base/seams.ts";
import { blobTask } from "../../support/blobs.ts";
import { createCrowd, identityOf, mergesOf } from "../../support/crowd.ts";

const AUTHOR = identityOf(0).peerId;
const TRAIN_MS = 20_000;

/** Of a peer's merges, those from a while before it cannot ask AUTHOR any more until long after it can again: whether AUTHOR's model was in each. */
async function mergesAround(code: "ERR_TIMEOUT" | "ERR_UNREACHABLE"): Promise<boolean[]> {
  const crowd = createCrowd({ task: blobTask({ aggregation: { quorum: 2, memory: 0 } }) });
  for (let i = 0; i < 4; i++) await crowd.join(i, { trainMs: TRAIN_MS - 100 * i });
  let dead = false;
  const reader = await crowd.join(9, {
    trainMs: TRAIN_MS,
    wrapTransport: (transport): Transport => ({
      ...transport,
      async request(peer, protocol, body, options) {
        if (dead && peer === AUTHOR) throw new HearsayError(code, "dead, and nobody knows yet");
        return transport.request(peer, protocol, body, options);
      },
    }),
    observe(event) {
      if (event.kind === "refused" && event.peer === AUTHOR) dead = false; // noticed, and dialled anew
    },
  });
  await crowd.run(6 * TRAIN_MS);
  dead = true;
  await crowd.run(8 * TRAIN_MS);
  assert.equal(dead, false);
  const merges = await mergesOf(reader);
  return merges.slice(2).map(({ parents }) => parents.some(({ peer, weightQ16 }) => peer === AUTHOR && weightQ16 > 0));
}

for (const code of ["ERR_TIMEOUT", "ERR_UNREACHABLE"] as const)
  test(`a known author whose connection died (${code}) is missing from two merges at most, that under way and the next, however long a cycle is`, async () => {
    const around = await mergesAround(code);
    assert.ok(around.length >= 8, `${around.length} merges`);
    const missing = around.filter((hasAuthor) => !hasAuthor).length;
    assert.ok(missing >= 1 && missing <= 2, around.join());
  });
