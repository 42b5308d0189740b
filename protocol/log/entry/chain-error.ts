/** What is wrong with a log, as all who read one say it. */
import { HearsayError } from "../../base/errors.ts";

/** Why an entry is not the next one of the log; `details.reason` of ERR_LOG_CHAIN. */
export type ChainReason =
  /** The bytes are no entry. */
  | "decode"
  /** The first entry is no genesis, or another one is. */
  | "genesis"
  /** The log is another peer's, task's or generation than was asked for. */
  | "peer"
  | "task"
  | "generation"
  /** The entry belongs to another log, another place, another history. */
  | "log-id"
  | "seq"
  | "prev"
  /** An entry of an older version than the one before it: it would say less. */
  | "version"
  /** The clock ran backwards. */
  | "time"
  | "signature"
  /** An entry after the one that ends the log. */
  | "ended"
  /** An `end` that names a next key which has not signed. */
  | "succession"
  /** The tree over the entries is not the one that a checkpoint of this log signs. */
  | "checkpoint"
  /** No entry where there should be one. */
  | "missing"
  /** Of a stored log (`log/stored/stored.ts`): the head is damaged or names another entry than the last; a tile is not what the entries say. */
  | "head"
  | "tile"
  /** The readable half of an exported line contradicts its signed half (`log/export/jsonl.ts`). */
  | "view"
  /** An exported file has something else than belongs in its place, or ends before it (`log/export/exported.ts`). */
  | "file"
  | "cut"
  /** The writer has signed two histories. */
  | "fork";

/** ERR_LOG_CHAIN: entry `seq` is the first that does not hold. */
export function chainError(seq: number, reason: ChainReason, message: string, cause?: unknown): HearsayError {
  return new HearsayError("ERR_LOG_CHAIN", `log entry ${seq}: ${message}`, { seq, reason }, cause);
}
