/**
 * A file system of its own that reads little ahead, as one on an SD card may be told to (`read_ahead_kb`). Where memory is short that decides how many pages one
 * missing page brings, and which others go for them. Only root may mount one.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";

export interface Card {
  readonly path: string;
  /** Unmounts it, and removes what it was made of; nothing on it may be open. */
  close(): void;
}

/** @param path of a folder that is made. @throws Error where this user or this machine cannot. */
export function mountCard(path: string, { megabytes, readAheadKb }: { megabytes: number; readAheadKb: number }): Card {
  const image = `${path}.img`;
  const run = (command: string, ...args: readonly string[]) => execFileSync(command, args, { encoding: "utf8" }).trim();
  run("truncate", "--size", `${megabytes}M`, image);
  run("mkfs.ext4", "-q", "-F", image);
  // direct: else each page is in memory twice, and the second time in the group that read it too
  const device = run("losetup", "--direct-io=on", "--find", "--show", image);
  try {
    mkdirSync(path);
    run("mount", device, path);
    writeFileSync(`/sys/block/${basename(device)}/queue/read_ahead_kb`, String(readAheadKb));
  } finally {
    run("losetup", "--detach", device); // once it is unmounted
  }
  return {
    path,
    close() {
      run("umount", path);
      rmdirSync(path);
      rmSync(image);
    },
  };
}
