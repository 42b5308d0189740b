/**
 * What the house looks like: the largest function and file, the median file, functions over 60 lines, imports that point up and circles, for each
 * room and in all. Then every fault that `check.ts` finds. Status 1 where there is one.
 *
 *     npm run house             the table and the faults
 *     npm run house -- faults   the faults alone, as `npm run check` prints them
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkHouse, type Fault } from "./check.ts";
import { isIn, MAX_FUNCTION_LINES, ROOMS, roomOf } from "./rooms.ts";
import { readSource, type Source } from "./source.ts";

const TOP = join(import.meta.dirname, "..", "..", "..");

/** Path from the top, with "/", to text: every source of the repository. */
export function readTexts(): Map<string, string> {
  const paths = ["node", "protocol", "sim", "test"].flatMap((room) => globSync(`${room}/**/*.ts`, { cwd: TOP }));
  return new Map(paths.map((path) => [path.replaceAll("\\", "/"), readFileSync(join(TOP, path), "utf8")]));
}

function main(onlyFaults: boolean): void {
  const texts = readTexts();
  const faults = checkHouse(texts);
  if (!onlyFaults) for (const line of tableOf(texts, faults)) console.log(line);
  for (const { path, line, rule, message } of faults) console.error(`${path}:${line}: [${rule}] ${message}`);
  if (faults.length > 0) process.exitCode = 1;
}

interface Row {
  readonly room: string;
  readonly sources: readonly Source[];
}

function tableOf(texts: ReadonlyMap<string, string>, faults: readonly Fault[]): string[] {
  const sources = [...texts].map(([path, text]) => readSource(path, text));
  const rooms = ROOMS.map(
    (room): Row => ({
      room: room.names.length === 1 ? (room.names[0] as string) : `${room.names[0]} ...`,
      sources: sources.filter(({ path }) => roomOf(path) === room),
    }),
  );
  const wings = ["protocol", "node", "sim", "test"].map(
    (room): Row => ({ room: `${room}/ in all`, sources: sources.filter(({ path }) => isIn(path, room)) }),
  );
  const code = sources.filter(({ path }) => !isIn(path, "test"));
  const rows = [...rooms.filter((row) => row.sources.length > 0), ...wings, { room: "all but test/", sources: code }];
  const head = [
    "room",
    "files",
    "median",
    "largest file",
    "largest function",
    `over ${MAX_FUNCTION_LINES}`,
    "up",
    "circles",
  ];
  const cells = [head, ...rows.map((row) => cellsOf(row, faults))];
  const widths = head.map((_, i) => Math.max(...cells.map((line) => (line[i] as string).length)));
  return cells.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join("  ")
      .trimEnd(),
  );
}

function cellsOf({ room, sources }: Row, faults: readonly Fault[]): string[] {
  const sizes = sources.map(({ lines }) => lines).sort((a, b) => a - b);
  const file = sources.reduce((a, b) => (b.lines > a.lines ? b : a));
  const functions = sources.flatMap(({ path, functions: all }) => all.map((one) => ({ ...one, path })));
  const longest = functions.reduce((a, b) => (b.lines > a.lines ? b : a), { name: "", lines: 0, path: "" });
  const paths = new Set(sources.map(({ path }) => path));
  const count = (rule: string) => faults.filter((one) => one.rule === rule && paths.has(one.path)).length;
  return [
    room,
    String(sources.length),
    String(sizes[sizes.length >> 1]),
    `${file.lines} ${file.path}`,
    `${longest.lines} ${longest.name || "(no name)"} ${longest.path}`,
    String(functions.filter(({ lines }) => lines > MAX_FUNCTION_LINES).length),
    String(count("up")),
    String(count("cycle")),
  ];
}

if (import.meta.main) main(process.argv.includes("faults"));
