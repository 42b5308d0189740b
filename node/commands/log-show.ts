/** `hearsay log show`: the newest entries, in words. */

import { logLines } from "./log-source.ts";
import { printJson, table } from "./print.ts";

interface Line {
  readonly seq: number;
  readonly hash: string;
  readonly ts: number;
  readonly type: string;
  readonly body: Record<string, unknown>;
}

export async function run(options: { state: string; last: string; json?: boolean }): Promise<void> {
  const wanted = Math.max(1, Number.parseInt(options.last, 10) || 1);
  const lines: Line[] = [];
  for await (const text of logLines(options.state)) {
    lines.push(JSON.parse(text) as Line);
    if (lines.length > wanted) lines.shift();
  }
  if (options.json) {
    for (const line of lines) printJson(line);
    return;
  }
  const rows = lines.map(({ seq, hash, ts, type, body }) => [
    String(seq),
    new Date(ts).toISOString().replace("T", " ").slice(0, 19),
    type,
    describe(type, body),
    short(hash),
  ]);
  process.stdout.write(`${table(["seq", "time", "entry", "what", "id"], rows)}\n`);
}

function describe(type: string, body: Record<string, unknown>): string {
  if (type === "train") return `${body.steps} steps: ${short(body.in)} -> ${short(body.out)}, age ${body.age}`;
  if (type === "publish") return `model ${short(body.model)}, ${body.bytes} bytes, age ${body.age}`;
  if (type === "resume") return `from ${short(body.params)}, age ${body.age}`;
  if (type === "genesis") return `task ${short(body.task)}, ${body.agent}`;
  const counts = new Map<string, number>();
  for (const [, , , , status] of (body.parents ?? []) as unknown[][]) {
    counts.set(String(status), (counts.get(String(status)) ?? 0) + 1);
  }
  const parents = [...counts].map(([status, n]) => `${n} ${status}`).join(", ");
  return `${body.rule} of ${parents} -> ${short(body.out)}, age ${body.age}`;
}

/** The first eight digits of a hash, however the JSON writes bytes. */
function short(value: unknown): string {
  if (typeof value === "string") return value.slice(0, 8);
  const bytes = (value as { "/"?: { bytes?: string } } | null)?.["/"]?.bytes;
  return bytes === undefined ? "-" : Buffer.from(bytes, "base64").toString("hex").slice(0, 8);
}
