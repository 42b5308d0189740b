/**
 * The house rules that the sources must keep, checked on their text: which room and which level of protocol/ may import what, and
 * what protocol/ may not name at all. The rules are data, in the four tables below; what they are for is in protocol/README.md.
 */
import { posix } from "node:path";
import { type Token, tokenize } from "./tokens.ts";

export interface Violation {
  readonly rule: Rule;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export type Rule = "syntax" | "room" | "package" | "level" | "types-only" | "missing" | "cycle" | "host" | "length";

/** Room -> the other rooms that it may import. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  node: ["protocol"],
  sim: ["protocol"],
  test: ["protocol", "node", "sim"],
};

/** The one door between node/ and sim/: these files may `import()` from sim/, so that a peer does not load it. */
const DOOR = /^node\/commands\//;

/** Packages that protocol/ may import: pure ones. */
const PURE_PACKAGES = /^(?:@ipld\/dag-cbor|@ipld\/car\/decoder|multiformats|zod|@noble\/[a-z0-9-]+)(?:\/|$)/;

/** Folder of protocol/ -> its floor. Floor 1 is FAMILIES. */
const LEVELS: Readonly<Record<string, number>> = {
  base: 0,
  task: 2,
  audit: 3,
  peer: 3,
};

/** Level 1 -> the other families that it may import. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  aggregate: [],
  codec: [],
  privacy: [],
  learn: [],
  wire: [],
  log: ["wire"],
  membership: ["wire"],
};

/** What protocol/ may not name: I/O, clocks, chance, and ways to reach them. (`crypto` and `self` are names of its own too.) */
const HOST = new Set(
  (
    "process console Buffer Date performance setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate " +
    "queueMicrotask requestAnimationFrame fetch XMLHttpRequest WebSocket EventSource Worker SharedWorker MessageChannel " +
    "BroadcastChannel navigator localStorage indexedDB globalThis global window require __dirname __filename eval Function " +
    "WeakRef FinalizationRegistry"
  ).split(" "),
);

/** Members that are as bad. */
const HOST_MEMBERS = [
  ["Math", /^random$/, "chance comes from Rng"],
  ["AbortSignal", /^timeout$/, "time comes from the Clock seam"],
  ["import", /^meta$/, "where a module lies is the host's affair"],
  [
    "crypto",
    /^(?:subtle|getRandomValues|randomUUID|randomBytes)$/,
    "hashes come from the Crypto seam, chance from Rng",
  ],
] as const;

/** protocol/peer/peer.ts is wiring and lifecycle only: the file that grows into a giant in every project of this field. */
const MAX_LINES: Readonly<Record<string, number>> = { "protocol/peer/peer.ts": 200 };

/** Every violation in a set of sources: path from the top, with "/", to text. */
export function checkArchitecture(sources: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, source] of sources) {
    const report = (rule: Rule, line: number, message: string) => violations.push({ rule, path, line, message });
    const targets: string[] = [];
    graph.set(path, targets);
    let tokens: Token[];
    try {
      tokens = tokenize(source);
    } catch (error) {
      report("syntax", 1, String(error));
      continue;
    }
    for (const found of importsOf(tokens)) {
      const target = found.specifier.startsWith(".") ? posix.join(posix.dirname(path), found.specifier) : undefined;
      const complain = (rule: Rule, message: string) => report(rule, found.line, message);
      if (target === undefined) checkPackage(path, found.specifier, complain);
      else if (!sources.has(target)) complain("missing", `there is no ${target}`);
      else {
        checkRooms(path, target, found.dynamic, complain);
        checkLevels(path, target, complain);
        if (!found.dynamic) targets.push(target);
      }
    }
    if (roomOf(path) === "protocol") checkHost(tokens, report);
    if (path === "protocol/base/seams.ts") checkTypesOnly(tokens, report);
    const lines = source.trimEnd().split("\n").length;
    const most = MAX_LINES[path] ?? Number.POSITIVE_INFINITY;
    if (lines > most) report("length", lines, `${lines} lines, at most ${most}`);
  }
  for (const cycle of cyclesOf(graph)) {
    violations.push({ rule: "cycle", path: cycle[0] as string, line: 1, message: cycle.join(" -> ") });
  }
  return violations;
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** `import("...")`, in code or in a type. */
  readonly dynamic: boolean;
}

