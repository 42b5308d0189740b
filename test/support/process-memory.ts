/** What Linux says of the memory of a process: /proc/<pid>/status and /proc/<pid>/smaps, in bytes. */
import { readFile } from "node:fs/promises";

export interface ProcessMemory {
  /** Resident: what the process has in real memory, pages of files included that others share. */
  readonly resident: number;
  /** Of the resident: pages of files, the program's and its libraries' above all. */
  readonly files: number;
  /** Of the resident: pages of no file. The kernel cannot take them back, where there is no swap. */
  readonly anonymous: number;
  /** Addresses set aside, used or not: what `ulimit -v` bounds. */
  readonly addresses: number;
}

/** What a process holds, and of which kind; the sum is what is resident. */
export interface MemoryShares {
  /** Program and libraries. */
  readonly files: number;
  /** What C and C++ allocate in small pieces: LevelDB, OpenSSL, buffers, the compiler at work. */
  readonly malloc: number;
  /** Machine code that V8 made. */
  readonly code: number;
  /** Anonymous memory else: the heaps of V8, stacks, WebAssembly memories. */
  readonly other: number;
}

export async function memoryOf(pid: number): Promise<ProcessMemory> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const bytes = (name: string) => 1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status)?.[1]);
  return { resident: bytes("VmRSS"), files: bytes("RssFile"), anonymous: bytes("RssAnon"), addresses: bytes("VmSize") };
}

export async function sharesOf(pid: number): Promise<MemoryShares> {
  const shares = { files: 0, malloc: 0, code: 0, other: 0 };
  let kind: keyof MemoryShares = "other";
  for (const line of (await readFile(`/proc/${pid}/smaps`, "utf8")).split("\n")) {
    const mapping = /^[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line);
    if (mapping !== null) kind = kindOf(mapping[1] ?? "", mapping[2] ?? "");
    const resident = /^Rss:\s*(\d+) kB$/.exec(line);
    if (resident !== null) shares[kind] += 1024 * Number(resident[1]);
  }
  return shares;
}

function kindOf(permissions: string, name: string): keyof MemoryShares {
  if (name.startsWith("/")) return "files";
  if (name === "[heap]") return "malloc";
  return permissions.includes("x") && name === "" ? "code" : "other";
}
