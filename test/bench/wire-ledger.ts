/**
 * What the bytes that a process sends are for: follows the frames of yamux inside each encrypted connection, and books every byte under a name. What is left
 * to the bytes of the sockets is Noise: handshakes, and 18 bytes for each message.
 */
import { subscribe } from "node:diagnostics_channel";
import { RPC } from "@chainsafe/libp2p-gossipsub/message";
import type { MessageStream } from "@libp2p/interface";
import { decodeLinkMessage, LINK_PROTOCOL } from "../../node/net/link-messages.ts";

/** Bytes and frames that were sent, by name. */
export type Ledger = Readonly<Record<string, { readonly bytes: number; readonly count: number }>>;

const HEADER_BYTES = 12;
const DATA = 0;
const PING = 2;
/** Only answers with models are longer, on the tasks that are measured here. */
const LONG_BYTES = 2000;
const FLAGS = { syn: 1, fin: 4, rst: 8 };

/** Begins to count what is sent over connections that open from now on; the function tells what was sent so far. */
export function startLedger(): () => Ledger {
  const booked = new Map<string, { bytes: number; count: number }>();
  const book = (name: string, bytes: number, count = 1) => {
    const entry = booked.get(name) ?? { bytes: 0, count: 0 };
    booked.set(name, { bytes: entry.bytes + bytes, count: entry.count + count });
  };
  subscribe("hearsay:connection", (connection) => follow(connection as MessageStream, book));
  return () => Object.fromEntries([...booked].sort(([, a], [, b]) => b.bytes - a.bytes));
}

type Book = (name: string, bytes: number, count?: number) => void;

function follow(connection: MessageStream, book: Book): void {
  const streams = new Map<number, SentStream>();
  const send = connection.send.bind(connection);
  connection.send = (data) => {
    book("noise: 18 bytes a message", 18 * Math.ceil(data.byteLength / 65_519));
    const bytes = data instanceof Uint8Array ? data : data.subarray();
    const own = connection.direction === "outbound" ? 1 : 0; // ids of streams that this end opens are odd where it dialled
    for (let at = 0; at + HEADER_BYTES <= bytes.length; ) at += frame(bytes.subarray(at), streams, own, book);
    return send(data);
  };
}

/** Books one frame; its length. */
function frame(bytes: Uint8Array, streams: Map<number, SentStream>, own: number, book: Book): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [type, flags, id, length] = [view.getUint8(1), view.getUint16(2), view.getUint32(4), view.getUint32(8)];
  if (id === 0) {
    book(type === PING ? "yamux: pings" : "yamux: going away", HEADER_BYTES);
    return HEADER_BYTES;
  }
  const stream = streams.get(id) ?? new SentStream(book, id % 2 === own);
  streams.set(id, stream);
  if (type === DATA) {
    book("yamux: data headers", HEADER_BYTES);
    stream.take(bytes.subarray(HEADER_BYTES, HEADER_BYTES + length));
    return HEADER_BYTES + length;
  }
  const isUpdate = (flags & (FLAGS.fin | FLAGS.rst | FLAGS.syn)) === 0;
  book(isUpdate ? "yamux: window updates" : "yamux: opening and closing streams", HEADER_BYTES);
  return HEADER_BYTES;
}

/** What is sent on one stream: the choice of a protocol (multistream-select), then its frames. */
class SentStream {
  readonly #book: Book;
  readonly #isOwn: boolean;
  #protocol: string | undefined;
  #rest = new Uint8Array(0);

  /** @param isOwn whether this end opened it. */
  constructor(book: Book, isOwn: boolean) {
    this.#book = book;
    this.#isOwn = isOwn;
  }

  take(data: Uint8Array): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    while (this.#protocol === undefined) {
      const line = this.#frame();
      if (line === undefined) return;
      const text = Buffer.from(line).toString().trimEnd();
      this.#book("choosing protocols of streams", lengthOf(line));
      if (!text.startsWith("/multistream/") && text !== "na") this.#protocol = text.replace(/\/[0-9a-f]{32}/, "");
    }
    for (let sent = this.#frame(); sent !== undefined; sent = this.#frame()) this.#bookFrame(this.#protocol, sent);
  }

  #bookFrame(protocol: string, sent: Uint8Array): void {
    if (protocol.startsWith("/meshsub/")) this.#bookGossip(sent);
    else if (protocol === LINK_PROTOCOL) this.#bookLink(sent);
    else this.#book(protocol, lengthOf(sent));
  }

  /** Who opened the stream asks and announces on it, the other end answers. */
  #bookLink(sent: Uint8Array): void {
    const { number } = decodeLinkMessage(sent);
    const asked = number === 0 ? "link: announcements" : "link: requests";
    const answered = sent.length > LONG_BYTES ? "link: models" : "link: other answers";
    this.#book(this.#isOwn ? asked : answered, lengthOf(sent));
  }

  #bookGossip(sent: Uint8Array): void {
    const { messages, control } = RPC.decode(sent);
    const payloads = messages.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
    this.#book("gossip: announcements", payloads, messages.length);
    const envelope = messages.reduce((sum, { data, topic }) => sum + (data?.length ?? 0) + topic.length + 10, 0);
    this.#book("gossip: names of topics", envelope - payloads, messages.length);
    const rest = lengthOf(sent) - envelope;
    if (rest > 0) this.#book("gossip: control", rest, control === undefined ? 0 : 1);
  }

  /** The next frame with an unsigned-varint length that is whole. */
  #frame(): Uint8Array | undefined {
    let [length, unit, at] = [0, 1, 0];
    for (;;) {
      const byte = this.#rest[at++];
      if (byte === undefined) return undefined;
      length += (byte & 0x7f) * unit;
      unit *= 128;
      if (byte < 0x80) break;
    }
    if (this.#rest.length < at + length) return undefined;
    const frame = this.#rest.subarray(at, at + length);
    this.#rest = this.#rest.subarray(at + length);
    return frame;
  }
}

function lengthOf(frame: Uint8Array): number {
  return frame.length + (frame.length < 128 ? 1 : frame.length < 16_384 ? 2 : 3);
}
