/**
 * Signatures of a log's entries that are checked behind its verifier: in batches by others, e.g. on other threads, or the last one only (verify.ts).
 */
import { concatBytes } from "../../base/bytes.ts";
import type { Crypto } from "../../base/seams.ts";
import { SIGNATURE_BYTES, verifyIn } from "../../wire/envelope.ts";
import { chainError } from "../entry/chain-error.ts";
import { type Entry, signatureHolds } from "../entry/entry.ts";

/** `each` is checked by the verifier itself; only the `last`; or a checker's work. */
export type Signatures = "each" | "last" | SignatureChecker;

/** Checks signatures of entries by the hundred, e.g. on other threads. */
export interface SignatureChecker {
  /** Batches that it works on at the same time; twice as many are handed to it. */
  readonly parallel: number;
  /** Place of the first in a batch that `publicKey` did not sign; undefined where all hold. */
  firstForged(publicKey: Uint8Array, batch: SignatureBatch): Promise<number | undefined>;
}

export interface SignatureBatch {
  /** Ids of the entries, 32 bytes each. */
  readonly ids: Uint8Array;
  /** Their signatures, 64 bytes each. */
  readonly signatures: Uint8Array;
}

/** What a SignatureChecker answers, worked out here. */
export function firstForgedIn(
  { ids, signatures }: SignatureBatch,
  publicKey: Uint8Array,
  crypto: Crypto,
): number | undefined {
  for (let i = 0; i * ID_BYTES < ids.length; i++) {
    const id = ids.subarray(i * ID_BYTES, (i + 1) * ID_BYTES);
    const signature = signatures.subarray(i * SIGNATURE_BYTES, (i + 1) * SIGNATURE_BYTES);
    if (!verifyIn("log-entry", id, signature, crypto, publicKey)) return i;
  }
  return undefined;
}

/** Signatures that `next` has not checked. */
export interface LaterSignatures {
  /** What it returns, if anything, is to be awaited before the next entry. */
  take(entry: Entry, writer: Uint8Array): Promise<void> | undefined;
  /** The first entry whose signature does not hold. */
  end(): Promise<Pick<Entry, "seq" | "prev"> | undefined>;
}

/** @param signatures what the verifier was told to do about them. */
export function signaturesLater(signatures: Signatures, crypto: Crypto): LaterSignatures {
  if (signatures === "each") return { take: () => undefined, end: async () => undefined };
  if (signatures === "last") {
    let last: { readonly entry: Entry; readonly writer: Uint8Array } | undefined;
    return {
      take(entry, writer) {
        last = { entry, writer };
        return undefined;
      },
      end: async () => (last && !signatureHolds(last.entry, crypto, last.writer) ? last.entry : undefined),
    };
  }
  return inBatches(signatures);
}

const BATCH = 256;
const ID_BYTES = 32;

function inBatches(checker: SignatureChecker): LaterSignatures {
  const running: Promise<void>[] = [];
  let batch: Entry[] = [];
  let writer: Uint8Array = new Uint8Array(0);
  let forged: Entry | undefined;

  async function check(entries: readonly Entry[]): Promise<void> {
    const ids = concatBytes(...entries.map(({ id }) => id));
    const signatures = concatBytes(...entries.map(({ signed }) => signed.subarray(0, SIGNATURE_BYTES)));
    const at = await checker.firstForged(writer, { ids, signatures });
    const found = at === undefined ? undefined : entries[at];
    if (found !== undefined && found.seq < (forged?.seq ?? Number.POSITIVE_INFINITY)) forged = found;
  }

  function hand(): void {
    const checking = check(batch);
    checking.catch(() => {}); // whoever awaits it hears of it
    running.push(checking);
    batch = [];
  }

  async function enough(): Promise<void> {
    await running.shift();
    if (forged !== undefined) throw chainError(forged.seq, "signature", "the signature does not hold");
  }

  return {
    take(entry, by) {
      writer = by;
      batch.push(entry);
      if (batch.length < BATCH) return undefined;
      hand();
      return running.length > 2 * checker.parallel ? enough() : undefined;
    },
    async end() {
      if (batch.length > 0) hand();
      await Promise.all(running);
      return forged;
    },
  };
}
