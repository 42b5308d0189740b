/** `hearsay log show`: the newest entries, in words. */

import { toHex } from "../../../protocol/base/bytes.ts";
import { visibleJson } from "../../../protocol/base/visible.ts";
import type { AggregateBody, Statement } from "../../../protocol/log/entry/bodies.ts";
import { type Entry, readEntry } from "../../../protocol/log/entry/entry.ts";
import { formatLine } from "../../../protocol/log/export/jsonl.ts";
import { peerIdFromPublicKey } from "../../../protocol/wire/identity.ts";
import { nodeCrypto } from "../../crypto.ts";
import { wholeIn } from "../../settings/whole.ts";
import { dateText, table } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { MOST_SHOWN } from "../options.ts";
import { withLog } from "./source.ts";

interface LogShowOptions {
  readonly state: string;
  readonly last: string;
  readonly generation?: string;
  readonly json?: boolean;
}

export async function run({ state, last, generation, json }: LogShowOptions): Promise<void> {
  const wanted = wholeIn("--last", last, 1, MOST_SHOWN);
  const newest: Uint8Array[] = [];
  await withLog(state, generation, async (log) => {
    for await (const signed of log.entries()) {
      newest.push(signed);
      if (newest.length > wanted) newest.shift();
    }
  });
  const entries = newest.map((signed) => readEntry(signed, nodeCrypto));
  const text = json === true ? entries.map(formatLine).map(visibleJson).join("\n") : inWords(entries);
  print(`${text}\n`);
}

function inWords(entries: readonly Entry[]): string {
  const rows = entries.map((entry) => [
    String(entry.seq),
    dateText(entry.tsMs),
    entry.type,
    describe(entry),
    short(entry.id),
  ]);
  return table(["seq", "time", "entry", "what", "id"], rows);
}

function describe({ type, body }: Statement): string {
  switch (type) {
    case "genesis": {
      const { task, agent, generation = 0, after } = body;
      const past = after === undefined ? "" : `, after ${short(after)}`;
      return `task ${short(task)}, ${agent}${generation === 0 ? "" : `, generation ${generation}`}${past}`;
    }
    case "train":
      return `${body.steps} steps: ${short(body.in)} -> ${short(body.out)}, age ${body.age}`;
    case "publish":
      return `model ${short(body.model)}, ${body.bytes} bytes, age ${body.age}`;
    case "aggregate":
      return `${body.rule} of ${counts(body)} -> ${short(body.out)}, age ${body.age}`;
    case "resume":
      return `from ${short(body.params)}, age ${body.age}`;
    case "vertical":
      return `session ${short(body.session)} of ${body.parties} parties, ${body.rows} rows or more`;
    case "end":
      return body.next === null ? "the key ends" : `the key is replaced by ${peerIdFromPublicKey(body.next)}`;
  }
}

function counts({ parents }: AggregateBody): string {
  const byStatus = new Map<string, number>();
  for (const [, , , , status] of parents) byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  return [...byStatus].map(([status, count]) => `${count} ${status}`).join(", ");
}

/** The first eight digits of a hash. */
function short(hash: Uint8Array): string {
  return toHex(hash.subarray(0, 4));
}
