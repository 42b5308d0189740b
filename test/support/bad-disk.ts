/**
 * A small disk of its own that can be filled, or turn read-only, while files on it are open. Only root may mount one.
 *
 * Full: a tmpfs, with a file that takes what is left. Read-only: ext4 in an image, which an error makes read-only as a dying disk would
 * (errors=remount-ro); an ordinary remount is refused while files are open for writing.
 */
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { basename, join } from "node:path";

export type DiskFault = "full" | "read-only";

export interface BadDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** From now on writes fail; a full disk keeps `leftBytes` free. */
  fail(leftBytes?: number): void;
  /** Writes work again. Nothing may be open on a disk that was read-only. */
  mend(): void;
  /** Unmounts it, and removes what it was made of. */
  close(): void;
}

const KIB = 1024;

/** Mounts a disk of `megabytes` below `directory`; undefined where this user or this machine cannot. */
export function mountBadDisk(directory: string, fault: DiskFault, megabytes: number): BadDisk | undefined {
  const path = join(directory, fault);
  mkdirSync(path);
  try {
    return fault === "full" ? fillingDisk(path, megabytes) : failingDisk(path, megabytes);
  } catch {
    return undefined;
  }
}

function fillingDisk(path: string, megabytes: number): BadDisk {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path], { stdio: "ignore" });
  const filler = join(path, "filler");
  return {
    path,
    fail(leftBytes = 0) {
      const reserve = join(path, "reserve");
      writeFileSync(reserve, new Uint8Array(leftBytes));
      const file = openSync(filler, "w");
      for (const size of [256 * KIB, 4 * KIB]) while (fits(file, size));
      closeSync(file);
      rmSync(reserve);
    },
    mend: () => rmSync(filler, { force: true }),
    close() {
      execFileSync("umount", [path]);
      rmdirSync(path);
    },
  };
}

function fits(file: number, bytes: number): boolean {
  try {
    return writeSync(file, new Uint8Array(bytes)) === bytes;
  } catch {
    return false;
  }
}

function failingDisk(path: string, megabytes: number): BadDisk {
  const image = `${path}.img`;
  writeFileSync(image, new Uint8Array(megabytes * KIB * KIB));
  execFileSync("mkfs.ext4", ["-q", "-F", image], { stdio: "ignore" });
  const mount = () => execFileSync("mount", ["-o", "loop,errors=remount-ro", image, path], { stdio: "ignore" });
  const unmount = () => execFileSync("umount", [path]);
  mount();
  const device = execFileSync("findmnt", ["-no", "SOURCE", path], { encoding: "utf8" }).trim();
  return {
    path,
    fail: () => writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, "1"),
    mend() {
      unmount();
      mount();
    },
    close() {
      unmount();
      rmdirSync(path);
      rmSync(image);
    },
  };
}
