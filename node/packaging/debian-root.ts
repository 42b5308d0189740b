/**
 * The least of Debian that Node needs, as a tree of files: the C and C++ libraries and what names the system. No shell, no package manager, no compiler: who
 * breaks into a peer finds nothing there to go on with.
 *
 * The packages come from where apt of this machine gets its own, and apt checks them; they are unpacked, not installed.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { put } from "./stage.ts";

const PACKAGES: readonly string[] = ["base-files", "libc6", "libgcc-s1", "libstdc++6"];
/** Has the licences of the last two. */
const LICENCES = /\bgcc-\d+-base\b/;

/** The account of the peer: of no host, and the number that images without a shell have for it by custom. */
export const ACCOUNT = { name: "hearsay", uid: 65532, gid: 65532 } as const;

const ACCOUNTS = `root:x:0:0:root:/root:/usr/sbin/nologin
${ACCOUNT.name}:x:${ACCOUNT.uid}:${ACCOUNT.gid}:Hearsay:/state:/usr/sbin/nologin
`;
const GROUPS = `root:x:0:\n${ACCOUNT.name}:x:${ACCOUNT.gid}:\n`;
/** Names of a cluster or of a container's neighbours stand in /etc/hosts, or come from the DNS. */
const NAMES = "passwd: files\ngroup: files\nhosts: files dns\n";

/** Fills an empty folder. @throws Error where apt cannot fetch a package: with what it said. */
export function makeDebianRoot(root: string): void {
  const folder = mkdtempSync(join(tmpdir(), "hearsay-debian-"));
  try {
    fetchPackages(folder, PACKAGES);
    const libraries = readPackage(join(folder, fileOf(folder, "libgcc-s1")));
    const licences = LICENCES.exec(libraries)?.[0];
    if (licences !== undefined) fetchPackages(folder, [licences]);
    for (const file of readdirSync(folder)) unpack(join(folder, file), root);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  put(root, "etc/passwd", ACCOUNTS);
  put(root, "etc/group", GROUPS);
  put(root, "etc/nsswitch.conf", NAMES);
  for (const path of ["dev", "proc", "sys", "tmp"]) mkdirSync(join(root, path), { recursive: true });
}

function fetchPackages(folder: string, names: readonly string[]): void {
  try {
    execFileSync("apt-get", ["download", ...names], { cwd: folder, stdio: "pipe", timeout: 180_000 });
  } catch (cause) {
    const { stderr = "" } = cause as { stderr?: unknown };
    throw new Error(`apt-get download ${names.join(" ")}: ${String(stderr).trim()}; is apt-get update needed?`, {
      cause,
    });
  }
}

function fileOf(folder: string, name: string): string {
  const file = readdirSync(folder).find((each) => each.startsWith(`${name}_`));
  if (file === undefined) throw new Error(`apt-get brought no ${name}`);
  return file;
}

/** Its control file. */
function readPackage(path: string): string {
  return execFileSync("dpkg-deb", ["--field", path], { encoding: "utf8" });
}

/** What is in the package, and a word about it where programs that look for known faults of packages read (as Google's distroless images have it). */
function unpack(path: string, root: string): void {
  execFileSync("dpkg-deb", ["--extract", path, root]);
  const control = readPackage(path);
  const name = /^Package: (.*)$/m.exec(control)?.[1] ?? "";
  put(root, `var/lib/dpkg/status.d/${name}`, control);
}
