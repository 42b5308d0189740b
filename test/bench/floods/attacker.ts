/** The process of an attack: `node attacker.ts <attack> <task file> <address> ...`, forked by floods.ts; it ends at SIGTERM and then says what it did. */
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { ATTACKS } from "./attacks.ts";

const [name = "", taskFile = "", ...addresses] = process.argv.slice(2);
const ending = new AbortController();
const counts: Record<string, number> = {};
process.on("SIGTERM", () => ending.abort());
process.on("disconnect", () => process.exit(1));
const attack = ATTACKS.get(name);
if (attack === undefined) throw new Error(`there is no attack "${name}"`);
await attack.run({
  task: parseTask(parse(await readFile(taskFile, "utf8"))),
  addresses,
  signal: ending.signal,
  count(what) {
    counts[what] = (counts[what] ?? 0) + 1;
  },
});
process.send?.(counts, () => process.exit());
