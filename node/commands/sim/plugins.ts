/** Plugins that a scenario or the command line names: found, loaded, checked and put into the registries of this thread. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";
import { comesFrom, loadPluginFile, type PluginFile, reasonOf } from "./plugin-file.ts";

type Tree = import("../../../sim/compare/sweep-paths.ts").Tree;
type Plugin = import("../../../sim/plugins/plugin.ts").Plugin;

/** A plugin as a complete scenario names it. */
export interface PluginRef {
  readonly file: string;
  /** Left out, the file is taken as it is. */
  readonly sha256?: string | undefined;
}

export interface Installed {
  readonly refs: readonly { readonly file: string; readonly sha256: string }[];
  readonly plugins: readonly Plugin[];
  /** Takes all of it out of the registries again. */
  remove(): void;
}

/**
 * Files are looked for beside the scenario, in `folder`, and then where the command was called; one file is taken once.
 * @throws HearsayError ERR_CONFIG for a file that is not there, another one than the scenario was run with, or a plugin with faults.
 */
export async function installPlugins(refs: readonly PluginRef[], folder: string): Promise<Installed> {
  const { installPlugin } = await import("../../../sim/plugins/install.ts");
  const found = new Map<string, PluginFile & { readonly file: string }>();
  const removals: (() => void)[] = [];
  const remove = () => {
    for (const undo of removals) undo();
  };
  try {
    for (const ref of refs) {
      const loaded = await load(ref, folder);
      if (found.has(loaded.path)) continue;
      found.set(loaded.path, { ...loaded, file: ref.file });
      removals.push(installPlugin(loaded.plugin, ref.file));
    }
  } catch (error) {
    remove();
    throw error;
  }
  const all = [...found.values()];
  return {
    refs: all.map(({ file, sha256 }) => ({ file, sha256 })),
    plugins: all.map(({ plugin }) => plugin as Plugin),
    remove,
  };
}

/** An error of a plugin's code, in this thread or another, with its file and the place; undefined where it is of anything else. */
export function explainFault(error: unknown, refs: readonly PluginRef[], folder: string): HearsayError | undefined {
  if (isHearsayError(error)) return undefined;
  for (const { file } of refs)
    for (const path of placesOf(file, folder))
      if (comesFrom(error, path))
        return new HearsayError("ERR_CONFIG", `the plugin ${file} failed: ${reasonOf(error, path)}`, { file }, error);
  return undefined;
}

/** Where its file may lie. */
function placesOf(file: string, folder: string): string[] {
  return [...new Set([resolve(folder, file), resolve(file)])];
}

/**
 * The document of a scenario with the plugins of the command line beside its own, each with its hash: the hash of the scenario covers them, and who runs it
 * again gets the same ones.
 * @throws HearsayError ERR_CONFIG as `installPlugins`.
 */
export async function withPlugins(scenario: Tree, more: readonly string[], folder: string): Promise<Tree> {
  const refs = pluginRefs(scenario, more);
  if (refs.length === 0) return scenario;
  const { refs: plugins } = await installPlugins(refs, folder);
  return { ...scenario, plugins };
}

/** Those of a scenario as people write it, and more; none where one of them is no file: the scenario's parser says what is wrong. */
export function pluginRefs({ plugins = [] }: Tree, more: readonly string[] = []): readonly PluginRef[] {
  if (!Array.isArray(plugins)) return [];
  const refs = [...plugins, ...more].map((one: unknown) => (typeof one === "string" ? { file: one } : one));
  return refs.every(isRef) ? refs : [];
}

function isRef(one: unknown): one is PluginRef {
  return typeof (one as Partial<PluginRef> | null)?.file === "string";
}

async function load({ file, sha256 }: PluginRef, folder: string): Promise<PluginFile> {
  const paths = placesOf(file, folder).filter((path) => existsSync(path));
  if (paths.length === 0) {
    const message = `the plugin ${file}: there is no such file beside the scenario or here; name a .ts, .mts, .js or .mjs file`;
    throw new HearsayError("ERR_CONFIG", message, { file });
  }
  let other: PluginFile | undefined;
  for (const path of paths) {
    const loaded = await loadPluginFile(path, file);
    if (sha256 === undefined || loaded.sha256 === sha256) return loaded;
    other ??= loaded;
  }
  const message = `the plugin ${file} is not the one that the scenario names: its SHA-256 is ${other?.sha256}, not ${sha256}`;
  throw new HearsayError("ERR_CONFIG", `${message}; take that file, or leave sha256 out to run with this one`, {
    file,
  });
}
