/**
 * The Transport seam over libp2p: requests and announcements over links (announcing.ts), and gossipsub.
 *
 * A link is one stream that stays open and carries many requests (link-messages.ts): to open a stream and choose its protocol costs more than most requests.
 * A peer that serves no links, or not this protocol over them, is asked on one stream a request: one frame (unsigned-varint length, then bytes) each way; the
 * answer's first byte is 0, or 1 before an error code. The asker's number of requests in flight is the back-pressure, and `send` waits for the `drain` event
 * where the stream says so.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, Stream } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import { ERROR_CODES, HearsayError, isForOthers, isHearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { PeerId, RequestHandler, Transport } from "../../protocol/base/seams.ts";
import { otherVersion } from "../../protocol/wire/fields.ts";
import { createAnnouncing } from "./announcing.ts";
import { dial, shownConnection } from "./connections.ts";
import { createDeadline } from "./deadline.ts";
import { readFrame, writeFrame } from "./frames.ts";
import type { HearsayNode, Traffic } from "./libp2p.ts";
import type { LinkAnswer } from "./link-asking.ts";
import { LINK_PROTOCOL, STATUS } from "./link-messages.ts";
import { type LinkServices, serveLink } from "./link-serving.ts";
import { createLinkTold } from "./link-told.ts";
import { createLinks, type Links } from "./links.ts";
import { MAX_ANSWER_BYTES, serve } from "./serve.ts";

/** For what a peer tells of itself when it connects. */
const LOOK_AGAIN_MS = 250;

/** @param options.isMetered whether the way to the Internet is paid for now. */
export function createTransport(
  node: HearsayNode,
  traffic: Traffic,
  { isMetered = () => false }: { readonly isMetered?: () => boolean } = {},
): Transport {
  const handlers = new Map<string, RequestHandler>();
  const links = createLinks();
  const { hear, hearNumbers, ...announcing } = createAnnouncing(node, links);
  answerLinks(node, { shares: node.shares, handlers, hear, hearNumbers });
  return {
    announce: announcing.announce,
    onAnnounce: announcing.onAnnounce,
    telling: announcing.telling,
    request: (peer, protocol, body, { signal } = {}) => ask(node, links, { peer, protocol, body, signal }),
    recycle: links.recycle,
    onRequest(protocol, handler) {
      handlers.set(protocol, handler);
      answerRequests(node, protocol, handler);
    },
    withdraw(name) {
      handlers.delete(name);
      announcing.withdraw(name);
      withdraw(node, name);
    },
    dial: (address, options) => dial(node, address, options),
    connections: () => node.getConnections().map(shownConnection),
    peers: () => node.getPeers().map(String).sort(),
    prefixOf: node.shares.prefixOf,
    linkTo: createLinkTold(node, isMetered),
    onConnect: (handler) => node.addEventListener("peer:connect", ({ detail }) => handler(detail.toString())),
    onDisconnect: (handler) => node.addEventListener("peer:disconnect", ({ detail }) => handler(detail.toString())),
    onMet: (handler) => hearOfMet(node, handler),
    keep: (peer) => node.admission.keep(peer),
    shun(peer) {
      node.admission.shun(peer);
      leave(node, peer);
    },
    block(peer) {
      node.admission.block(peer);
      leave(node, peer);
    },
    traffic: () => ({ ...traffic }),
  };
}

/** What a peer is asked. */
interface Question {
  readonly peer: PeerId;
  readonly protocol: string;
  readonly body: Uint8Array;
  readonly signal: AbortSignal | undefined;
}

async function ask(node: HearsayNode, links: Links, question: Question): Promise<Uint8Array> {
  const { peer, protocol, body, signal } = question;
  signal?.throwIfAborted();
  if (body.length > LIMITS.maxRequestBytes) {
    const message = `a request of ${body.length} bytes; it may have ${LIMITS.maxRequestBytes}`;
    throw new HearsayError("ERR_TOO_LARGE", message);
  }
  const deadline = createDeadline(LIMITS.requestTimeoutMs, signal);
  const stop = deadline.signal;
  try {
    // not dialProtocol: whom to connect to is membership's affair, and its bound on connections
    const connection = node.getConnections(peerIdFromString(peer)).findLast(({ status }) => status === "open"); // older ones may be dead
    if (connection === undefined) throw new HearsayError("ERR_UNREACHABLE", `no connection to ${peer}`);
    const answer = await links.ask(connection, protocol, body, stop);
    return answer === undefined ? await askOnStream(connection, question, stop) : openAnswer(answer);
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.isLate) throw new HearsayError("ERR_TIMEOUT", `${peer} did not answer ${protocol}`, {}, error);
    if (isHearsayError(error)) throw error;
    const version = isUnsupported(error) ? await otherVersionOf(node, peer, protocol, stop) : undefined;
    if (version !== undefined) throw otherVersion(version);
    throw new HearsayError("ERR_UNREACHABLE", `${peer} could not be asked ${protocol}: ${text(error)}`, {}, error);
  } finally {
    deadline.end();
  }
}

