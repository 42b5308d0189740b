/**
 * Whether a database is still where its peer left it. A copy of a directory, a restored backup, a volume put back: their files are other files,
 * with another number in the file system (inode) and another moment of creation. So the database remembers both of a file beside it, PLACE, which is
 * made once and never written again; and the number of WRITES (store.ts), which is always written in place.
 *
 * It does not notice a machine, disk or volume that was set back as a whole, nor files that were written over in place: there only
 * other peers can tell (protocol/peer/account/past.ts). A file system that numbers files anew each time it is mounted (FAT) looks like a copy: that is safe, and
 * costs a new generation of the log.
 */
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { utf8 } from "../../protocol/base/bytes.ts";
import type { Store } from "../../protocol/base/seams.ts";
import { STORE } from "../../protocol/base/store-layout.ts";
import type { StorePlace } from "../../protocol/peer/modules.ts";
import { COUNT_FILE } from "./store.ts";

const PLACE_FILE = "PLACE";
const PLACE_KEY = `${STORE.node}place`;
const WORDS = "By this file Hearsay notices that its directory was copied: leave it here, and do not copy it alone.\n";

/** @param directory of the database, which is open as `store`. */
export async function findPlace(directory: string, store: Store): Promise<StorePlace> {
  const before = await store.get(PLACE_KEY);
  const here = await describePlace(directory).catch((_: NodeJS.ErrnoException) => undefined);
  if (here === undefined) return { moved: undefined, changes: [] }; // a full or read-only disk: whoever writes next says so
  const then = before && new TextDecoder().decode(before);
  if (then === here) return { moved: false, changes: [] };
  return { moved: then === undefined ? undefined : true, changes: [{ key: PLACE_KEY, value: utf8(here) }] };
}

async function describePlace(directory: string): Promise<string> {
  const path = join(directory, PLACE_FILE);
  const file = await open(path, "wx").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  await file?.writeFile(WORDS);
  await file?.sync();
  await file?.close();
  const [place, writes] = await Promise.all(
    [path, join(directory, COUNT_FILE)].map((each) => stat(each, { bigint: true })),
  );
  return [place?.ino, place?.birthtimeNs, place?.mtimeNs, writes?.ino].join(" ");
}
