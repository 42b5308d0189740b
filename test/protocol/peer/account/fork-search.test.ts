/** The search for two signatures that convict an author with two heads, which answers page by page as a test tells it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toHex } from "../../../../protocol/base/bytes.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import type { Transport } from "../../../../protocol/base/seams.ts";
import { createEntry, type Entry, logIdOf } from "../../../../protocol/log/entry/entry.ts";
import { decodeEvidence, verifyEvidence } from "../../../../protocol/log/entry/evidence.ts";
import { checkpointSignature, signCheckpoint } from "../../../../protocol/log/tree/checkpoint.ts";
import { findFork, findForkAt } from "../../../../protocol/peer/account/fork-search.ts";
import { announcedState, checkpointState, type SignedState } from "../../../../protocol/peer/account/signed-state.ts";
import { decodeAnnouncement, encodeAnnouncement } from "../../../../protocol/wire/announcement.ts";
import { decodeLogRequest, encodeEntriesAnswer } from "../../../../protocol/wire/log-messages.ts";
import { AS_TRAINED } from "../../../support/publications.ts";
import { CRYPTO, identity, TASK } from "../../log/support.ts";

const author = identity(5);
const GENERATION = 3;
const log = { publicKey: author.publicKey, task: TASK, generation: GENERATION };
const LOG_ID = logIdOf(author.publicKey, TASK, CRYPTO, GENERATION);
const HASH = new Uint8Array(32);
/** Parents of a merge, so many that its entry is longer than evidence may be. */
const PARENTS = Array.from({ length: 20 }, (_, i) => [new Uint8Array(32).fill(i), HASH, 0, 0, "invalid"] as const);

/** A chain of publish entries; every third is a long merge where asked. All after `shared` differ from those of another head. */
function headOf(head: number, length: number, shared = 0, merges = false): Entry[] {
  const entries: Entry[] = [];
  for (let seq = 0; seq < length; seq++) {
    const prev = entries.at(-1)?.id ?? HASH;
    const place = { logId: LOG_ID, seq, prev, tsMs: 0 };
    const model = new Uint8Array(32).fill(seq < shared ? 0 : head);
    const merge = { own: model, base: null, out: model, rule: "mean", age: seq, parents: PARENTS };
    const content =
      merges && seq % 3 === 2
        ? ({ ...place, type: "aggregate", body: merge } as const)
        : ({ ...place, type: "publish", body: { model, age: seq, bytes: 1, codec: "f32", ...AS_TRAINED } } as const);
    entries.push(createEntry(content, author, CRYPTO));
  }
  return entries;
}

/** The state in which a head had `size` entries, as it was announced. */
function announced(head: readonly Entry[], size: number, fill: number): SignedState {
  const { id, seq } = head[size - 1] as Entry;
  const root = new Uint8Array(32).fill(fill); // nobody looks at it here
  const note = checkpointSignature({ logId: LOG_ID, size, root }, author);
  const place = { seq, entry: id, root, note };
  const rest = { model: CRYPTO.sha256(id), bytes: 1, age: 1, tsMs: 0 };
  const draft = { task: TASK, generation: GENERATION, ...place, ...rest };
  return announcedState(decodeAnnouncement(encodeAnnouncement(draft, author)));
}

/** An author that answers from this head at this place, at most `page` entries, and counts what it was asked. */
function answering(headFor: (from: number) => readonly Uint8Array[], page = 8) {
  const asked: number[] = [];
  const request: Transport["request"] = async (_peer, _protocol, body) => {
    const question = decodeLogRequest(body);
    assert.ok(question.what === "entries" && toHex(question.logId) === toHex(LOG_ID));
    asked.push(question.from);
    const head = headFor(question.from);
    const entries = head.slice(question.from, question.from + Math.min(page, question.limit));
    return encodeEntriesAnswer({ size: head.length, entries });
  };
  const { signal } = new AbortController();
  return { asked, context: { transport: { request } as Transport, crypto: CRYPTO, signal } };
}

const signed = (head: readonly Entry[]) => head.map((entry) => entry.signed);

function assertConvicts(fork: Uint8Array | undefined): void {
  assert.ok(fork !== undefined, "no evidence");
  assert.ok(fork.length <= LIMITS.maxEvidenceBytes);
  const evidence = decodeEvidence(fork);
  assert.equal(evidence.generation, GENERATION);
  assert.equal(verifyEvidence(evidence, CRYPTO)?.peer, author.peerId);
}

