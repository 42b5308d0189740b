/**
 * A pipe from another process, whose bytes land in memory that the reader names. Those that Node makes for a process give them in pieces of 64 KiB, each in
 * memory of its own: 4 MB of parameters there and back take 2.5 ms with them, and 1.7 without (test/bench/README.md).
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ByteSink {
  /** Where the next bytes shall lie; not empty. */
  space(): Uint8Array;
  /** Takes bytes at the beginning of `space`; false where no more are wanted. */
  take(chunk: Uint8Array): boolean;
}

export interface Pipe {
  readonly ours: Socket;
  /** For the standard streams of a process; to be destroyed here once it has them. */
  readonly theirs: Socket;
}

/** Two ends of a Unix socket. Rejects where none can be made in the folder for temporary files. */
export async function openPipe(sink: ByteSink): Promise<Pipe> {
  const folder = await mkdtemp(join(tmpdir(), "hearsay-")); // mode 0700, so that nobody else connects
  const path = join(folder, "pipe");
  const server = createServer({ pauseOnConnect: true });
  try {
    server.listen(path);
    await once(server, "listening");
    const callback = (count: number, buffer: Uint8Array) => sink.take(buffer.subarray(0, count));
    const ours = connect({ path, onread: { buffer: () => sink.space(), callback } });
    const [theirs] = (await once(server, "connection")) as [Socket];
    return { ours, theirs };
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}
