/**
 * Puts frames together: an unsigned-varint length, then bytes.
 *
 * What has come of a frame is copied into memory of its own, because a slice would keep all that the socket read. The memory grows with what comes, not with
 * what the length promises, and every growth is asked for (`reserve`), so that half frames count in the one byte budget of the process.
 */
import { HearsayError } from "../../protocol/base/errors.ts";

export interface FrameOptions {
  readonly maxBytes: number;
  /** Asked before memory for a frame is made larger, with all that the frame then takes, and with 0 when it is done with; false refuses. */
  readonly reserve?: (bytes: number) => boolean;
  /** What comes was asked for here: memory for a whole frame is taken at once, at least so long, and nobody is asked. */
  readonly memoryFor?: (bytes: number) => Uint8Array<ArrayBuffer>;
}

/** Nobody is asked for so few: an ordinary request or RPC goes through however much others send. */
const FIRST_BYTES = 1024;
/** Puts frames together from what comes. */
export class FrameReader {
  readonly #options: FrameOptions;
  #length = 0;
  /** What the next byte of the length is worth; 0 when the length is known. */
  #unit = 1;
  #filled = 0;
  #bytes = new Uint8Array(0);

  constructor(options: FrameOptions) {
    this.#options = options;
  }

  /** Bytes of the frame that is coming; undefined between two frames. */
  get begun(): number | undefined {
    return this.#unit === 1 ? undefined : this.#filled;
  }

  /**
   * Takes bytes up to the end of a frame; the frame, where it is whole, and how many bytes were taken.
   * @throws HearsayError ERR_TOO_LARGE, ERR_RATE where there is no room for it.
   */
  take(chunk: Uint8Array): { frame?: Uint8Array; taken: number } {
    let taken = 0;
    while (this.#unit > 0) {
      if (taken === chunk.length) return { taken };
      this.#takeLength(chunk[taken++] as number);
    }
    const part = chunk.subarray(taken, taken + this.#length - this.#filled);
    this.#makeRoom(this.#filled + part.length);
    this.#bytes.set(part, this.#filled);
    this.#filled += part.length;
    taken += part.length;
    if (this.#filled < this.#length) return { taken };
    const frame = this.#bytes.subarray(0, this.#length);
    this.#unit = 1;
    this.#length = this.#filled = 0;
    this.#bytes = new Uint8Array(0);
    return { frame, taken };
  }

  #takeLength(byte: number): void {
    this.#length += (byte & 0x7f) * this.#unit;
    // a length that does not end within 7 bytes is none either
    if (this.#length > this.#options.maxBytes || this.#unit > 2 ** 42) {
      throw new HearsayError("ERR_TOO_LARGE", `a frame of more than ${this.#options.maxBytes} bytes`);
    }
    this.#unit = byte < 0x80 ? 0 : this.#unit * 128;
  }

  #makeRoom(bytes: number): void {
    if (bytes <= this.#bytes.length) return;
    const { memoryFor } = this.#options;
    if (memoryFor !== undefined) {
      this.#bytes = memoryFor(this.#length); // a frame is begun: nothing is filled yet
      return;
    }
    const size = Math.min(this.#length, Math.max(bytes, FIRST_BYTES, 2 * this.#bytes.length));
    if (size > FIRST_BYTES && this.#options.reserve?.(size) === false)
      throw new HearsayError("ERR_RATE", "no room for what others send; ask again later");
    const larger = new Uint8Array(size);
    larger.set(this.#bytes.subarray(0, this.#filled));
    this.#bytes = larger;
  }
}