describe("the fork between two states of a log", () => {
  for (const merges of [false, true]) {
    const heads = [headOf(1, 60, 4, merges), headOf(2, 60, 4, merges)] as const;
    const [older, newer] = [announced(heads[0], 11, 1), announced(heads[1], 50, 2)];

    it(`is found from whichever head each page is answered${merges ? ", with entries too long for evidence" : ""}`, async () => {
      for (let change = 0; change <= 60; change++) {
        const { context } = answering((from) => signed(from < change ? heads[0] : heads[1]));
        assertConvicts(await findFork(context, older, newer));
      }
    });

    it(`is found where pages alternate${merges ? ", with entries too long for evidence" : ""}`, async () => {
      const near = announced(heads[1], 24, 2); // small pages need many answers
      for (const page of [3, 4, 5, 7, 1024])
        for (const odd of [0, 1] as const) {
          const { context } = answering((from) => signed(from % 2 === odd ? heads[0] : heads[1]), page);
          assertConvicts(await findFork(context, older, near));
        }
    });
  }

  it("is the two statements themselves where they are about one place, and nobody is asked", async () => {
    const heads = [headOf(1, 20), headOf(2, 20)] as const;
    const { context, asked } = answering(() => []);
    assertConvicts(await findFork(context, announced(heads[0], 11, 1), announced(heads[1], 11, 2)));
    assert.equal(asked.length, 0);
  });

  it("is found between a checkpoint and an announcement, where the entries are of the checkpoint's head", async () => {
    const heads = [headOf(1, 60), headOf(2, 60)] as const;
    const note = signCheckpoint({ logId: LOG_ID, size: 11, root: HASH }, author, CRYPTO);
    const older = checkpointState(log, note, CRYPTO);
    assert.ok(older !== undefined);
    const { context } = answering(() => signed(heads[0]));
    assertConvicts(await findFork(context, older, announced(heads[1], 50, 2)));
  });

  it("stays unproved where the author shows too little, and it is not asked without end", async () => {
    const heads = [headOf(1, 200), headOf(2, 200)] as const;
    const [older, newer] = [announced(heads[0], 11, 1), announced(heads[1], 190, 2)];
    const cut = signed(heads[0]).slice(0, 30);
    for (const [page, most] of [
      [8, 5],
      [2, 1],
      [1, 1],
      [0, 1],
    ] as const) {
      const { context, asked } = answering(() => cut, page);
      assert.equal(await findFork(context, older, newer), undefined);
      assert.ok(asked.length <= most, `asked ${asked.length} times for pages of ${page}`);
    }
    const { context, asked } = answering(() => signed(heads[0]), 3); // one entry more each time
    assert.equal(await findFork(context, older, newer), undefined);
    assert.equal(asked.length, LIMITS.maxSearchedAnswers);
  });

  it("is not made of what somebody else signed, or nobody", async () => {
    const heads = [headOf(1, 60), headOf(2, 60)] as const;
    const [older, newer] = [announced(heads[0], 11, 1), announced(heads[1], 50, 2)];
    let verified = 0;
    // Each contradicts the one before it.
    const mixed = signed(heads[0]).map((bytes, i) => (i % 2 === 0 ? bytes : (heads[1][i] as Entry).signed));
    const forged = mixed.map((bytes) => bytes.with(0, (bytes[0] as number) ^ 1));
    const { context, asked } = answering(() => forged, 1024);
    const crypto = {
      ...CRYPTO,
      verify: (...args: Parameters<typeof CRYPTO.verify>) => ++verified > 0 && CRYPTO.verify(...args),
    };
    assert.equal(await findFork({ ...context, crypto }, older, newer), undefined);
    assert.equal(asked.length, 1);
    assert.ok(verified > 4 && verified <= 40, `${verified} signatures looked at`);
    const moved = answering(() => signed(heads[1]).slice(7));
    assert.equal(await findFork(moved.context, older, newer), undefined);
  });

  it("is not found where there is none", async () => {
    const head = headOf(1, 60, 0, true);
    const { context, asked } = answering(() => signed(head));
    assert.equal(await findFork(context, announced(head, 11, 1), announced(head, 50, 2)), undefined);
    assert.ok(asked.length >= 6, "it was looked for to the end");
  });
});

describe("the entry at a place that was announced", () => {
  it("convicts its author by itself, or by the one after it; no more than two are asked for", async () => {
    for (const merges of [false, true]) {
      const heads = [headOf(1, 60, 0, merges), headOf(2, 60, 0, merges)] as const;
      for (const size of [12, 14]) {
        const { context, asked } = answering(() => signed(heads[1]));
        assertConvicts(await findForkAt(context, announced(heads[0], size, 1)));
        assert.deepEqual(asked, [size - 1]);
      }
      const honest = answering(() => signed(heads[0]));
      assert.equal(await findForkAt(honest.context, announced(heads[0], 12, 1)), undefined);
    }
  });
});

describe("the state that a checkpoint signs", () => {
  const root = new Uint8Array(32).fill(9);
  const note = signCheckpoint({ logId: LOG_ID, size: 11, root }, author, CRYPTO);

  it("is that of the log's writer, without the lines of others", () => {
    const [line] = note.split("\n").slice(-2);
    const state = checkpointState(log, `${note}${line}\n`, CRYPTO);
    assert.deepEqual([state?.size, state?.root, state?.author], [11, root, author.peerId]);
    assert.equal(new TextDecoder().decode(state?.statement.bytes), note);
  });

  it("is none where the writer did not sign it, of another log, or of no entries", () => {
    const forged = note.replace("\n11\n", "\n12\n");
    const empty = signCheckpoint({ logId: LOG_ID, size: 0, root }, author, CRYPTO);
    assert.equal(checkpointState(log, forged, CRYPTO), undefined);
    assert.equal(checkpointState({ ...log, generation: 4 }, note, CRYPTO), undefined);
    assert.equal(checkpointState(log, empty, CRYPTO), undefined);
  });
});
