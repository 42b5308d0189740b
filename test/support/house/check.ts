/** The rules of the house, checked on the sources: who may import what (`rooms.ts`), which names may not be used where, and how long things may be. */
import { posix } from "node:path";
import {
  DOOR,
  EXCUSED,
  HOST_USES,
  isIn,
  LOADERS,
  MAX_FILE_LINES,
  MAX_FUNCTION_LINES,
  PACKAGES,
  roomOf,
  SPEAKERS,
  ZONES,
} from "./rooms.ts";
import { type Import, readSource, type Source } from "./source.ts";

export interface Fault {
  readonly rule: Rule;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** `up`: an import of a higher floor; `room`: of one beside or below that the room does not know. */
export type Rule =
  | ("syntax" | "package" | "missing" | "room" | "up" | "cycle" | "types-only")
  | ("host" | "same-bytes" | "chance" | "terminal" | "length");

/** What protocol/ and sim/ may use without importing it: the language, WebAssembly, and four classes of every host. A test lists what it is not. */
const LANGUAGE = new Set(
  (
    "Array ArrayBuffer ArrayBufferLike ArrayBufferView ArrayLike AsyncGenerator AsyncIterable AsyncIterator Awaited BigInt BigUint64Array Boolean DataView Error " +
    "Exclude Extract Float32Array Float32ArrayConstructor Float64Array Float64ArrayConstructor Generator Infinity Int16Array Int32Array Int32ArrayConstructor Int8Array Iterable IterableIterator Iterator JSON Map " +
    "Math NaN NonNullable Number Object Omit Parameters Partial Pick Promise PropertyKey RangeError Readonly ReadonlyMap ReadonlySet Record Reflect RegExp " +
    "Required ReturnType Set SharedArrayBuffer String Symbol SyntaxError TypeError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap " +
    "WeakSet undefined WebAssembly TextDecoder TextEncoder AbortController AbortSignal"
  ).split(" "),
);

/** Names of the host that the house has things of its own for. */
const OWN = new Set(["crypto", "Crypto", "Blob", "Request"]);

/** All others: protocol/ and sim/ may not declare one either, since one that is declared in one place can be the host's in another. */
const HOST = new Set(Object.getOwnPropertyNames(globalThis).filter((name) => !LANGUAGE.has(name) && !OWN.has(name)));

const HOST_MEMBERS: Readonly<Record<string, RegExp>> = {
  crypto: /^(?:subtle|getRandomValues|randomUUID|randomBytes)$/,
  AbortSignal: /^(?!any$|abort$)/,
};

/** Of Math only what IEEE 754 or ECMAScript settle to the bit; protocol/base/exp-log.ts has the rest, and says why. */
const SETTLED = /^(?:abs|ceil|clz32|floor|fround|imul|max|min|round|sign|sqrt|trunc|PI|LN2|LOG2E|SQRT2)$/;

type Report = (rule: Rule, line: number, message: string) => void;

/** Every fault in a set of sources: path from the top, with "/", to text. */
export function checkHouse(texts: ReadonlyMap<string, string>, excused = EXCUSED): Fault[] {
  const faults: Fault[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, text] of texts) {
    const report: Report = (rule, line, message) => faults.push({ rule, path, line, message });
    graph.set(path, []);
    try {
      const source = readSource(path, text);
      graph.set(path, checkImports(source, texts, report));
      checkNames(source, report);
      checkSizes(source, excused, report);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      report("syntax", 1, error.message);
    }
  }
  for (const cycle of cyclesOf(graph))
    faults.push({ rule: "cycle", path: cycle[0] as string, line: 1, message: cycle.join(" -> ") });
  return faults;
}

/** @returns the files that it imports, but for those that it loads later. */
function checkImports({ path, imports, running }: Source, texts: ReadonlyMap<string, string>, report: Report) {
  if (roomOf(path) === undefined)
    report("room", 1, "the file is in no room: give it one in test/support/house/rooms.ts");
  if (path === "protocol/base/seams.ts")
    for (const { line } of running) report("types-only", line, "a seam is an interface: types only");
  return imports.flatMap((found) => {
    const { specifier, line, isLazy } = found;
    if (!specifier.startsWith(".")) {
      checkPackage(path, found, report);
      return [];
    }
    const target = posix.join(posix.dirname(path), specifier);
    if (texts.has(target)) checkRooms(path, target, found, report);
    else report("missing", line, `there is no ${target}`);
    return isLazy ? [] : [target];
  });
}

