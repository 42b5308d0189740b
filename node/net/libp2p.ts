/** The libp2p node: TCP, Noise, yamux, gossipsub. The one file that knows the options of these packages, and their traps. */

import type { GossipSub } from "@chainsafe/libp2p-gossipsub";
import { type Identify, identify } from "@libp2p/identify";
import type {
  ComponentLogger,
  ConnectionGater,
  Libp2p,
  Metrics,
  MultiaddrConnection,
  PrivateKey,
  Stream,
} from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";
import { toHex } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { PeerId } from "../../protocol/base/seams.ts";
import { wallClock } from "../clock.ts";
import { withModestWasm } from "../little-memory.ts";
import { type Admission, createAdmission } from "./admission.ts";
import { createArrivals } from "./arrivals.ts";
import { insideOf } from "./connection-internals.ts";
import { noteWhere } from "./connections.ts";
import { type Discovery, startDiscovery } from "./discovery.ts";
import { forgetWhoIsGone } from "./forget-peers.ts";
import { createGossip } from "./gossip.ts";
import { createHearing, type Hearing } from "./liveness.ts";
import type { Metering } from "./metering.ts";
import { boundedMuxer } from "./muxer.ts";
import { writeTogether } from "./one-write.ts";
import { createQuiet, type Quiet } from "./quiet.ts";
import { createShares, type Shares } from "./shares.ts";
import { createTurnedAway, type TurnedAway } from "./turned-away.ts";

type Node = Libp2p<{ pubsub: GossipSub; identify: Identify }>;

export type HearsayNode = Node & {
  readonly admission: Admission;
  /** What neighbours may take. */
  readonly shares: Shares;
  /** When bytes came over each connection. */
  readonly hearing: Hearing;
  /** How silent each may be. */
  readonly quiet: Quiet;
  /** Of peers on the local network, where that is asked for. */
  readonly discovery: Discovery | undefined;
  /** Connections of which nothing came. */
  readonly turnedAway: TurnedAway;
};

