/**
 * Part of `npm run check`: every package in package-lock.json says where it comes from and what its bytes hash to. npm writes entries without
 * either where a user's settings, or an install for one platform only, leave them out, and then installs whatever it is given.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const REGISTRY = "https://registry.npmjs.org/";

interface LockEntry {
  readonly resolved?: string;
  readonly integrity?: string;
}

/** A sentence for each entry that lacks one of the two, or comes from elsewhere. */
export function lockFaults(lock: { readonly packages: Readonly<Record<string, LockEntry>> }): string[] {
  const faults: string[] = [];
  for (const [path, { resolved, integrity }] of Object.entries(lock.packages)) {
    if (path === "") continue; // the project itself
    if (!resolved?.startsWith(REGISTRY))
      faults.push(`${path}: resolved is ${resolved ?? "missing"}, not ${REGISTRY}...`);
    if (!integrity?.startsWith("sha512-"))
      faults.push(`${path}: integrity is ${integrity ?? "missing"}, not sha512-...`);
  }
  return faults;
}

if (import.meta.main) {
  const path = join(import.meta.dirname, "..", "..", "package-lock.json");
  const faults = lockFaults(JSON.parse(readFileSync(path, "utf8")));
  for (const fault of faults) process.stderr.write(`package-lock.json: ${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
}
