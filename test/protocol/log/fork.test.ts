import assert from "node:assert/strict";
import { test } from "node:test";
import { compareBytes, utf8 } from "../../../protocol/bytes.ts";
import { cosign, readCheckpoint, signCheckpoint } from "../../../protocol/log/checkpoint.ts";
import { createEntry, logIdOf } from "../../../protocol/log/entry.ts";
import {
  decodeForkProof,
  encodeForkProof,
  type ForkKind,
  type ForkProof,
  MAX_FORK_PROOF_BYTES,
  verifyFork,
} from "../../../protocol/log/fork.ts";
import { encodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import { encodeCanonical } from "../../../protocol/wire/canonical.ts";
import { CRYPTO, identity, START_MS, TASK } from "./support.ts";

const liar = identity(1);
const logId = logIdOf(liar.publicKey, TASK, CRYPTO);
const hash = (n: number) => new Uint8Array(32).fill(n);

function announcement(seq: number, entry: number, by = liar, task = TASK): Uint8Array {
  return encodeAnnouncement(
    { task, seq, entry: hash(entry), model: hash(entry + 1), bytes: 2600, age: 40, tsMs: START_MS },
    by,
  );
}

function entry(seq: number, model: number, by = liar): Uint8Array {
  const body = { model: hash(model), age: 40, bytes: 2600, codec: "f32" };
  const place = { logId: logIdOf(by.publicKey, TASK, CRYPTO), seq, prev: hash(9), tsMs: START_MS };
  return createEntry({ ...place, type: "publish", body }, by, CRYPTO).signed;
}

function note(size: number, root: number, by = liar): Uint8Array {
  return utf8(signCheckpoint({ logId: logIdOf(by.publicKey, TASK, CRYPTO), size, root: hash(root) }, by, CRYPTO));
}

const STATEMENTS: Readonly<Record<ForkKind, (at: number, says: number, by?: typeof liar) => Uint8Array>> = {
  announcements: announcement,
  entries: entry,
  checkpoints: note,
};

function proof(kind: ForkKind, first: Uint8Array, second: Uint8Array): ForkProof {
  return { kind, publicKey: liar.publicKey, task: TASK, first, second };
}

for (const [kind, make] of Object.entries(STATEMENTS) as [ForkKind, (typeof STATEMENTS)[ForkKind]][]) {
  test(`two ${kind} about one place are a fork, in less than a kilobyte, whoever put them in which order`, () => {
    const bytes = encodeForkProof(proof(kind, make(7, 1), make(7, 2)));
    assert.ok(bytes.length <= MAX_FORK_PROOF_BYTES, `${bytes.length}`);
    assert.deepEqual(encodeForkProof(proof(kind, make(7, 2), make(7, 1))), bytes);
    assert.deepEqual(verifyFork(decodeForkProof(bytes), CRYPTO), { peer: liar.peerId, kind, at: 7 });
  });

  test(`${kind} of an honest log prove nothing`, () => {
    for (const [first, second] of [
      [make(7, 1), make(7, 1)],
      [make(7, 1), make(8, 2)],
      [make(7, 1, identity(2)), make(7, 2, identity(2))],
      [make(7, 1), make(7, 2, identity(2))],
    ] as const)
      assert.equal(verifyFork(proof(kind, first, second), CRYPTO), undefined);
  });

  test(`no byte of a proof of ${kind} can be changed`, () => {
    const bytes = encodeForkProof(proof(kind, make(7, 1), make(7, 2)));
    const same = JSON.stringify(verifyFork(decodeForkProof(bytes), CRYPTO));
    for (let i = 0; i < bytes.length; i++) {
      const changed = bytes.slice();
      changed[i] = (changed[i] as number) ^ 1;
      let found: unknown;
      try {
        found = verifyFork(decodeForkProof(changed), CRYPTO);
      } catch (error) {
        assert.match(String((error as { code?: string }).code), /^ERR_(DECODE|NOT_CANONICAL|TOO_LARGE)$/, `byte ${i}`);
      }
      if (found !== undefined) assert.equal(JSON.stringify(found), same, `byte ${i}`);
    }
  });
}

test("a second announcement of the same entry, as at every hello, is no fork", () => {
  const again = encodeAnnouncement(
    { task: TASK, seq: 7, entry: hash(1), model: hash(2), bytes: 2600, age: 40, tsMs: START_MS + 5000 },
    liar,
  );
  assert.equal(verifyFork(proof("announcements", announcement(7, 1), again), CRYPTO), undefined);
});

test("what a key said about another task is no part of this log", () => {
  const elsewhere = announcement(7, 2, liar, hash(0x11));
  assert.equal(verifyFork(proof("announcements", announcement(7, 1), elsewhere), CRYPTO), undefined);
});

test("what is too long for one message is refused: notes are sent without cosignatures", () => {
  const long = (root: number) => {
    const own = signCheckpoint({ logId, size: 7, root: hash(root) }, liar, CRYPTO);
    const lines = [2, 3, 4].map((n) => cosign(readCheckpoint(own), identity(n), 1000, CRYPTO));
    return utf8(own + lines.join(""));
  };
  assert.throws(() => encodeForkProof(proof("checkpoints", long(1), long(2))), RangeError);
  assert.throws(() => decodeForkProof(new Uint8Array(MAX_FORK_PROOF_BYTES + 1)), { code: "ERR_TOO_LARGE" });
});

test("statements out of order have another encoding, which is refused", () => {
  const [first, second] = [note(7, 1), note(7, 2)].sort(compareBytes) as [Uint8Array, Uint8Array];
  const swapped = encodeCanonical([1, "checkpoints", liar.publicKey, TASK, second, first]);
  assert.throws(() => decodeForkProof(swapped), { code: "ERR_NOT_CANONICAL" });
});
