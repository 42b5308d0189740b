/** How a command ends badly: one message, and an exit status: 1 failure, 2 usage, 3 verification failed. */
import pc from "picocolors";
import { type ErrorCode, isHearsayError } from "../../protocol/errors.ts";

const STATUS: Partial<Record<ErrorCode, number>> = { ERR_CONFIG: 2, ERR_INVITE: 2, ERR_LOG_CHAIN: 3 };

export const EXIT_VERIFICATION_FAILED = 3;

export function fail(error: unknown): void {
  const known = isHearsayError(error);
  const message = known ? `${error.message} ${pc.dim(`[${error.code}]`)}` : String((error as Error)?.stack ?? error);
  process.stderr.write(`${pc.red("error")} ${message}\n`);
  process.exitCode = (known && STATUS[error.code]) || 1;
}
