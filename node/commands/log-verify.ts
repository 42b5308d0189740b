/** `hearsay log verify`: chain and signatures, of the peer's own log or of an exported one. */
import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import { createInterface } from "node:readline";
import { toHex } from "../../protocol/bytes.ts";
import { HearsayError } from "../../protocol/errors.ts";
import { verifyLines } from "../../protocol/log/jsonl.ts";
import { nodeCrypto } from "../crypto.ts";
import { onOutput } from "./colours.ts";
import { EXIT_VERIFICATION_FAILED } from "./fail.ts";
import { verifyStateLog } from "./log-source.ts";
import { facts, printJson } from "./print.ts";

export async function run(
  file: string | undefined,
  options: { state: string; peer?: string; json?: boolean },
): Promise<void> {
  const expected = { crypto: nodeCrypto, ...(options.peer !== undefined && { peer: options.peer }) };
  const result = await (file === undefined
    ? verifyStateLog(options.state, expected)
    : verifyLines(linesOf(file), expected));
  const { ok, entries, peer, firstBad } = result;
  const head = result.head === undefined ? undefined : toHex(result.head.id);
  if (!ok) process.exitCode = EXIT_VERIFICATION_FAILED;
  if (options.json) {
    return printJson({ ok, entries, peer, head, task: result.task && toHex(result.task), firstBad });
  }
  const verdict = ok
    ? onOutput.green("the log holds")
    : onOutput.red(`entry ${firstBad?.seq} does not hold: ${firstBad?.reason}`);
  const rows: [string, string][] = [["entries", `${entries} hold`]];
  if (peer !== undefined) rows.push(["peer", peer]);
  if (head !== undefined) rows.push([ok ? "head" : "last good", head]);
  if (firstBad !== undefined) rows.push(["why", firstBad.message]);
  process.stdout.write(`${verdict}\n${facts(rows)}\n`);
}

async function* linesOf(path: string): AsyncIterable<string> {
  await access(path).catch(() => {
    throw new HearsayError("ERR_STATE", `there is no ${path}: name a file that hearsay log export wrote`, { path });
  });
  yield* createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
}
