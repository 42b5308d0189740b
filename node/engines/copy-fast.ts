/**
 * Numbers from array to array, at the speed of memory also where they are shared between threads: there `set` copies word by word
 * (V8 13), and all the kernels of a short median would wait for it; `Buffer` calls memmove. Nobody writes to rows while they are
 * read, so that the order that `set` keeps is of no use.
 */

/** By memory, as Buffers take longer to make than to use. */
const buffers = new WeakMap<ArrayBufferLike, Buffer>();

/** Copies `size` numbers of `source`, from `start` on, to `target`, from `at` on. */
export function copyFast(source: Float32Array, start: number, size: number, target: Float32Array, at: number): void {
  const from = source.byteOffset + 4 * start;
  bytesOf(source).copy(bytesOf(target), target.byteOffset + 4 * at, from, from + 4 * size);
}

function bytesOf({ buffer }: Float32Array): Buffer {
  let bytes = buffers.get(buffer);
  if (bytes === undefined) {
    bytes = Buffer.from(buffer);
    buffers.set(buffer, bytes);
  }
  return bytes;
}
