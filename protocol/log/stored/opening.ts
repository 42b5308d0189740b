/** Opens the log of a store for appending: verified as far as that takes (stored.ts), or begun where the store has none. */
import { chainError } from "../entry/chain-error.ts";
import { createTree } from "../tree/tiles.ts";
import { currentChanges, currentRecord, encodeCheckpoint } from "./records.ts";
import { readForOpening } from "./stored.ts";
import { createTarget, type LogWriter, makeGenesis, placeOf, prepare, type Shown, signState } from "./target.ts";

/** What a log begins with where the store has none, but there is a past elsewhere: of a key that came from a backup, or of the key before. */
export interface FirstLog {
  readonly generation: number;
  readonly after: Uint8Array;
}

/** The log as it is on disk when it resolves. @throws HearsayError ERR_LOG_CHAIN. */
export async function openShown(writer: LogWriter, begun: FirstLog | undefined): Promise<Shown> {
  const { store, crypto, identity, taskId } = writer;
  const { generation, begin } = await currentRecord(store);
  const found = await readForOpening(store, { crypto, peer: identity.peerId, task: taskId, generation });
  if (found === undefined) {
    if (generation > 0 && begin === undefined) throw chainError(0, "missing", "the current generation is lost");
    return beginLog(writer, begin === undefined ? begun : { generation, after: begin.after ?? undefined });
  }
  const { last, tree, checkpoint, cosigned, mended } = found;
  const newest = placeOf(last);
  const log = { ...createTarget(writer, generation, tree), last: newest, cosigned };
  const state = checkpoint ?? signState(writer, log);
  const changes = [...mended];
  if (checkpoint === undefined) changes.push({ key: log.keys.checkpoint, value: encodeCheckpoint(state) });
  if (changes.length > 0) await store.write(changes);
  return { log, newest, state };
}

async function beginLog(
  writer: LogWriter,
  first: { readonly generation: number; readonly after: Uint8Array | undefined } | undefined,
): Promise<Shown> {
  const log = createTarget(writer, first?.generation ?? 0, createTree(writer.crypto));
  const { changes, ...made } = prepare(writer, log, [makeGenesis(writer, log, first?.after)]);
  await writer.store.write([...changes, ...currentChanges(log.generation)]);
  return made;
}
