/** Check `node`: the program that runs Hearsay. */
import { ok, type QuickCheck, warning } from "../doctor-check.ts";

/** Even versions get mends for three years. */
const isKept = (major: number) => major % 2 === 0;
/** From here on a peer starts itself again in half of the memory (little-memory.ts). */
const LEAST_FOR_LITTLE_MEMORY = [22, 15] as const;

export const nodeVersion: QuickCheck = {
  name: "node",
  about: "the version of Node",
  withinMs: 1_000,
  async run() {
    const [major = 0, minor = 0] = process.version.slice(1).split(".").map(Number);
    const here = `Node ${process.version} on ${process.platform}, ${process.arch}`;
    if (!isKept(major))
      return [warning(here, "odd versions of Node get no mends after half a year: install an even one")];
    const [least, leastMinor] = LEAST_FOR_LITTLE_MEMORY;
    if (major < least || (major === least && minor < leastMinor))
      return [warning(here, `Node ${least}.${leastMinor} and newer run a peer in half of the memory: install one`)];
    return [ok(here)];
  },
};
