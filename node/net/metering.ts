/**
 * The budget at the sockets: no byte of a connection passes that the budget does not hold.
 *
 *     sending        waits in the connection until there is enough for it
 *     reading        stops, on all sockets together, while less is left than one read can bring (64 KiB): what comes then stays with the sender
 *     connecting     is refused while that is so
 *
 * A packet counts with its headers, and those of its acknowledgement: a ping of 30 bytes takes 134 of an IPv4 line. What is sent again because it was lost
 * does not count, nor do requests to the local interface (api/). Handshakes of TCP that the kernel has made before this process could refuse count when they come.
 */
import type { MultiaddrConnection } from "@libp2p/interface";
import type { Meter } from "../../protocol/traffic/meter.ts";
import { type ConnectionInside, insideOf } from "./connection-internals.ts";
import { type Ends, isOfKind } from "./link-kinds.ts";
import { attach, isOpen, type Line, lineOf } from "./metered-connection.ts";
import { quietFor } from "./quiet.ts";

/** The budget of a kind of links; `meter` is undefined where it is unlimited. */
export interface Link {
  readonly kind: string;
  readonly meter: Meter | undefined;
}

export interface Metering {
  /** Lets through what the budget of its link holds, from now on. */
  attach(connection: MultiaddrConnection): void;
  /** Whether a connection that comes in may stay; it has cost something already. */
  mayCome(connection: MultiaddrConnection): boolean;
  /** Whether there is enough to dial anybody. */
  mayDial(): boolean;
  /** Whether there is enough to speak by multicast on the network where this end has that address: another network's budget does not pay for it. */
  mayMulticast(localIp: string): boolean;
  /** A datagram came or went, as multicast does. */
  datagram(localIp: string, bytes: number): void;
  /** What the peer plans with: of the links that are in use, those with the tightest budget. */
  spending(): Meter | undefined;
  /** Silence of connections that the tightest budget wants, with so many of them, ms. */
  quietMs(connections: number): number | undefined;
  /** What is left of each budget. */
  report(): LinkReport[];
  /** Nothing passes any more; resolves when it is written what is left. */
  stop(): Promise<void>;
}

/** What `hearsay status` tells of the budget of a kind of links. */
export interface LinkReport {
  readonly kind: string;
  readonly bytes: number;
  readonly perMs: number;
  /** Bytes that may go now; a quarter of the budget at most. */
  readonly leftBytes: number;
  /** Bytes that went since the start, headers of packets included. */
  readonly spentBytes: number;
  /** Whether everything waits until there is more. */
  readonly isDry: boolean;
}

/** A connection of TCP that is refused takes three packets. */
const REFUSED_BYTES = 3 * 60;
const HEADERS_UDP_BYTES = 28;

/** @param links in the order in which they are tried; what fits none goes by the tightest of their budgets. */
export function createMetering(links: readonly Link[]): Metering {
  const lines = links.map(({ kind, meter }) => ({ kind, line: meter && lineOf(kind, meter) }));
  const limited = lines.flatMap(({ line }) => line ?? []);
  const tightest = tightestOf(limited);
  const lineFor = (ends: Ends): Line | undefined => {
    const found = lines.find(({ kind }) => isOfKind(kind, ends));
    return found === undefined ? tightest : found.line;
  };
  const lineOfGroup = (localIp: string) => lineFor({ local: localIp, remote: localIp, isMulticast: true });
  return {
    attach(connection) {
      const line = lineFor(endsOf(insideOf(connection)));
      if (line !== undefined) attach(line, insideOf(connection));
    },
    mayCome(connection) {
      const line = lineFor(endsOf(insideOf(connection)));
      if (line === undefined || isOpen(line)) return true;
      line.meter.take(REFUSED_BYTES);
      return false;
    },
    mayDial: () => lines.some(({ line }) => line === undefined) || limited.some(isOpen),
    mayMulticast(localIp) {
      const line = lineOfGroup(localIp);
      return line === undefined || isOpen(line);
    },
    datagram: (localIp, bytes) => lineOfGroup(localIp)?.meter.take(bytes + HEADERS_UDP_BYTES),
    spending: () => {
      const used = limited.filter(({ gates }) => gates.size > 0);
      return (tightestOf(used) ?? (lines.length === 1 ? tightest : undefined))?.meter;
    },
    quietMs: (connections) => tightest && quietFor(tightest.meter.limit, connections),
    report: () => limited.map(reportOf),
    async stop() {
      for (const { cancel } of limited) cancel();
      await Promise.all(limited.map(({ meter }) => meter.close()));
    },
  };
}

function reportOf({ kind, meter, isDry }: Line): LinkReport {
  const { limit, spentBytes, leftBytes } = meter;
  return { kind, ...limit, leftBytes: Math.max(0, Math.floor(leftBytes())), spentBytes: spentBytes(), isDry };
}

function tightestOf(lines: readonly Line[]): Line | undefined {
  return lines.toSorted((a, b) => perSecond(a) - perSecond(b))[0];
}

function perSecond({ meter: { limit } }: Line): number {
  return limit.bytes / limit.perMs;
}

function endsOf({ socket }: ConnectionInside): Ends {
  return { local: socket.localAddress, remote: socket.remoteAddress };
}
