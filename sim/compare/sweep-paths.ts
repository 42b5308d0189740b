/** Places in a scenario by dotted path, such as `task.aggregation.rule` or `network.partitions.0.from`. */
import { HearsayError } from "../../protocol/base/errors.ts";

/** A document as YAML gives it. */
export type Tree = Readonly<Record<string, unknown>>;

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A copy of `tree` with `value` at `path`. Maps that are missing on the way are made; null takes the entry out, so that its
 * default comes back.
 * @throws HearsayError ERR_CONFIG where something on the way is neither a map nor a list, naming the path.
 */
export function withValue(tree: Tree, path: string, value: unknown): Tree {
  const names = path.split(".");
  if (names.includes("")) throw new HearsayError("ERR_CONFIG", `"${path}" is no path such as attack.share`, { path });
  return replaced(tree, names, value, path) as Tree;
}

function replaced(at: unknown, [name, ...rest]: readonly string[], value: unknown, path: string): unknown {
  if (name === undefined) return value;
  if (Array.isArray(at)) {
    const index = Number(name);
    if (!Number.isInteger(index) || index < 0 || index >= at.length)
      throw new HearsayError("ERR_CONFIG", `${path}: "${name}" is no place in a list of ${at.length}`, { path });
    return at.with(index, replaced(at[index], rest, value, path));
  }
  if (at !== undefined && at !== null && !isTree(at)) {
    const message = `${path}: there is nothing below ${JSON.stringify(at)}; ${name} would need a map`;
    throw new HearsayError("ERR_CONFIG", message, { path });
  }
  const before = at ?? {};
  const child = replaced(Object.hasOwn(before, name) ? before[name] : undefined, rest, value, path);
  if (child !== null) return { ...before, [name]: child };
  return Object.fromEntries(Object.entries(before).filter(([key]) => key !== name));
}

/** What stands first in a map; then the other keys by their code units. */
const FIRST = ["name", "about", "kind"];

/** The same document with its keys in one order, however it was written: equal scenarios are then equal bytes. */
export function withSortedKeys<T>(document: T): T {
  return sorted(document) as T;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isTree(value)) return value;
  const place = (key: string) => (FIRST.includes(key) ? FIRST.indexOf(key) : FIRST.length);
  const keys = Object.keys(value).sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
  return Object.fromEntries(keys.map((key) => [key, sorted(value[key])]));
}

/**
 * The first part of a path at which there is nothing: `attack` for `attack.kind` where nobody lies, `network.budget` where there is a network without one. A
 * map that is left out is one thing missing, not as many as it has entries.
 */
export function missingAt(tree: unknown, path: string): string {
  const names = path.split(".");
  const depth = names.findIndex((_, i) => valueAt(tree, names.slice(0, i + 1).join(".")) === undefined);
  return depth < 0 ? path : names.slice(0, depth + 1).join(".");
}

/** Undefined where there is nothing. */
export function valueAt(tree: unknown, path: string): unknown {
  let at = tree;
  for (const name of path.split(".")) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Tree)[name];
  }
  return at;
}

/**
 * The paths at which documents are not all alike, in the order of their keys. Lists are compared whole. Where a map is missing
 * in some, the paths are those of its entries.
 */
export function differingPaths(documents: readonly unknown[]): string[] {
  const [first] = documents;
  if (documents.every((document) => document === first)) return [];
  if (!documents.some(isTree) || !documents.every((document) => document === undefined || isTree(document))) {
    const text = JSON.stringify(first);
    return documents.every((document) => JSON.stringify(document) === text) ? [] : [""];
  }
  const maps = documents.map((document) => (isTree(document) ? document : {}));
  const names = [...new Set(maps.flatMap((map) => Object.keys(map)))];
  return names.flatMap((name) =>
    differingPaths(maps.map((map) => (Object.hasOwn(map, name) ? map[name] : undefined))).map((below) =>
      below === "" ? name : `${name}.${below}`,
    ),
  );
}
