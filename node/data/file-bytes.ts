/** The bytes of a file, unpacked where they are gzip, whatever the name of the file says. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { HearsayError, isHearsayError } from "../../protocol/base/errors.ts";

export interface FileBytes {
  readonly gzipped: boolean;
  /** From the beginning, at each call. @throws HearsayError ERR_DATA where the file cannot be read. */
  chunks(): AsyncGenerator<Buffer>;
}

/** @throws HearsayError ERR_DATA for a file that is missing or cannot be read. */
export async function openBytes(path: string): Promise<FileBytes> {
  const gzipped = await withCause(path, async () => {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    } finally {
      await file.close();
    }
  });
  return { gzipped, chunks: () => read(path, gzipped) };
}

async function* read(path: string, gzipped: boolean): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  const unpack = gzipped && (await import("node:zlib")).createGunzip(); // a peer of other data need not hold it
  const source = unpack ? pipeline(file, unpack, () => {}) : file; // errors of the file arrive at the end of the pipe
  try {
    for await (const chunk of source) yield chunk as Buffer;
  } catch (cause) {
    throw refusal(path, cause);
  } finally {
    file.destroy();
  }
}

async function withCause<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw refusal(path, cause);
  }
}

/** What the system said, with what to do about it. */
export function refusal(path: string, cause: unknown): unknown {
  if (isHearsayError(cause) || !(cause instanceof Error) || !("code" in cause)) return cause;
  const why: Record<string, string> = {
    ENOENT: "there is no such file",
    EISDIR: "is a folder (EISDIR); name a file in it",
    Z_DATA_ERROR: `is damaged gzip (${cause.message}); fetch it again`,
    Z_BUF_ERROR: "is gzip that ends too early; fetch it again",
  };
  return new HearsayError("ERR_DATA", `${path}: ${why[String(cause.code)] ?? cause.message}`, { path }, cause);
}
