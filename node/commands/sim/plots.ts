/**
 * Pages with plots. What draws them, Observable Plot and linkedom, are optional peer dependencies in package.json: a peer never draws, so
 * `npm install hearsay` leaves them out, and a simulation without them writes everything but its page.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { packageRoot } from "../../disk/package-root.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { onErrors } from "../../terminal/colours.ts";
import { tell } from "../../terminal/terminal.ts";

type FigureItem = import("../../../sim/report/page.ts").FigureItem;

/**
 * A module that draws.
 * @throws HearsayError ERR_CONFIG with the command that helps, where a package is missing.
 */
export async function withPlots<T>(load: () => Promise<T>): Promise<T> {
  const { peerDependencies } = JSON.parse(await readFile(join(packageRoot(), "package.json"), "utf8"));
  const names = Object.keys(peerDependencies);
  return load().catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ERR_MODULE_NOT_FOUND" || !names.some((name) => error.message.includes(`'${name}'`)))
      throw error;
    const packages = names.map((name) => `${name}@${peerDependencies[name]}`).join(" ");
    const message = `plots need two packages that are not installed: npm install ${packages}, with -g where hearsay has it`;
    throw new HearsayError("ERR_CONFIG", message, { packages }, error);
  });
}

/** Figures of a page as files of a folder. @param option what named the folder, or the one above it. */
export async function writeFigures(folder: string, figures: readonly FigureItem[], option: string): Promise<void> {
  const { figureFiles } = await import("../../../sim/report/files.ts");
  for (const [name, svg] of figureFiles(figures)) await writeOutput(join(folder, name), svg, option);
}

/** The same, or nothing and a word about it. Ask before a long run, so that whoever wants the page can stop in time. */
export async function plotsIfInstalled<T>(load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await withPlots(load);
  } catch (error) {
    if (!(error instanceof HearsayError)) throw error;
    tell(`${onErrors.yellow("no report.html:")} ${error.message}; all other files but the figures are written\n`);
    return undefined;
  }
}