export interface NodeOptions {
  readonly privateKey: PrivateKey;
  /** Multiaddrs, e.g. /ip4/0.0.0.0/tcp/0. */
  readonly listen: readonly string[];
  /** Find peers of the same task on the local network by multicast. */
  readonly mdns: boolean;
  /** Peers of the same tag find each other by mDNS (`serviceTagOf`). */
  readonly serviceTag: string;
  /** Peers that are no newcomers; where it is left out nobody is, and nobody has to greet. */
  readonly isKnown?: (peer: PeerId) => boolean;
  /** Topics of gossip that there may be; any, where they are left out. */
  readonly topics?: readonly string[];
  /** Silence of a connection before it is asked for a byte, ms; 3 s where left out. */
  readonly quietMs?: number | undefined;
  /** Holds a budget at the sockets; none where left out. */
  readonly metering?: Metering | undefined;
  /** Takes what libp2p measures of itself; nothing is kept where left out. */
  readonly metrics?: NetworkMeasures | undefined;
  /** While it says so there is no connection, in or out, and no multicast. */
  readonly isAway?: (() => boolean) | undefined;
  /** Sentences for the user. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** Makes the component of libp2p that takes measures. */
export type NetworkMeasures = (components: { readonly logger: ComponentLogger }) => Metrics;

/** Bytes on the wire, Noise and yamux included. */
export interface Traffic {
  bytesIn: number;
  bytesOut: number;
}

/** Beyond what admission.ts lets stay: libp2p closes connections by rules of its own, and must have no cause to. */
const SPARE_CONNECTIONS = 64;
/** Of a socket: liveness.ts finds those that are dead, some of which may be silent for long. */
const IDLE_MS = 4 * LIMITS.longestQuietMs;
/** For Noise and yamux, both ends being busy. */
const UPGRADE_TIMEOUT_MS = 10_000;

/** DNS-SD service type of a task. */
export function serviceTagOf(taskId: Uint8Array): string {
  return `_hearsay-${toHex(taskId.subarray(0, 8))}._udp.local`;
}

/**
 * A started node; `traffic` counts from then on.
 * @throws HearsayError ERR_CONFIG where it cannot listen on an address.
 */
export async function startLibp2p(options: NodeOptions): Promise<{ node: HearsayNode; traffic: Traffic }> {
  const traffic: Traffic = { bytesIn: 0, bytesOut: 0 };
  const turnedAway = createTurnedAway({ clock: wallClock, warn: options.warn });
  const admission = createAdmission(options.isKnown, turnedAway);
  const shares = createShares(options.isKnown);
  const { noise } = await withModestWasm(() => import("@chainsafe/libp2p-noise")); // it has three memories
  const hearing = createHearing();
  const quiet = createQuiet(options.quietMs);
  const node: Node = await createLibp2p({
    nodeInfo: { name: "hearsay", version: "0.1.0", userAgent: quiet.agent },
    privateKey: options.privateKey,
    addresses: { listen: [...options.listen] },
    transports: [tcp({ inboundSocketInactivityTimeout: IDLE_MS, outboundSocketInactivityTimeout: IDLE_MS })],
    connectionEncrypters: [noise()],
    streamMuxers: [boundedMuxer(quiet.ofMuxer)],
    connectionManager: {
      maxConnections: LIMITS.maxConnections + SPARE_CONNECTIONS,
      inboundUpgradeTimeout: UPGRADE_TIMEOUT_MS,
      addressDialTimeout: UPGRADE_TIMEOUT_MS,
      addressSorter: () => 0, // the book knows which worked last
      inboundStreamProtocolNegotiationTimeout: LIMITS.requestArrivalMs,
      inboundConnectionThreshold: Number.MAX_SAFE_INTEGER, // arrivals.ts is stricter, knows address prefixes, and has those counted that it refuses
      maxIncomingPendingConnections: 100,
      reconnectRetries: 0, // redialling is ours (membership.ts)
    },
    connectionGater: gaterOf({ admission, shares, turnedAway }, options),
    connectionMonitor: { enabled: false }, // yamux asks, and liveness.ts listens: js-libp2p#3463, it aborts under load
    metrics: (components: { readonly logger: ComponentLogger }) =>
      trafficMetrics({ traffic, hearing, metering: options.metering }, options.metrics?.(components)),
    services: {
      identify: identify(),
      pubsub: createGossip(shares, options.topics),
    },
  }).catch((error: Error) => {
    throw error.name === "UnsupportedListenAddressesError" ? cannotListen(options.listen, error) : error;
  });
  if (options.isKnown !== undefined) admission.watch(node);
  shares.watch(node);
  node.addEventListener("peer:identify", ({ detail: { connection, agentVersion } }) =>
    quiet.told(connection, agentVersion),
  );
  node.addEventListener("stop", turnedAway.stop);
  forgetWhoIsGone(node);
  const discovery = options.mdns ? discoveryFor(node, options) : undefined;
  return { node: Object.assign(node, { admission, shares, hearing, quiet, discovery, turnedAway }), traffic };
}

function discoveryFor(node: Node, { serviceTag, metering, isAway, warn }: NodeOptions): Discovery {
  const addresses = () => node.getMultiaddrs().map(String);
  const discovery = startDiscovery({ serviceTag, peer: node.peerId.toString(), addresses, metering, isAway, warn });
  node.addEventListener("stop", () => discovery.stop());
  return discovery;
}

/** What keeps connections out, and counts those. */
interface Doors {
  readonly admission: Admission;
  readonly shares: Shares;
  readonly turnedAway: Pick<TurnedAway, "count">;
}

/** Admission's, with what it does not know: how many come in a second, who committed too many faults, what the budget holds, and when nobody is wanted. */
function gaterOf(
  { admission: { gater }, shares, turnedAway }: Doors,
  { metering, isAway }: NodeOptions,
): ConnectionGater {
  const arrivals = createArrivals(wallClock);
  const counted = (isDenied: boolean, { remoteAddr }: MultiaddrConnection) => {
    if (isDenied) turnedAway.count("refused", remoteAddr);
    return isDenied;
  };
  return {
    ...gater,
    denyDialPeer: async (peer) => shares.isWaiting(peer.toString()) || ((await gater.denyDialPeer?.(peer)) ?? false),
    denyDialMultiaddr: async (address) =>
      isAway?.() === true || metering?.mayDial() === false || ((await gater.denyDialMultiaddr?.(address)) ?? false),
    denyInboundConnection: async (connection) =>
      isAway?.() === true ||
      metering?.mayCome(connection) === false ||
      counted(
        !arrivals.mayCome(connection.remoteAddr) || ((await gater.denyInboundConnection?.(connection)) ?? false),
        connection,
      ),
    denyInboundEncryptedConnection: async (peer, connection) =>
      counted(
        ((await gater.denyInboundEncryptedConnection?.(peer, connection)) ?? false) ||
          shares.isWaiting(peer.toString()),
        connection,
      ),
  };
}

/** libp2p's message holds a stack for every address; the reason is in each first line. */
function cannotListen(listen: readonly string[], error: Error): HearsayError {
  const reasons = [...error.message.matchAll(/: Error: listen (.*)/g)].map(([, reason]) => reason);
  return new HearsayError(
    "ERR_CONFIG",
    `cannot listen on ${listen.join(", ")}: ${reasons.join("; ") || error.message}; choose another address or port (--listen)`,
    { listen },
    error,
  );
}

/** What looks at each connection. */
interface Watching {
  readonly traffic: Traffic;
  readonly hearing: Hearing;
  readonly metering: Metering | undefined;
}

/** libp2p's metrics component: the two counters that a peer shows, and whatever else somebody takes. */
function trafficMetrics({ traffic, hearing, metering }: Watching, others: Metrics = NO_METRICS): Metrics {
  const registering = Object.fromEntries(REGISTERING.map((name) => [name, others[name].bind(others)]));
  return {
    trackMultiaddrConnection(connection: MultiaddrConnection): void {
      writeTogether(insideOf(connection));
      noteWhere(insideOf(connection));
      metering?.attach(connection);
      others.trackMultiaddrConnection(connection);
      connection.addEventListener("message", ({ data }) => {
        traffic.bytesIn += data.byteLength;
        hearing.heard(connection);
      });
      const send = connection.send.bind(connection);
      connection.send = (data) => {
        traffic.bytesOut += data.byteLength;
        return send(data);
      };
    },
    trackProtocolStream: (stream: Stream) => others.trackProtocolStream(stream),
    traceFunction: <T>(_name: string, fn: T): T => fn,
    createTrace: () => undefined,
    ...registering,
  } as unknown as Metrics;
}

const REGISTERING = [
  ...(["registerMetric", "registerMetricGroup", "registerCounter", "registerCounterGroup"] as const),
  ...(["registerHistogram", "registerHistogramGroup", "registerSummary", "registerSummaryGroup"] as const),
];

const NO_METRIC = { update() {}, increment() {}, decrement() {}, reset() {}, observe() {}, timer: () => () => {} };

/** Takes everything and keeps nothing. */
const NO_METRICS = {
  trackMultiaddrConnection() {},
  trackProtocolStream() {},
  ...Object.fromEntries(REGISTERING.map((name) => [name, () => NO_METRIC])),
} as unknown as Metrics;
