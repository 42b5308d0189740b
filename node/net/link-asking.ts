/** The asking end of a link (link-messages.ts): many requests over one stream, each with its own answer. */
import type { Connection, Stream } from "@libp2p/interface";
import { HearsayError, isHearsayError } from "../../protocol/base/errors.ts";
import type { FrameMemory } from "./frame-memory.ts";
import { onFrames, sendFrame } from "./frames.ts";
import { encodeDelta } from "./link-delta.ts";
import {
  decodeLinkMessage,
  encodeName,
  headOf,
  LINK_PROTOCOL,
  MAX_ANSWERED_BYTES,
  STATUS,
  type Status,
} from "./link-messages.ts";
import { encodeChanges } from "./link-numbers.ts";

/** What came back. */
export interface LinkAnswer {
  readonly status: Status;
  readonly body: Uint8Array;
}

export interface AskingLink {
  /** @throws HearsayError ERR_UNREACHABLE where the link ends; ERR_DECODE or ERR_TOO_LARGE where its other end keeps to no protocol; the signal's reason. */
  ask(service: string, body: Uint8Array, signal: AbortSignal): Promise<LinkAnswer>;
  /** Sends an announcement, for which nobody answers; what the stream does not take is lost with it. */
  announce(topic: string, body: Uint8Array): void;
  /** The same of numbers. */
  tell(topic: string, numbers: readonly number[]): void;
  readonly isOpen: boolean;
  /** Messages that have come. */
  readonly heard: number;
  end(why: Error): void;
}

const NOTHING = new Uint8Array(0);

interface Pending {
  resolve(answer: LinkAnswer): void;
  reject(why: Error): void;
}

/** @throws what `Connection.newStream` does, e.g. UnsupportedProtocolError. */
export async function openLink(
  connection: Connection,
  memory: Pick<FrameMemory, "take">,
  signal: AbortSignal,
): Promise<AskingLink> {
  return new Link(memory, await connection.newStream(LINK_PROTOCOL, { signal, maxOutboundStreams: 2 }));
}

class Link implements AskingLink {
  readonly #stream: Stream;
  /** By number. No Map: one from which is deleted as often as it is added to grows among the old objects of V8 (deadline.ts). */
  readonly #pending: (Pending | undefined)[] = [];
  readonly #services = new Map<string, number>();
  /** The last announcement of each topic. */
  readonly #announced = new Map<string, Uint8Array>();
  readonly #told = new Map<string, readonly number[]>();
  #writing: Promise<unknown> = Promise.resolve();
  #ended: Error | undefined;
  heard = 0;

  constructor(memory: Pick<FrameMemory, "take">, stream: Stream) {
    this.#stream = stream;
    onFrames(
      stream,
      { maxBytes: MAX_ANSWERED_BYTES, memoryFor: memory.take },
      (frame) => this.#take(frame),
      (error) => this.end(isHearsayError(error) ? error : lost(error)),
    );
  }

  get isOpen(): boolean {
    return this.#ended === undefined && this.#stream.status === "open";
  }

  ask(service: string, body: Uint8Array, signal: AbortSignal): Promise<LinkAnswer> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const number = this.#freeNumber();
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        signal.removeEventListener("abort", onAbort);
        act();
      };
      const onAbort = () => settle(() => reject(signal.reason)); // its number is free when its answer has come
      signal.addEventListener("abort", onAbort, { once: true });
      this.#pending[number] = {
        resolve: (answer) => settle(() => resolve(answer)),
        reject: (why) => settle(() => reject(why)),
      };
      this.#send(headOf(number, this.#numberOf(service)), body);
    });
  }

  announce(topic: string, body: Uint8Array): void {
    if (this.#ended !== undefined) return;
    const service = this.#numberOf(topic); // its name goes first
    const delta = encodeDelta(this.#announced.get(topic) ?? NOTHING, body);
    this.#announced.set(topic, body);
    this.#send(headOf(0, service), delta);
  }

  tell(topic: string, numbers: readonly number[]): void {
    if (this.#ended !== undefined) return;
    const service = this.#numberOf(topic);
    const changes = encodeChanges(this.#told.get(topic) ?? [], numbers);
    this.#told.set(topic, numbers);
    this.#send(headOf(0, service), changes);
  }

  end(why: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    if (this.#stream.status === "open") this.#stream.abort(why);
    for (const pending of this.#pending.splice(0)) pending?.reject(why);
  }

  /** The smallest, whose varint is short. */
  #freeNumber(): number {
    let number = 1;
    while (this.#pending[number] !== undefined) number++;
    return number;
  }

  #numberOf(service: string): number {
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    const number = this.#services.size;
    this.#services.set(service, number);
    this.#send(encodeName(number, service));
    return number;
  }

  /** One after the other, each when the stream has taken the one before. */
  #send(...parts: Uint8Array[]): void {
    this.#writing = this.#writing
      .then(() => sendFrame(this.#stream, parts))
      .catch((error: unknown) => this.end(error instanceof Error ? error : lost()));
  }

  #take(frame: Uint8Array): void {
    this.heard++;
    const { number, second, body } = decodeLinkMessage(frame);
    const pending = this.#pending[number];
    if (pending === undefined || second > STATUS.failed)
      throw new HearsayError("ERR_DECODE", "an answer to nothing that was asked");
    this.#pending[number] = undefined;
    pending.resolve({ status: second as Status, body });
  }
}

function lost(cause?: Error): HearsayError {
  return new HearsayError("ERR_UNREACHABLE", "the link ended", {}, cause);
}
