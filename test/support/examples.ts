/**
 * Examples in doc comments, and how they are run. An example is what stands between `@example` and the next tag or the end of the comment. It is
 * plain JavaScript, and imports Hearsay as a user does: `hearsay/protocol/aggregate/rules/median`. A line that ends with `// -> VALUE` claims what
 * its expression is; typed arrays count as lists of their numbers. A line that ends with `// throws NAME` claims an error of that name or code.
 *
 *     median.aggregate(input, {}).params; // -> [3, 0]
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

const ROOT = join(import.meta.dirname, "..", "..");

export interface Example {
  /** Path from the top, and the line where it begins. */
  readonly where: string;
  readonly path: string;
  /** The comment that it stands in, as it is in the source. */
  readonly comment: string;
  /** What is exported under that comment, e.g. `median`; undefined where nothing is. */
  readonly of?: string;
  readonly code: string;
}

/** Every `@example` of the sources. */
export function findExamples(pattern: string | readonly string[]): Example[] {
  return globSync(pattern, { cwd: ROOT }).sort().flatMap(examplesOf);
}

function examplesOf(path: string): Example[] {
  const source = readFileSync(join(ROOT, path), "utf8");
  return [...source.matchAll(/\/\*\*(?:[^*]|\*(?!\/))*\*\//g)].flatMap((found) => {
    const [comment] = found;
    if (!comment.includes("@example")) return [];
    const after = source.slice(found.index + comment.length);
    const of = /^\s*export (?:async )?(?:const|function|class|interface|type) (\w+)/.exec(after)?.[1];
    const line = source.slice(0, found.index).split("\n").length;
    return blocksOf(comment).map((code) => ({
      where: `${path}:${line}`,
      path,
      comment,
      ...(of !== undefined && { of }),
      code,
    }));
  });
}

/** Without the stars of the comment. */
function blocksOf(comment: string): string[] {
  const text = comment
    .slice(3, -2)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n");
  const [, ...rest] = text.split(/^@example\b/m);
  return rest.map((block) => block.split(/^@\w+/m)[0]?.trim() ?? "");
}

/** How many claims there are in an example. */
export function claimsIn(code: string): number {
  return [...code.matchAll(CLAIM)].length;
}

const CLAIM = /^(.*?);?\s*\/\/ (->|throws) (.*)$/gm;

/**
 * Runs an example as a module, in a thread of its own.
 * @throws AssertionError where a claim does not hold; whatever the example throws.
 */
export async function runExample(code: string): Promise<void> {
  const checked = code.replace(CLAIM, (_, expression: string, kind: string, claim: string) =>
    kind === "->"
      ? `__is(${JSON.stringify(expression)}, (${expression}), (${claim}));`
      : `__throws(${JSON.stringify(expression)}, () => (${expression}), ${JSON.stringify(claim)});`,
  );
  const linked = checked.replace(/(from\s+)"hearsay\/([^"]+)"/g, (_, from: string, path: string) => {
    return `${from}${JSON.stringify(pathToFileURL(join(ROOT, `${path}.ts`)).href)}`;
  });
  const support = pathToFileURL(import.meta.filename).href;
  const text = `import { __is, __throws } from ${JSON.stringify(support)};\n${linked}\n`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(text)}`));
  await once(worker, "exit"); // rejects with what the example threw
}

/** What an example claims. */
export function __is(expression: string, actual: unknown, expected: unknown): void {
  assert.deepEqual(plain(actual), expected, expression);
}

export function __throws(expression: string, run: () => unknown, name: string): void {
  assert.throws(run, (error: Error & { code?: string }) => error.name === name || error.code === name, expression);
}

/** Typed arrays as lists, at any depth. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
