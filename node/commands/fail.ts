/** How a command ends badly: one message, and an exit status: 1 failure, 2 usage, 3 verification failed. */

import { type ErrorCode, isHearsayError } from "../../protocol/errors.ts";
import { onErrors } from "./colours.ts";

const STATUS: Partial<Record<ErrorCode, number>> = { ERR_CONFIG: 2, ERR_INVITE: 2, ERR_LOG_CHAIN: 3 };

export const EXIT_VERIFICATION_FAILED = 3;

export function fail(error: unknown): void {
  const known = isHearsayError(error);
  process.stderr.write(`${onErrors.red("error:")} ${describe(error)}\n`);
  process.exitCode = (known && STATUS[error.code]) || 1;
}

/** One message for what a user can mend; anything else is a fault of ours, and comes with its stack. */
function describe(error: unknown): string {
  if (isHearsayError(error)) return `${error.message} ${onErrors.dim(`[${error.code}]`)}`;
  if (!(error instanceof Error)) return String(error);
  const { syscall, message, stack } = error as NodeJS.ErrnoException;
  return syscall === undefined ? (stack ?? message) : message; // "ENOENT: no such file or directory, open '...'"
}
