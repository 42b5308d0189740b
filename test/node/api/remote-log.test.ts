/** A neighbour that is audited cannot fill the disk of the auditor, nor keep it for ever. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRemoteLogs } from "../../../node/api/remote-log.ts";
import { wallClock } from "../../../node/clock.ts";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import type { Clock, Transport } from "../../../protocol/base/seams.ts";
import { numParams } from "../../../protocol/base/task.ts";
import { createEntry, logIdOf } from "../../../protocol/log/entry/entry.ts";
import { readCheckpoint, signCheckpoint } from "../../../protocol/log/tree/checkpoint.ts";
import type { OtherLogs } from "../../../protocol/peer/account/log-watch.ts";
import { decodeLogRequest, encodeCheckpointAnswer, encodeEntriesAnswer } from "../../../protocol/wire/log-messages.ts";
import { decodeBlobRequest, encodeBlobAnswer } from "../../../protocol/wire/messages.ts";
import { blobTask } from "../../support/blobs.ts";

const identity = identityFromSeed(new Uint8Array(32).fill(7));
const TASK_ID = new Uint8Array(32).fill(1);
const LOG_ID = logIdOf(identity.publicKey, TASK_ID, nodeCrypto);
const HASH = new Uint8Array(32);
const ENTRY = createEntry(
  { logId: LOG_ID, seq: 0, prev: HASH, tsMs: 0, type: "resume", body: { params: HASH, age: 1 } },
  identity,
  nodeCrypto,
).signed;

/** Asks a neighbour that promises `size` entries and sends `each` an answer, every `answerMs`; stops after `most` answers. */
async function audited({
  size,
  each,
  answerMs = 1,
  most = 400,
  ...options
}: Record<"size" | "each", number> & { answerMs?: number; most?: number; maxLogBytes?: number }) {
  let [nowMs, answers, bytes] = [0, 0, 0];
  const clock = { monotonicMs: () => nowMs, now: () => nowMs } as Clock;
  const request: Transport["request"] = async (_peer, _protocol, body) => {
    const asked = decodeLogRequest(body);
    if (asked.what === "checkpoint") {
      const note = signCheckpoint({ logId: LOG_ID, size, root: HASH }, identity, nodeCrypto);
      return encodeCheckpointAnswer({ note });
    }
    assert.ok(asked.what === "entries");
    answers++;
    nowMs += answerMs;
    assert.ok(answers <= most, "asked without end");
    return encodeEntriesAnswer({ size, entries: Array.from({ length: Math.min(each, asked.limit) }, () => ENTRY) });
  };
  const remote = createRemoteLogs({ request } as Transport, blobTask(), TASK_ID, { clock, ...options });
  for await (const line of await remote.log(identity.peerId, 0)) bytes += line.length;
  return { answers, bytes };
}

describe("the log of a neighbour that is audited", () => {
  it("is fetched to its end where it is sent as an honest peer does", async () => {
    assert.equal((await audited({ size: 1000, each: 300 })).answers, 4);
    assert.equal((await audited({ size: 5, each: 300 })).answers, 1);
  });

  it("that promises more entries than are fetched is refused, with what to do", async () => {
    await assert.rejects(
      audited({ size: LIMITS.maxAuditedEntries + 1, each: 300 }),
      ({ code, message }: Error & { code: string }) => {
        return code === "ERR_TOO_LARGE" && /hearsay log export/.test(message);
      },
    );
    await assert.rejects(audited({ size: 2 ** 52, each: 300 }), { code: "ERR_TOO_LARGE" });
  });

  it("that comes drop by drop ends with the first drop", async () => {
    assert.equal((await audited({ size: 100_000, each: 1 })).answers, 1);
    assert.equal((await audited({ size: 100_000, each: LIMITS.minEntriesAnswered - 1 })).answers, 1);
  });

  it("that comes slowly ends after the time that its bytes may take", async () => {
    const { answers } = await audited({ size: 1_000_000, each: 16, answerMs: 9000 });
    assert.ok(answers <= 9, `${answers} answers`);
  });

  it("that has more bytes than are fetched ends there, however fast it comes", async () => {
    const maxLogBytes = 1000 * ENTRY.length;
    const whole = await audited({ size: 1000, each: 250, maxLogBytes });
    assert.equal(whole.answers, 4);
    const more = await audited({ size: 1_000_000, each: 250, maxLogBytes });
    assert.equal(more.answers, 5); // the fifth is not taken any more
    assert.ok(more.bytes < 1.01 * whole.bytes, `${more.bytes} bytes, ${whole.bytes} of a log at the bound`);
  });
});

describe("what a neighbour shows of its log", () => {
  it("is held against what it announced: both notes, and each entry at its place; at the end, or when nobody reads on", async () => {
    for (const readsOn of [true, false]) {
      const seen: string[] = [];
      const known: OtherLogs = {
        heads: () => [],
        found: () => ({ verdict: "ignore" }),
        watch: (peer, generation) => ({
          checkpoint: (note) => seen.push(`${peer} ${generation} ${readCheckpoint(note).size}`),
          entries: (from, signed) => seen.push(`${from} ${signed.length}`),
          end: () => seen.push("end"),
        }),
      };
      const request: Transport["request"] = async (_peer, _protocol, body) => {
        const asked = decodeLogRequest(body);
        const noteOf = (size: number) => signCheckpoint({ logId: LOG_ID, size, root: HASH }, identity, nodeCrypto);
        if (asked.what === "checkpoint") return encodeCheckpointAnswer({ note: noteOf(50), cosigned: noteOf(40) });
        assert.ok(asked.what === "entries");
        return encodeEntriesAnswer({
          size: 50,
          entries: Array.from({ length: Math.min(20, asked.limit) }, () => ENTRY),
        });
      };
      const remote = createRemoteLogs({ request } as Transport, blobTask(), TASK_ID, { known });
      for await (const _ of await remote.log(identity.peerId, 0)) if (!readsOn && seen.length > 2) break;
      const notes = [`${identity.peerId} 0 50`, `${identity.peerId} 0 40`];
      assert.deepEqual(seen, readsOn ? [...notes, "0 20", "20 20", "40 10", "end"] : [...notes, "0 20", "end"]);
    }
  });
});

describe("what the log of a neighbour names", () => {
  it("is fetched though it is longer than a body: the parameters of a task whose bodies have few bits", async () => {
    const task = blobTask({ codec: "int4" });
    const params = new Uint8Array(Float32Array.BYTES_PER_ELEMENT * numParams(task)).fill(5);
    const request: Transport["request"] = async (_peer, _protocol, body) => {
      const { offset, maxBytes } = decodeBlobRequest(body);
      return encodeBlobAnswer({ total: params.length, chunk: params.subarray(offset, offset + maxBytes) });
    };
    const clock = { ...wallClock, after: () => () => {} };
    const remote = createRemoteLogs({ request } as Transport, task, TASK_ID, { clock });
    assert.deepEqual(await remote.blob(nodeCrypto.sha256(params), [identity.peerId]), params);
  });
});
