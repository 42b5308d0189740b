/**
 * One error class with a stable `code`. Codes are API, messages are not. A programmer's fault throws TypeError or
 * RangeError instead; bad input from another peer is a value (`Verdict`), never an exception that leaves the peer.
 */

/** Every code that Hearsay throws or records; `test/protocol/base/errors.test.ts` holds the README's table against this list. */
export const ERROR_CODES = [
  // configuration, task and data: the user can mend these
  "ERR_CONFIG",
  "ERR_TASK",
  "ERR_DATA",
  "ERR_INVITE",
  "ERR_STATE",
  "ERR_ENGINE",
  "ERR_POLICY",
  // a trainer in a process of its own: the peer goes on without it
  "ERR_TRAINER",
  // bytes that do not decode
  "ERR_DECODE",
  "ERR_NOT_CANONICAL",
  "ERR_TOO_LARGE",
  // signatures and the log
  "ERR_SIGNATURE",
  "ERR_LOG_CHAIN",
  "ERR_LOG_CLOSED",
  // other peers
  "ERR_OTHER_TASK",
  "ERR_VERSION",
  "ERR_UNREACHABLE",
  "ERR_NOT_FOUND",
  "ERR_TIMEOUT",
  // a model body that a peer offered
  "ERR_MODEL_HASH",
  "ERR_MODEL_SIZE",
  "ERR_MODEL_SHAPE",
  "ERR_MODEL_NOT_FINITE",
  "ERR_MODEL_NORM",
  // an announcement
  "ERR_REPLAYED",
  "ERR_MASS",
  "ERR_RATE",
  "ERR_COHORT",
  "ERR_LOG_PROOF",
  "ERR_BANNED",
] as const;

/** The code of a HearsayError: what a program may tell errors apart by. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** What goes wrong with one's own machine, and is no other peer's affair. */
const OWN_AFFAIRS: readonly ErrorCode[] = [
  ...(["ERR_CONFIG", "ERR_TASK", "ERR_DATA", "ERR_INVITE", "ERR_STATE"] as const),
  ...(["ERR_ENGINE", "ERR_POLICY", "ERR_TRAINER", "ERR_LOG_CLOSED"] as const),
];

/**
 * Whether one peer may answer another with this code. If any code would do, a liar would choose what is counted and told here: that the own store or
 * configuration is wrong, say.
 */
export function isForOthers(code: ErrorCode): boolean {
  return !OWN_AFFAIRS.includes(code);
}

/** An error that a caller can tell apart by `code`; `details` name the field, the value and the remedy. */
export class HearsayError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "HearsayError";
    this.code = code;
    this.details = details;
  }
}

/** True where `error` is a HearsayError, of the given code if one is named. */
export function isHearsayError(error: unknown, code?: ErrorCode): error is HearsayError {
  return error instanceof HearsayError && (code === undefined || error.code === code);
}
