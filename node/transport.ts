/**
 * The Transport seam over libp2p: announcements by gossipsub, requests as one stream each.
 *
 * A request is one frame (unsigned-varint length, then bytes) each way; the answer's first byte is 0, or 1 before an error code.
 * One stream a request keeps cancellation, errors and order of requests independent of each other; the asker's number of
 * requests in flight is the back-pressure, and `send` waits for the `drain` event where the stream says so.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { TopicValidatorResult } from "@chainsafe/libp2p-gossipsub";
import type { Stream } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import * as lp from "it-length-prefixed";
import { pipe } from "it-pipe";
import { concatBytes, utf8 } from "../protocol/bytes.ts";
import { ERROR_CODES, type ErrorCode, HearsayError, isHearsayError } from "../protocol/errors.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { PeerId, RequestHandler, Transport } from "../protocol/seams.ts";
import { otherVersion, PROTOCOL_VERSION } from "../protocol/wire/fields.ts";
import { addressPrefix } from "./address-prefix.ts";
import type { HearsayNode, Traffic } from "./libp2p.ts";

const REQUEST = { maxDataLength: LIMITS.maxFrameBytes };
const ANSWER = { maxDataLength: 1 + LIMITS.maxFrameBytes };
const OK = new Uint8Array([0]);
const FAILED = new Uint8Array([1]);

/** Streams of one protocol and connection at once; a pull has LIMITS.maxChunksInFlight. */
const MAX_STREAMS = 64;
/** For what a peer tells of itself when it connects. */
const LOOK_AGAIN_MS = 250;

