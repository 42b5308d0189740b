/** What a store has of a log, as an export takes it: a state that stays while a peer goes on appending. Nothing is verified. */
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import type { Crypto, Store } from "../../base/seams.ts";
import { peerIdFromPublicKey } from "../../wire/identity.ts";
import { chainError } from "../entry/chain-error.ts";
import { readEntry } from "../entry/entry.ts";
import { evidenceKey } from "../entry/evidence.ts";
import { storedEntries } from "../stored/reading.ts";
import { currentGeneration, decodeCheckpoint, decodeHead, keysOf } from "../stored/records.ts";
import { checkpointFrom, formatCheckpoint, readCheckpoint, withHeldLines } from "../tree/checkpoint.ts";
import type { ExportHeader } from "./exported.ts";

/** An export to be written; `entries` gives signature | entry, as many as the header says, whenever it is asked. */
export interface LogSource {
  readonly header: ExportHeader;
  entries(): AsyncIterable<Uint8Array>;
}

/**
 * The log of a generation, of the current one unless told.
 * @throws HearsayError ERR_STATE where there is none; ERR_LOG_CHAIN where its head or first entry is damaged.
 */
export async function openStoredExport(store: Store, crypto: Crypto, wanted?: number): Promise<LogSource> {
  const generation = wanted ?? (await currentGeneration(store));
  const keys = keysOf(generation);
  const first = await store.get(keys.entry(0));
  if (first === undefined) throw new HearsayError("ERR_STATE", `there is no log of generation ${generation} here`);
  const genesis = readEntry(first, crypto);
  if (genesis.type !== "genesis") throw chainError(0, "genesis", "the first entry is no genesis");
  const { peer: publicKey, task } = genesis.body;

  const [checkpoint, cosigned] = [await store.get(keys.checkpoint), await store.get(keys.cosigned)];
  const signed = checkpoint && decodeCheckpoint(checkpoint);
  const evidence = await store.get(evidenceKey(peerIdFromPublicKey(publicKey)));
  const head = decodeHead((await store.get(keys.head)) ?? new Uint8Array(0)); // last, so that checkpoints are not ahead of it
  if (head === undefined) throw chainError(0, "head", "the stored head is missing or damaged");
  const size = head.seq + 1;
  const header: ExportHeader = {
    publicKey,
    task,
    generation,
    size,
    checkpoint:
      signed === undefined
        ? null
        : formatCheckpoint(checkpointFrom({ ...signed, logId: genesis.logId }, publicKey, signed.signature, crypto)),
    cosigned: cosigned === undefined ? null : heldNote(cosigned, publicKey, crypto),
    evidence: evidence === undefined ? [] : [evidence],
  };

  async function* entries(): AsyncGenerator<Uint8Array> {
    let left = size;
    for await (const entry of storedEntries(store, generation)) {
      if (left-- === 0) return;
      yield entry;
    }
  }
  return { header, entries };
}

/** The note with the lines of cosigners that hold; as it is stored where it is no note of this writer, which whoever verifies the export will say. */
function heldNote(stored: Uint8Array, publicKey: Uint8Array, crypto: Crypto): string {
  const note = new TextDecoder().decode(stored);
  try {
    const held = withHeldLines(readCheckpoint(note), publicKey, crypto);
    return held === undefined ? note : formatCheckpoint(held);
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return note;
  }
}
