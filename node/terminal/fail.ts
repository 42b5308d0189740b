/** How a command ends badly: one message, and an exit status. */

import { type ErrorCode, isHearsayError } from "../../protocol/base/errors.ts";
import { asDiskFault } from "../disk/disk-fault.ts";
import { onErrors } from "./colours.ts";
import { tell } from "./terminal.ts";

/** Could not run, for whatever reason that has no status of its own. */
const EXIT_FAILED = 1;
/** A flag or setting is wrong. */
const EXIT_USAGE = 2;
/** What was to be verified does not hold. */
export const EXIT_INVALID = 3;
/** Its writer has signed two histories. */
export const EXIT_FORK = 4;
/** What is there holds, but something is missing. */
export const EXIT_INCOMPLETE = 5;

const STATUS: Partial<Record<ErrorCode, number>> = {
  ERR_CONFIG: EXIT_USAGE,
  ERR_INVITE: EXIT_USAGE,
  ERR_LOG_CHAIN: EXIT_INVALID,
};

/** The status of a log that does not hold, by the reason of its first bad entry (protocol/log/verify/verifier.ts). */
export function statusOf(reason: unknown): number {
  if (reason === "fork") return EXIT_FORK;
  return reason === "cut" ? EXIT_INCOMPLETE : EXIT_INVALID;
}

export function fail(error: unknown): void {
  const told = asDiskFault(error);
  tell(`${onErrors.red("error:")} ${describe(told)}\n`);
  process.exitCode = (isHearsayError(told) && STATUS[told.code]) || EXIT_FAILED;
}

/** One message for what a user can mend; anything else is a fault of ours, and comes with its stack. */
function describe(error: unknown): string {
  if (isHearsayError(error)) return `${error.message} ${onErrors.dim(`[${error.code}]`)}`;
  if (!(error instanceof Error)) return String(error);
  const { syscall, message, stack } = error as NodeJS.ErrnoException;
  return syscall === undefined ? (stack ?? message) : message; // "ENOENT: no such file or directory, open '...'"
}