export function createTransport(
  node: HearsayNode,
  traffic: Traffic,
  /** Called where the peer blocks another, so that it is not dialled again. */
  onBlock: (peer: PeerId) => void,
): Transport {
  return {
    async announce(topic, body) {
      await node.services.pubsub.publish(topic, body);
    },

    onAnnounce(topic, handler) {
      const verdicts = {
        accept: TopicValidatorResult.Accept,
        ignore: TopicValidatorResult.Ignore,
        reject: TopicValidatorResult.Reject,
      };
      node.services.pubsub.topicValidators.set(topic, (from, message) => {
        return verdicts[handler(from.toString(), plain(message.data)).verdict];
      });
      node.services.pubsub.subscribe(topic);
    },

    async request(peer, protocol, body, { signal } = {}) {
      signal?.throwIfAborted();
      if (body.length > LIMITS.maxFrameBytes)
        throw new HearsayError("ERR_TOO_LARGE", `a request of ${body.length} bytes`);
      const timeout = AbortSignal.timeout(LIMITS.requestTimeoutMs);
      const stop = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
      let stream: Stream | undefined;
      try {
        // not dialProtocol: whom to connect to is membership's affair, and its bound on connections
        const connection = node.getConnections(peerIdFromString(peer)).findLast(({ status }) => status === "open"); // older ones may be dead
        if (connection === undefined) throw new HearsayError("ERR_UNREACHABLE", `no connection to ${peer}`);
        stream = await connection.newStream(protocol, { signal: stop, maxOutboundStreams: MAX_STREAMS });
        return openAnswer(await exchange(stream, body, stop));
      } catch (error) {
        stream?.abort(error instanceof Error ? error : new Error(String(error)));
        signal?.throwIfAborted();
        if (timeout.aborted) throw new HearsayError("ERR_TIMEOUT", `${peer} did not answer ${protocol}`, {}, error);
        if (isHearsayError(error)) throw error;
        if (error instanceof Error && error.name === "InvalidDataLengthError")
          throw new HearsayError("ERR_TOO_LARGE", `${peer} answers with too long a frame`, {}, error);
        const version = isUnsupported(error) ? await otherVersionOf(node, peer, protocol, stop) : undefined;
        if (version !== undefined) throw otherVersion(version);
        throw new HearsayError("ERR_UNREACHABLE", `${peer} could not be asked ${protocol}: ${text(error)}`, {}, error);
      }
    },

    onRequest(protocol, handler) {
      const handle = async (stream: Stream, connection: { remotePeer: { toString(): string } }) => {
        const stop = AbortSignal.timeout(LIMITS.requestTimeoutMs);
        try {
          const from = connection.remotePeer.toString();
          await pipe(
            abortable(stream, stop),
            (source) => lp.decode(source, REQUEST),
            async function* (frames) {
              for await (const frame of frames) {
                yield await answer(handler, from, plain(frame));
                return;
              }
            },
            (frames) => lp.encode(frames, ANSWER),
            (source) => writeTo(stream, source, stop),
          );
          await stream.close({ signal: stop });
        } catch (error) {
          stream.abort(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const options = { maxInboundStreams: MAX_STREAMS, maxOutboundStreams: MAX_STREAMS, force: true as const };
      void node.handle(protocol, handle, options);
    },

    peers: () => node.getPeers().map(String).sort(),

    prefixOf(peer) {
      const connection = node.getConnections().find(({ remotePeer }) => remotePeer.toString() === peer);
      return connection === undefined ? "" : addressPrefix(connection.remoteAddr);
    },

    onConnect(handler) {
      node.addEventListener("peer:connect", ({ detail }) => handler(detail.toString()));
    },

    keep: (peer) => node.admission.keep(peer),

    shun(peer) {
      node.admission.shun(peer);
      leave(node, peer);
    },

    block(peer) {
      onBlock(peer);
      node.admission.block(peer);
      leave(node, peer);
    },

    traffic: () => ({ ...traffic }),
  };
}

function leave(node: HearsayNode, peer: PeerId): void {
  node.hangUp(peerIdFromString(peer)).catch(() => {}); // closed already: as wanted
}

/** The version in which a peer speaks a protocol that it does not speak in ours, by the names that it tells when it connects. */
async function otherVersionOf(
  node: HearsayNode,
  peer: PeerId,
  protocol: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const name = protocol.slice(0, protocol.lastIndexOf("/") + 1);
  const told = await node.peerStore.get(peerIdFromString(peer)).catch(() => undefined);
  if (told !== undefined && told.protocols.length === 0 && !signal.aborted) {
    await sleep(LOOK_AGAIN_MS, undefined, { ref: false }); // it has connected just now
    return otherVersionOf(node, peer, protocol, signal);
  }
  const versions = (told?.protocols ?? []).flatMap((other) =>
    other.startsWith(name) ? [other.slice(name.length)] : [],
  );
  const majors = versions
    .filter((version) => /^\d{1,6}\./.test(version))
    .map((version) => Number.parseInt(version, 10));
  return majors.find((major) => major !== PROTOCOL_VERSION);
}

/** Sends one frame, and returns the one that comes back. */
async function exchange(stream: Stream, body: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  await pipe(
    [body],
    (frames) => lp.encode(frames, REQUEST),
    (source) => writeTo(stream, source, signal),
  );
  return pipe(
    abortable(stream, signal),
    (source) => lp.decode(source, ANSWER),
    async (frames) => {
      for await (const frame of frames) {
        await stream.close({ signal });
        return plain(frame);
      }
      throw new HearsayError("ERR_UNREACHABLE", "the stream ended without an answer");
    },
  );
}

async function answer(handler: RequestHandler, from: PeerId, body: Uint8Array): Promise<Uint8Array> {
  try {
    const reply = await handler(from, body);
    if (reply.length > LIMITS.maxFrameBytes)
      throw new HearsayError("ERR_TOO_LARGE", `an answer of ${reply.length} bytes`);
    return concatBytes(OK, reply);
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return concatBytes(FAILED, utf8(error.code));
  }
}

function openAnswer(frame: Uint8Array): Uint8Array {
  if (frame[0] === 0) return frame.subarray(1);
  const code = new TextDecoder().decode(frame.subarray(1, 65));
  const known = (ERROR_CODES as readonly string[]).includes(code);
  throw new HearsayError(
    known ? (code as ErrorCode) : "ERR_DECODE",
    `the peer answered with ${known ? code : "an unknown code"}`,
  );
}

/** A v3 stream is a source for it-pipe, but not a sink: this is the sink. */
async function writeTo(
  stream: Stream,
  source: AsyncIterable<Uint8Array | { subarray(): Uint8Array }> | Iterable<Uint8Array | { subarray(): Uint8Array }>,
  signal: AbortSignal,
): Promise<void> {
  for await (const chunk of source) {
    const more = stream.send(chunk instanceof Uint8Array ? chunk : chunk.subarray());
    if (!more) await drained(stream, signal);
  }
}

/** The `drain` *event*: `stream.onDrain()` resolves at once after its first use (@libp2p/utils 7.4). */
function drained(stream: Stream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: unknown) => {
      stream.removeEventListener("drain", onDrain);
      stream.removeEventListener("close", onClose);
      signal.removeEventListener("abort", onAbort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onDrain = () => done();
    const onClose = () => done(new HearsayError("ERR_UNREACHABLE", "the stream closed"));
    const onAbort = () => done(signal.reason);
    stream.addEventListener("drain", onDrain);
    stream.addEventListener("close", onClose);
    signal.addEventListener("abort", onAbort);
  });
}

/**
 * The stream as a source that is aborted with the signal. Its own iterator waits for ever where the other end had closed before
 * it began (@libp2p/utils 7.4): that end is told once more, after the bytes that are waiting.
 */
async function* abortable(stream: Stream, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (stream.remoteWriteStatus === "closed") setImmediate(() => stream.dispatchEvent(new Event("remoteCloseWrite")));
  const abort = () => stream.abort(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
  signal.addEventListener("abort", abort, { once: true });
  try {
    for await (const chunk of stream) yield chunk instanceof Uint8Array ? chunk : chunk.subarray();
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** A view as a plain Uint8Array: libp2p hands over Buffers and lists, which behave otherwise in places. */
function plain(data: Uint8Array | { subarray(): Uint8Array }): Uint8Array {
  const { buffer, byteOffset, length } = data.subarray();
  return new Uint8Array(buffer, byteOffset, length);
}

function isUnsupported(error: unknown): boolean {
  return error instanceof Error && error.name === "UnsupportedProtocolError";
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
