/** Who pays for bytes is told of models seldom, and asks for the newest of an author where the one that it was told of is old or gone. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { HearsayError, isHearsayError } from "../../../../protocol/base/errors.ts";
import type { Transport } from "../../../../protocol/base/seams.ts";
import type { Fetch } from "../../../../protocol/peer/inbound/fetch.ts";
import { createLateFetch } from "../../../../protocol/peer/inbound/late-fetch.ts";
import type { Identities } from "../../../../protocol/peer/memory/identities.ts";
import type { Announced, Candidate } from "../../../../protocol/peer/stages.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { decodeHelloRequest, encodeHelloAnswer, HELLO_PROTOCOL } from "../../../../protocol/wire/messages.ts";
import { blobTask } from "../../../support/blobs.ts";

const task = blobTask();
const taskId = nodeCrypto.sha256(encodeTask(task));
const STEP_MS = 10;
/** So old is a model of which the author has trained cut-off times since. */
const OLD_MS = task.staleness.cutoff * task.training.steps * STEP_MS;

const announced = (model: number, firstSeenMs = 0) =>
  ({ author: "author", generation: 0, seq: model, model: Uint8Array.of(model), firstSeenMs }) as unknown as Announced;

interface Scene {
  readonly isPaying?: boolean;
  readonly nowMs?: number;
  /** Models that can be had. */
  readonly served: readonly number[];
  /** What the author announces now; nothing where left out. */
  readonly newest?: number;
  /** Of the task that it answers with. */
  readonly answersWith?: Uint8Array;
}

/** What is asked of the author for a model of which it told, in order, and the model that came. */
async function pull({ isPaying = true, nowMs = 0, served, newest, answersWith = taskId }: Scene) {
  const done: string[] = [];
  const told = announced(1);
  let kept = told;
  const fetcher: Fetch = async (wanted) => {
    done.push(`pull ${wanted.model[0]}`);
    if (!served.includes(wanted.model[0] ?? 0)) throw new HearsayError("ERR_NOT_FOUND", "gone");
    return wanted as unknown as Candidate;
  };
  const request: Transport["request"] = async (_peer, protocol, body) => {
    assert.equal(protocol, HELLO_PROTOCOL);
    done.push(decodeHelloRequest(body).newsOnly ? "ask for news" : "greet");
    const announcement = newest === undefined ? {} : { announcement: Uint8Array.of(newest) };
    return encodeHelloAnswer({ task: answersWith, agent: "older", yours: new Uint8Array(9), ...announcement });
  };
  const fetch = createLateFetch({
    ...{ fetcher, transport: { request }, clock: { monotonicMs: () => nowMs } },
    news: { isPaying: () => isPaying },
    subject: { task, taskId },
    identities: { get: () => ({ slot: { stepMs: STEP_MS, announced: kept } }) } as unknown as Identities,
    receive(_from, [model = 0]) {
      kept = announced(model, nowMs);
      return { verdict: "accept" };
    },
  });
  const result = await fetch(told, new AbortController().signal, () => 1).catch((error: unknown) => error);
  return { done, got: isHearsayError(result) ? result.code : (result as unknown as Announced).model[0] };
}

describe("a model of which an author told", () => {
  it("is pulled at once where it is there, and young", async () => {
    assert.deepEqual(await pull({ served: [1, 2], newest: 2, nowMs: OLD_MS }), { done: ["pull 1"], got: 1 });
  });

  it("and that is gone is given up for the newest of its author, once", async () => {
    const asked = ["pull 1", "ask for news", "pull 2"];
    assert.deepEqual(await pull({ served: [2], newest: 2 }), { done: asked, got: 2 });
    assert.deepEqual(await pull({ served: [], newest: 2 }), { done: asked, got: "ERR_NOT_FOUND" });
  });

  it("and since when it has trained more often than the cut-off of staleness is not pulled: its newest is", async () => {
    const nowMs = OLD_MS + 1;
    assert.deepEqual(await pull({ served: [1, 2], newest: 2, nowMs }), { done: ["ask for news", "pull 2"], got: 2 });
    assert.deepEqual(await pull({ served: [1], newest: 1, nowMs }), { done: ["ask for news", "pull 1"], got: 1 });
  });

  it("stays gone where its author has nothing newer, or answers for another task", async () => {
    const done = ["pull 1", "ask for news"];
    assert.deepEqual(await pull({ served: [] }), { done, got: "ERR_NOT_FOUND" });
    assert.deepEqual(await pull({ served: [2], newest: 1 }), { done, got: "ERR_NOT_FOUND" });
    assert.deepEqual(await pull({ served: [2], newest: 2, answersWith: new Uint8Array(32) }), {
      done,
      got: "ERR_NOT_FOUND",
    });
  });

  it("is pulled as it was told of where nobody pays for bytes: the next one is heard of anyhow", async () => {
    const free = { isPaying: false, nowMs: OLD_MS + 1, newest: 2 };
    assert.deepEqual(await pull({ ...free, served: [2] }), { done: ["pull 1"], got: "ERR_NOT_FOUND" });
  });
});
