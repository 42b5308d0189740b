/** The log of a running peer: JSON lines on standard error, readable where that is a terminal. */
import { type Logger, pino } from "pino";
import { logOutput } from "../../terminal/output.ts";
import { drawing, seenLogLine } from "../../terminal/terminal.ts";

/** A logger that no reader can hold up or end. */
export async function createLogger(level: string): Promise<Logger> {
  const output = logOutput();
  const options = { level, hooks: { streamWrite: seenLogLine } };
  if (!drawing.isTTY) return pino(options, output);
  const { prettyFactory } = await import("pino-pretty"); // where nobody looks it only takes memory
  const pretty = prettyFactory({ colorize: process.env.NO_COLOR === undefined, ignore: "pid,hostname" });
  return pino(options, { write: (line) => output.write(pretty(line)) });
}
