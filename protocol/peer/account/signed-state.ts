/** A state of another peer's log that its writer has signed: how many entries it had, and the root over them. Each announcement signs one, each checkpoint too. */
import { equalBytes, utf8 } from "../../base/bytes.ts";
import type { Crypto, PeerId } from "../../base/seams.ts";
import { logIdOf } from "../../log/entry/entry.ts";
import type { AccusedLog, SignedStatement } from "../../log/entry/evidence.ts";
import { formatCheckpoint, isSignedBy, readCheckpoint, type SignedCheckpoint } from "../../log/tree/checkpoint.ts";
import type { Announcement } from "../../wire/announcement.ts";
import { peerIdFromPublicKey } from "../../wire/identity.ts";

export interface SignedState extends AccusedLog {
  readonly author: PeerId;
  /** Entries. */
  readonly size: number;
  readonly root: Uint8Array;
  /** Id of the last of them, where the statement names it. */
  readonly entry?: Uint8Array;
  /** What the author signed, to be shown to others. */
  readonly statement: SignedStatement;
}

/** The state that an announcement signs. */
export function announcedState(announced: Announcement): SignedState {
  const { author, publicKey, task, generation, seq, entry, root, sealed } = announced;
  const statement = { what: "announcement", bytes: sealed } as const;
  return { author, publicKey, task, generation, size: seq + 1, root, entry, statement };
}

/**
 * The state in a checkpoint note; undefined where the writer of that log has not signed it.
 * @throws HearsayError ERR_TOO_LARGE | ERR_DECODE where it is no note.
 */
export function checkpointState(log: AccusedLog, note: string, crypto: Crypto): SignedState | undefined {
  const { publicKey, task, generation } = log;
  const checkpoint = readCheckpoint(note);
  const { logId, size, root } = checkpoint;
  if (size === 0 || !equalBytes(logId, logIdOf(publicKey, task, crypto, generation))) return undefined;
  const own = ownLine(checkpoint, publicKey, crypto);
  if (own === undefined) return undefined;
  const statement = { what: "checkpoint", bytes: utf8(formatCheckpoint(own)) } as const;
  return { author: peerIdFromPublicKey(publicKey), publicKey, task, generation, size, root, statement };
}

/** Without the lines of others, which would make it too long for evidence. */
function ownLine(checkpoint: SignedCheckpoint, publicKey: Uint8Array, crypto: Crypto): SignedCheckpoint | undefined {
  const alone = checkpoint.signatures.map((line) => ({ ...checkpoint, signatures: [line] }));
  return alone.find((note) => isSignedBy(note, publicKey, crypto));
}