function checkPackage(path: string, { specifier, line }: Import, report: Report): void {
  if (isIn(path, "test")) return;
  const rooms = PACKAGES.find(([packages]) => packages.test(specifier))?.[1] ?? "";
  if (specifier === "") {
    if (!LOADERS.some((name) => isIn(path, name)))
      report("package", line, "import() of something else than a plain text cannot be checked");
  } else if (!rooms.split(" ").some((room) => isIn(path, room)))
    report("package", line, `${specifier} may be imported in ${rooms} only: take what it does from a seam`);
}

function checkRooms(path: string, target: string, { line, isLazy }: Import, report: Report): void {
  const [from, to] = [roomOf(path), roomOf(target)];
  if (from === undefined || to === undefined || from === to) return;
  if (to.floor < from.floor && [...from.names, ...from.mayImport].some((name) => isIn(target, name))) return;
  if (isLazy && isIn(path, DOOR.from) && isIn(target, DOOR.to)) return;
  report(to.floor > from.floor ? "up" : "room", line, `${from.names[0]} may not import ${target}`);
}

function checkNames(source: Source, report: Report): void {
  const { path, uses, members, powers } = source;
  if (isIn(path, "protocol") || isIn(path, "sim")) checkHost(source, report);
  for (const { name, member, line } of uses)
    if (name === "Math" && member === "random")
      report("chance", line, "randomness comes from a forked Rng, or from node:crypto for keys");
  if (isIn(path, "node") && !SPEAKERS.some((name) => isIn(path, name)))
    for (const { name, member, line } of uses)
      if (name === "console" || (name === "process" && /^(?:stdout|stderr|)$/.test(member ?? "")))
        report("terminal", line, "say it with node/terminal/: what others wrote must not reach a terminal as it is");
  if (isIn(path, "test")) return;
  for (const { name, member, line } of uses) {
    if (name === "Math" && member !== "random" && !SETTLED.test(member ?? ""))
      report("same-bytes", line, `Math.${member ?? "..."} may differ between processors: take it from base/exp-log.ts`);
    if (name === "Intl" && !ZONES.some((file) => isIn(path, file)))
      report("same-bytes", line, "the host's language must not change a result");
  }
  for (const { line } of powers)
    report("same-bytes", line, "powers may differ between processors: take power of base/exp-log.ts, or 2 ** n");
  for (const { name, line } of members)
    if (/^(?:toLocale[A-Za-z]*|localeCompare|Math|Intl)$/.test(name))
      report("same-bytes", line, `${name}: the host's language must not change a result`);
}

/** protocol/ and sim/ reach nothing outside themselves but the language. */
function checkHost({ path, uses, declared, metas }: Source, report: Report): void {
  const allowed = HOST_USES[path]?.split(" ") ?? [];
  for (const { name, member, isType, line } of uses) {
    if (!declared.has(name) && !LANGUAGE.has(name) && !allowed.includes(name))
      report("host", line, `${name} is the host's: take it from a seam`);
    else if (!isType && HOST_MEMBERS[name]?.test(member ?? "")) report("host", line, `${name}.${member} is the host's`);
  }
  for (const [name, line] of declared) if (HOST.has(name)) report("host", line, `${name} is a name of the host's`);
  for (const { line } of metas) report("host", line, "where a module lies is the host's affair");
}

function checkSizes({ path, lines, functions }: Source, excused: typeof EXCUSED, report: Report): void {
  const most = MAX_FILE_LINES[path] ?? Number.POSITIVE_INFINITY;
  if (lines > most) report("length", lines, `${lines} lines, at most ${most}`);
  if (isIn(path, "test")) return;
  const long = functions.filter((one) => one.lines > MAX_FUNCTION_LINES);
  if (path in excused && long.length === 0) report("length", 1, "no long function any more: take it off the list");
  if (path in excused) return;
  for (const { name, line, lines: length } of long)
    report("length", line, `${name || "a function"} has ${length} lines, at most ${MAX_FUNCTION_LINES}`);
}

/** One cycle of imports, type imports too, for each file that closes one. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  function visit(path: string): void {
    const start = trail.indexOf(path);
    if (start !== -1) cycles.push([...trail.slice(start), path]);
    if (start !== -1 || done.has(path)) return;
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  }
  for (const path of graph.keys()) visit(path);
  return cycles;
}