/** Every import, re-export and `import()`; an `import()` of anything but a plain text has the specifier "". */
export function importsOf(tokens: readonly Token[]): Import[] {
  const found: Import[] = [];
  for (const [i, { kind, text, line }] of tokens.entries()) {
    if (kind !== "name" || isMember(tokens, i) || tokens[i + 1]?.text === ":") continue;
    const next = tokens[i + 1];
    if (text === "import" && next?.text === "(") {
      const target = tokens[i + 2];
      const end = tokens[i + 3]?.text;
      const plain = target?.kind === "string" && (end === ")" || end === ",");
      found.push({ specifier: plain ? target.text : "", line, dynamic: true });
    } else if (text === "import" && next?.kind === "string") {
      found.push({ specifier: next.text, line, dynamic: false });
    } else if ((text === "import" && next?.text !== ".") || text === "export") {
      const specifier = fromClause(tokens, i + 1);
      if (specifier !== undefined) found.push({ specifier: specifier.text, line, dynamic: false });
    }
  }
  return found;
}

/** The string after `from`, where names, commas, stars and one pair of braces lead to it. */
function fromClause(tokens: readonly Token[], start: number): Token | undefined {
  for (let i = start; i < tokens.length; i++) {
    const { kind, text } = tokens[i] as Token;
    if (kind === "name" && text === "from" && tokens[i + 1]?.kind === "string") return tokens[i + 1];
    if (kind !== "name" && kind !== "string" && !"{},*".includes(text)) return undefined;
    if (kind === "name" && /^(?:const|let|var|function|class|interface|async|default|abstract|enum)$/.test(text)) {
      if (tokens[i - 1]?.text !== "as" && tokens[i - 1]?.text !== "{" && tokens[i - 1]?.text !== ",") return undefined;
    }
  }
  return undefined;
}

type Complain = (rule: Rule, message: string) => void;

function checkPackage(path: string, specifier: string, complain: Complain): void {
  if (specifier === "") complain("package", "import() of something else than a plain text cannot be checked");
  else if (roomOf(path) === "protocol" && !PURE_PACKAGES.test(specifier))
    complain("package", `protocol/ imports only itself and pure packages, not ${specifier}`);
}

function checkRooms(path: string, target: string, dynamic: boolean, complain: Complain): void {
  const [from, to] = [roomOf(path), roomOf(target)];
  if (from === to || ROOMS[from]?.includes(to)) return;
  if (from === "node" && to === "sim" && dynamic && DOOR.test(path)) return;
  complain("room", `${from}/ may not import ${target}`);
}

function checkLevels(path: string, target: string, complain: Complain): void {
  if (roomOf(path) !== "protocol" || roomOf(target) !== "protocol") return;
  const [from, to] = [unitOf(path), unitOf(target)];
  const [above, below] = [levelOf(from), levelOf(to)];
  if (above === undefined) complain("level", `${from} has no level yet: give it one in test/support/architecture.ts`);
  else if (below !== undefined && from !== to) {
    if (below > above) complain("level", `${from} is of level ${above}, ${to} of level ${below}`);
    if (above === 1 && below === 1 && !FAMILIES[from]?.includes(to))
      complain("level", `${from} and ${to} are families that do not know each other`);
  }
}

function checkHost(tokens: readonly Token[], report: (rule: Rule, line: number, message: string) => void): void {
  for (const [i, { kind, text, line }] of tokens.entries()) {
    if (kind !== "name") continue;
    if (isMember(tokens, i)) {
      const object = tokens[i - 2]?.text;
      const bad = HOST_MEMBERS.find(([of, member]) => of === object && member.test(text));
      if (bad !== undefined) report("host", line, `${object}.${text}: ${bad[2]}`);
    } else if (HOST.has(text)) report("host", line, `${text} belongs to the host: take it from a seam`);
    else if (text === "Math" && tokens[i + 1]?.text !== ".")
      report("host", line, "Math is used by name, as in Math.abs");
  }
}

/** protocol/base/seams.ts: imports and exports of types, and nothing that runs. */
function checkTypesOnly(tokens: readonly Token[], report: (rule: Rule, line: number, message: string) => void): void {
  for (const [i, { kind, text, line }] of tokens.entries()) {
    const starts = kind === "name" && (text === "export" || text === "import") && !isMember(tokens, i);
    if (starts && !/^(?:type|interface)$/.test(tokens[i + 1]?.text ?? ""))
      report("types-only", line, "a seam is an interface: types only");
  }
}

function isMember(tokens: readonly Token[], i: number): boolean {
  const before = tokens[i - 1]?.text;
  return before === "." || before === "?.";
}

function roomOf(path: string): string {
  return path.split("/")[0] as string;
}

/** Folder or file, without its ending, below protocol/. */
function unitOf(path: string): string {
  return (path.split("/")[1] as string).replace(/\.ts$/, "");
}

function levelOf(unit: string): number | undefined {
  return Object.hasOwn(FAMILIES, unit) ? 1 : LEVELS[unit];
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
