/** `hearsay log export`: the whole log as JSON lines. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { logLines } from "./log-source.ts";

export async function run(options: { state: string; output?: string }): Promise<void> {
  const lines = Readable.from(withNewlines(logLines(options.state)));
  if (options.output === undefined) {
    for await (const line of lines) process.stdout.write(line);
  } else {
    await pipeline(lines, createWriteStream(options.output));
  }
}

async function* withNewlines(lines: AsyncIterable<string>): AsyncIterable<string> {
  for await (const line of lines) yield `${line}\n`;
}
