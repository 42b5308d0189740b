/** libp2p's connections as the Transport seam shows them, and dials. */
import { isIP, type Socket } from "node:net";
import type { Connection } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { HearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { Dialled, DialOptions, PeerConnection, PeerId } from "../../protocol/base/seams.ts";
import { endpointOf, plainIp, textOf } from "./address-scope.ts";

/** What dialling needs of a libp2p node. */
interface Dialling {
  readonly peerId: { toString(): string };
  dial(target: Multiaddr, options: { signal: AbortSignal; force: boolean }): Promise<Connection>;
}

const shown = new WeakMap<Connection, PeerConnection>();
/** Of connections that lead somewhere, by the timeline that a connection shares with the socket below it. */
const ends = new WeakMap<object, string>();

/** A socket is connected. libp2p remembers of it what was dialled, which may be a name; this remembers where the name led. */
export function noteWhere({ timeline, socket: { remoteAddress, remotePort } }: Opened): void {
  if (remoteAddress === undefined || remotePort === undefined) return; // closed already
  const host = plainIp(remoteAddress);
  const kind = isIP(host) === 6 ? "ip6" : "ip4";
  ends.set(timeline, textOf({ kind, host, port: remotePort }));
}

type Opened = { readonly timeline: object; readonly socket: Pick<Socket, "remoteAddress" | "remotePort"> };

/** The same object for the same connection: it is asked for with every dial. */
export function shownConnection(connection: Connection): PeerConnection {
  const before = shown.get(connection);
  if (before !== undefined) return before;
  const { remotePeer, direction, remoteAddr } = connection;
  const end = isName(remoteAddr) ? ends.get(connection.timeline) : undefined;
  const now: PeerConnection = {
    peer: remotePeer.toString(),
    isOutbound: direction === "outbound",
    address: addressText(remoteAddr),
    ...(end !== undefined && { leadsTo: end }),
    close: () => closeConnection(connection),
  };
  shown.set(connection, now);
  return now;
}

/** Closes a connection, or ends it where that takes too long. */
export function closeConnection(connection: Connection): void {
  connection.close({ signal: AbortSignal.timeout(1_000) }).catch((error: Error) => connection.abort(error));
}

/** As `Transport.dial`. */
export async function dial(
  node: Dialling,
  address: string,
  { peer, probe = false, signal }: DialOptions = {},
): Promise<Dialled> {
  signal?.throwIfAborted();
  const timeout = AbortSignal.timeout(LIMITS.dialTimeoutMs);
  const stop = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  try {
    const target = multiaddr(peer === undefined ? address : `${address}/p2p/${peer}`);
    const connection = await node.dial(target, { signal: stop, force: probe });
    if (probe) closeConnection(connection);
    return { peer: connection.remotePeer.toString(), isThere: leadsTo(connection, target) };
  } catch (error) {
    signal?.throwIfAborted();
    if (peer === undefined && isSelf(error)) return { peer: node.peerId.toString(), isThere: true };
    const why = error instanceof Error ? error.message : String(error);
    if (timeout.aborted) throw new HearsayError("ERR_TIMEOUT", `nobody answered at ${address} in time`, {}, error);
    throw new HearsayError("ERR_UNREACHABLE", `${address} could not be dialled: ${why}`, {}, error);
  }
}

/** libp2p found this node's own key at the end of a dial, wherever the name leads; it has no code for that. */
function isSelf(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isSelf);
  return error instanceof Error && error.name === "InvalidPeerIdError" && /dial self/.test(error.message);
}

/** The dial itself has opened this connection: libp2p may give another one of the peer that is there already. */
function leadsTo({ direction, remoteAddr }: Connection, target: Multiaddr): boolean {
  const [there, wanted] = [endpointOf(remoteAddr), endpointOf(target)];
  return direction === "outbound" && there !== undefined && wanted !== undefined && textOf(there) === textOf(wanted);
}

/** The peer id at the end of a multiaddr, if it has one. */
export function peerIn(address: string | Multiaddr): PeerId | undefined {
  return multiaddr(address)
    .getComponents()
    .findLast(({ name }) => name === "p2p")?.value;
}

/** Those of the addresses that name one. */
export function peersIn(addresses: readonly string[]): PeerId[] {
  return addresses.map(peerIn).filter((peer) => peer !== undefined);
}

function isName(address: Multiaddr): boolean {
  return endpointOf(address)?.kind.startsWith("dns") ?? false;
}

/** Without the peer id; IPv4 where a socket that listens on both wrote it in IPv6 form. */
function addressText(address: Multiaddr): string {
  const endpoint = endpointOf(address);
  if (endpoint === undefined) return address.toString();
  const host = plainIp(endpoint.host);
  return textOf(host === endpoint.host ? endpoint : { ...endpoint, kind: "ip4", host });
}
