/**
 * Loads the file of a plugin, TypeScript or JavaScript. What it imports from `hearsay/sim`, `hearsay/protocol/...` and `zod` is that of this
 * installation, wherever the file lies: types and values are then those of the program that runs it.
 */
import { readFileSync, statSync } from "node:fs";
import nodeModule from "node:module"; // by its default: older versions of Node have no registerHooks
import { basename, dirname, extname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { toHex } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { nodeCrypto } from "../../crypto.ts";
import { packageRoot } from "../../disk/package-root.ts";

export interface PluginFile {
  readonly path: string;
  /** SHA-256 of the file; where it imports others by their paths, of the list of all of them with theirs. */
  readonly sha256: string;
  /** The default export; undefined where there is none. */
  readonly plugin: unknown;
}

/** Files that plugins are made of -> files that they import by their paths. */
const imports = new Map<string, Set<string>>();
let hooked = false;

/** @throws HearsayError ERR_CONFIG where it cannot be loaded, with the reason and the place. */
export async function loadPluginFile(path: string, name: string): Promise<PluginFile> {
  hookOnce();
  const { href } = pathToFileURL(path);
  if (!imports.has(href)) imports.set(href, new Set());
  try {
    const loaded = (await import(href)) as { readonly default?: unknown };
    return { path, sha256: hashOf(href), plugin: loaded.default };
  } catch (cause) {
    throw new HearsayError(
      "ERR_CONFIG",
      `the plugin ${name} cannot be loaded: ${reasonOf(cause, path)}`,
      { path },
      cause,
    );
  }
}

/** What is wrong, and where in the file: `cannot read ... (mine.ts:3:7)`. */
export function reasonOf(error: unknown, path: string): string {
  if (!(error instanceof Error)) return String(error);
  const { code, message, stack = "" } = error as NodeJS.ErrnoException;
  if (extname(path).endsWith("ts") && code === "ERR_UNKNOWN_FILE_EXTENSION")
    return `this Node (${process.version}) runs no TypeScript: take 22.18 or newer, or compile it to a .mjs file`;
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory())
    return "it is a folder; name a .ts, .mts, .js or .mjs file in it";
  if (code === "ERR_MODULE_NOT_FOUND" && !hooked && /'(?:hearsay|zod)'/.test(message))
    return `${message}; take Node 22.15 or newer, or npm install hearsay where the file lies`;
  const at = new RegExp(`${escaped(basename(path))}:(\\d+(?::\\d+)?)`).exec(stack)?.[1];
  return `${message}${at === undefined ? "" : ` (${basename(path)}:${at})`}`;
}

/** Whether an error comes out of the code of a plugin. */
export function comesFrom(error: unknown, path: string): boolean {
  const first =
    error instanceof Error ? (error.stack ?? "").split("\n").find((line) => /^\s+at /.test(line)) : undefined;
  return first?.includes(path) === true || first?.includes(pathToFileURL(path).href) === true;
}

/** Older versions of Node 22 know no hooks: there a plugin finds what is installed beside it. */
function hookOnce(): void {
  if (hooked || typeof nodeModule.registerHooks !== "function") return;
  hooked = true;
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      const from = imports.get(context.parentURL ?? "");
      if (from === undefined) return next(specifier, context);
      if (/^(?:hearsay|zod)(?:\/|$)/.test(specifier))
        return next(own(specifier), { ...context, parentURL: import.meta.url });
      const found = next(specifier, context);
      if (/^(?:\.|\/|file:)/.test(specifier)) {
        from.add(found.url);
        if (!imports.has(found.url)) imports.set(found.url, new Set());
      }
      return found;
    },
    load(url, context, next) {
      const format = imports.has(url) ? moduleFormat(url, context.format) : undefined;
      return next(url, format === undefined ? context : { ...context, format });
    },
  });
}

/** What `npm init` writes makes CommonJS of every .ts and .js file. Of a file that imports or exports, it is not meant; undefined for others. */
function moduleFormat(url: string, format: string | null | undefined): string | undefined {
  const module = { commonjs: "module", "commonjs-typescript": "module-typescript" }[format ?? ""];
  return module !== undefined && IS_MODULE.test(readFileSync(fileURLToPath(url), "utf8")) ? module : undefined;
}

const IS_MODULE = /^(?:export\b|import\b(?!\s*\())/m;

/** In a checkout the sources are what runs, whatever `dist/` holds. */
function own(specifier: string): string {
  if (!import.meta.url.endsWith(".ts") || !specifier.startsWith("hearsay")) return specifier;
  const inside =
    specifier === "hearsay/sim" ? "node/simulator" : specifier.replace(/^hearsay\/?/, "") || "node/library";
  return pathToFileURL(join(packageRoot(), `${inside}.ts`)).href;
}

function hashOf(entry: string): string {
  const files = [entry];
  for (const file of files) for (const next of imports.get(file) ?? []) if (!files.includes(next)) files.push(next);
  const sha256 = (bytes: Uint8Array) => toHex(nodeCrypto.sha256(bytes));
  const hashes = files.map((url) => [fileURLToPath(url), sha256(readFileSync(fileURLToPath(url)))] as const);
  const [[first, alone] = ["", ""], ...others] = hashes;
  if (others.length === 0) return alone;
  const lines = others
    .map(([path, hash]) => `${hash}  ${relative(dirname(first), path).replaceAll("\\", "/")}\n`)
    .sort();
  return sha256(new TextEncoder().encode(`${alone}  ${basename(first)}\n${lines.join("")}`));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
