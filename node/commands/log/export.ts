/** `hearsay log export`: the whole log in one file, which others verify without this machine. */
import { access, readFile } from "node:fs/promises";
import { equalBytes } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { writeCar } from "../../../protocol/log/export/car.ts";
import { writeJsonl } from "../../../protocol/log/export/jsonl.ts";
import type { LogSource } from "../../../protocol/log/export/stored-export.ts";
import { redact } from "../../../protocol/log/export/withheld.ts";
import { nodeCrypto } from "../../crypto.ts";
import { readArchived } from "../../disk/archive.ts";
import { bodiesPath, taskPath } from "../../disk/state-dir.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { outputIsTerminal, pour } from "../../terminal/terminal.ts";
import { withLog } from "./source.ts";

interface LogExportOptions {
  readonly state: string;
  readonly output?: string;
  readonly format?: string;
  readonly bodies?: boolean;
  readonly redacted?: boolean;
  readonly generation?: string;
}

export async function run(options: LogExportOptions): Promise<void> {
  const { state, output, generation } = options;
  const format = formatOf(options);
  await withLog(state, generation, async (log) => {
    const pieces = format === "car" ? carOf(log, options) : linesOf(log, options);
    if (output !== undefined) return writeOutput(output, pieces, "--output");
    if (format === "car" && outputIsTerminal())
      throw new HearsayError("ERR_CONFIG", "a CAR file is binary, and standard output a terminal: give -o FILE");
    for await (const piece of pieces) await pour(piece);
  });
}

/** As the flag says, else as the file is named. @throws HearsayError ERR_CONFIG */
function formatOf({ format, output, bodies, redacted }: LogExportOptions): "car" | "jsonl" {
  const chosen = format ?? (output?.endsWith(".car") ? "car" : "jsonl");
  if (chosen !== "car" && chosen !== "jsonl")
    throw new HearsayError("ERR_CONFIG", `--format ${chosen}: the formats are car and jsonl`);
  if (redacted === true && chosen !== "jsonl")
    throw new HearsayError(
      "ERR_CONFIG",
      "--redacted: only JSON lines can leave entries out; give --format jsonl, or a name in .jsonl",
    );
  if (bodies === true && chosen !== "car")
    throw new HearsayError("ERR_CONFIG", "--bodies: only CAR files hold bodies; give --format car");
  return chosen;
}

/** Redacted: entries that name other peers are withheld, and so are those who cosigned. */
function linesOf({ header, entries }: LogSource, { redacted }: LogExportOptions): AsyncIterable<string> {
  if (redacted !== true) return writeJsonl(header, entries(), nodeCrypto);
  return writeJsonl({ ...header, cosigned: null }, redactedEntries(entries()), nodeCrypto);
}

async function* redactedEntries(entries: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  for await (const signed of entries) yield redact(signed, nodeCrypto);
}

/** With the task manifest, and on request what the archive has. */
function carOf({ header, entries }: LogSource, { state, bodies }: LogExportOptions): AsyncIterable<Uint8Array> {
  const get = async (hash: Uint8Array) => {
    if (equalBytes(hash, header.task)) return manifestOf(state, hash);
    return bodies === true ? readArchived(bodiesPath(state), hash) : undefined;
  };
  const has = async (hash: Uint8Array) => (await get(hash)) !== undefined;
  return writeCar({ header, entries, has, get }, nodeCrypto);
}

async function manifestOf(state: string, task: Uint8Array): Promise<Uint8Array | undefined> {
  const there = await access(taskPath(state)).then(
    () => true,
    () => false,
  );
  if (!there) return undefined;
  const manifest = new Uint8Array(await readFile(taskPath(state)));
  return equalBytes(nodeCrypto.sha256(manifest), task) ? manifest : undefined;
}