/** One request on a stream of its own. */
async function askOnStream(
  connection: Connection,
  { protocol, body }: Question,
  signal: AbortSignal,
): Promise<Uint8Array> {
  let stream: Stream | undefined;
  try {
    stream = await connection.newStream(protocol, { signal, maxOutboundStreams: LIMITS.maxRequestsInFlight });
    await writeFrame(stream, body, signal);
    const frame = await readFrame(stream, { maxBytes: MAX_ANSWER_BYTES }, signal);
    await stream.close({ signal });
    return openAnswer({ status: frame[0] === 0 ? STATUS.ok : STATUS.refused, body: frame.subarray(1) });
  } catch (error) {
    stream?.abort(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

function answerLinks(node: HearsayNode, services: LinkServices): void {
  const handle = (stream: Stream, { remotePeer }: Connection) => serveLink(services, stream, remotePeer.toString());
  const most = 2; // one that is not closed yet, and its successor
  void node.handle(LINK_PROTOCOL, handle, { maxInboundStreams: most, maxOutboundStreams: most, force: true });
}

function answerRequests(node: HearsayNode, protocol: string, handler: RequestHandler): void {
  const handle = (stream: Stream, { remotePeer }: Connection) =>
    serve(node.shares, handler, stream, remotePeer.toString());
  const most = LIMITS.maxRequestsInFlight;
  void node.handle(protocol, handle, { maxInboundStreams: most, maxOutboundStreams: most, force: true });
}

function withdraw(node: HearsayNode, name: string): void {
  const { pubsub } = node.services;
  pubsub.topicValidators.delete(name);
  if (node.status === "started" && pubsub.getTopics().includes(name)) pubsub.unsubscribe(name);
  node.unhandle(name).catch(() => {}); // the node has stopped: nothing is served any more
}

/** libp2p's identify says where a peer listens. */
function hearOfMet(node: HearsayNode, handler: Parameters<Transport["onMet"]>[0]): void {
  node.addEventListener("peer:identify", ({ detail: { connection, listenAddrs } }) =>
    handler(shownConnection(connection), listenAddrs.map(String)),
  );
  for (const connection of node.getConnections()) {
    node.peerStore.get(connection.remotePeer).then(
      ({ addresses }) =>
        handler(
          shownConnection(connection),
          addresses.map(({ multiaddr }) => multiaddr.toString()),
        ),
      () => {}, // a store in memory fails when the node has stopped
    );
  }
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
  if (told?.metadata.has("AgentVersion") === false && !signal.aborted) {
    await sleep(LOOK_AGAIN_MS, undefined, { ref: false }); // it has connected just now
    return otherVersionOf(node, peer, protocol, signal);
  }
  const versions = (told?.protocols ?? []).flatMap((other) =>
    other.startsWith(name) ? [other.slice(name.length)] : [],
  );
  const majors = versions
    .filter((version) => /^\d{1,6}\./.test(version))
    .map((version) => Number.parseInt(version, 10));
  const asked = Number.parseInt(protocol.slice(name.length), 10);
  return majors.find((major) => major !== asked);
}

function openAnswer({ status, body }: LinkAnswer): Uint8Array {
  if (status === STATUS.ok) return body;
  if (status === STATUS.failed) throw new HearsayError("ERR_UNREACHABLE", "the peer could not answer");
  const told = new TextDecoder().decode(body.subarray(0, 64));
  const code = ERROR_CODES.find((one) => one === told);
  if (code !== undefined && isForOthers(code)) throw new HearsayError(code, `the peer answered with ${code}`);
  throw new HearsayError(
    "ERR_DECODE",
    `the peer answered with ${code === undefined ? "an unknown code" : "a code that no answer has"}`,
  );
}

function isUnsupported(error: unknown): boolean {
  return error instanceof Error && error.name === "UnsupportedProtocolError";
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
