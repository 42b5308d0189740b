/**
 * The log of a running peer: JSON lines on standard error, readable where that is a terminal. Each line says which peer speaks, in which cycle, and how
 * far its log was, once that is known: lines of many peers may be collected in one place.
 */
import { type Logger, pino } from "pino";
import { logOutput } from "../../terminal/output.ts";
import { drawing, seenLogLine } from "../../terminal/terminal.ts";

/** What stands on each line, once it is known. */
export interface LogContext {
  /** The peer id of the one that speaks; another peer is `other`. */
  readonly peer: string;
  readonly cycle: number;
  /** Sequence number of the last entry of its log. */
  readonly seq: number;
}

const OF_EACH_LINE: readonly (keyof LogContext)[] = ["peer", "cycle", "seq"];

/** A logger that no reader can hold up or end. @param context undefined before the peer is there. */
export async function createLogger(level: string, context: () => LogContext | undefined): Promise<Logger> {
  const output = logOutput();
  const options = { level, hooks: { streamWrite: seenLogLine }, mixin: () => ({ ...context() }) };
  if (!drawing.isTTY) return pino(options, output);
  const { default: pinoPretty } = await import("pino-pretty"); // where nobody looks it only takes memory
  const pretty = pinoPretty.prettyFactory({
    colorize: process.env.NO_COLOR === undefined,
    ignore: ["pid", "hostname", ...OF_EACH_LINE].join(),
  });
  return pino(options, { write: (line) => output.write(pretty(line)) });
}
