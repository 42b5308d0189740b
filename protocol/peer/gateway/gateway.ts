/** A peer in a cluster: its members, the network as it sees it, and what it does where it is the gateway (protocol/gateway/). */
import type { Clock, Crypto, Identity, PeerId, Store, Transport } from "../../base/seams.ts";
import type { LinkGrade } from "../../gateway/beacon.ts";
import { type Border, createBorder } from "../../gateway/border.ts";
import { type Cluster, type ClusterStatus, createCluster, type GatewayWish } from "../../gateway/cluster.ts";
import { LOG_PROTOCOL } from "../../wire/log-messages.ts";
import { paidService } from "../inbound/serve.ts";
import type { Budget } from "../memory/budget.ts";
import type { RequestService } from "../services.ts";
import type { Subject } from "../subject.ts";
import { type Liars, openLiars } from "./liars.ts";

/** What `node/` or `sim/` knows of the place that a peer is in. */
export interface ClusterSite {
  /** Whether this peer would speak for others. */
  readonly wish: GatewayWish;
  /** How good its line to the outside is now. */
  link(): LinkGrade;
  /** Whether another peer is at the same place. */
  isInside(peer: PeerId): boolean;
  /** Hears which peer speaks for the place, perhaps this peer, whenever that or the members may have changed; undefined where it is not settled. */
  changed?(gateway: PeerId | undefined): void;
  /** Says from now on of whom it found out that they are at the same place, so that those who are connected are greeted. */
  onEntered?(handler: (peer: PeerId) => void): void;
}

/** For people and dashboards. */
export interface PlaceStatus extends ClusterStatus {
  /** What came of other places since the start: models that were merged, authors of those in the last merge that had any, and when that was, ms of the wall clock. */
  readonly outside: { readonly models: number; readonly authors: number; readonly lastMs: number | null };
}

export interface Gateway {
  readonly cluster: Cluster;
  readonly border: Border;
  services(budget: Budget): readonly RequestService[];
  /** Whether a peer that greets hears what those outside hear. */
  isOutside(peer: PeerId): boolean;
  /** Hears of the authors of a merge. */
  merged(authors: readonly PeerId[]): void;
  status(): PlaceStatus;
  /** Gateways that lied, as this peer found. */
  readonly liars: Liars;
  /** Hears what those outside were told last. */
  toldOutside: Uint8Array | undefined;
  /** Called whenever a member, or this peer, has published. */
  heardNews: () => void;
}

export interface GatewayComponents {
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly identity: Identity;
  /** Of the host. */
  readonly transport: Transport;
  readonly subject: Subject;
  readonly store: Pick<Store, "get" | "write">;
}

/** A few signatures, in units of peer/memory/budget.ts, and bytes that are sent for 1. */
const BEACON_COST = 1;
const ERRAND_COST = 0.2;
const BYTES_PER_UNIT = 131_072;

export async function openGateway(
  components: GatewayComponents,
  site: ClusterSite,
  signal: AbortSignal,
): Promise<Gateway> {
  const { transport, subject, clock } = components;
  const { names, taskId } = subject;
  const liars = await openLiars(components.store);
  const cluster = createCluster(components, {
    task: taskId,
    protocol: names.cluster,
    signal,
    wish: site.wish,
    link: site.link,
    isInside: site.isInside,
    liars: liars.peers,
    changed() {
      border.changed();
      site.changed?.(cluster.gateway());
    },
    news: () => gateway.heardNews(),
  });
  const border = createBorder(transport, {
    names,
    open: [names.peers],
    passed: [names.blob, names.pull, LOG_PROTOCOL],
    remembered: [names.blob, names.pull],
    isInside: site.isInside,
    speaks: cluster.speaks,
    hasMembers: cluster.hasMembers,
    gateway: cluster.gateway,
  });
  site.onEntered?.(border.entered);
  const isOutside = (peer: PeerId) => !site.isInside(peer) && cluster.hasMembers();
  let outside: PlaceStatus["outside"] = { models: 0, authors: 0, lastMs: null };
  const gateway: Gateway = {
    cluster,
    border,
    toldOutside: undefined,
    heardNews: () => {},
    liars,
    isOutside,
    merged(authors) {
      const far = authors.filter(isOutside).length;
      if (far > 0) outside = { models: outside.models + far, authors: far, lastMs: clock.now() };
    },
    status: () => ({ ...cluster.status(), outside }),
    services: (budget) => servicesOf(budget, names, { cluster, border }),
  };
  return gateway;
}

/** What a peer that greets is told of this one. @param inside what members are told. */
export function latestFor(
  gateway: Gateway | undefined,
  peer: PeerId,
  inside: Uint8Array | undefined,
): Uint8Array | undefined {
  return gateway?.isOutside(peer) ? gateway.toldOutside : inside;
}

function servicesOf(
  budget: Budget,
  names: Subject["names"],
  { cluster, border }: Pick<Gateway, "cluster" | "border">,
): readonly RequestService[] {
  const raw = (body: Uint8Array) => body;
  const paid = { decode: raw, bytesPerUnit: BYTES_PER_UNIT };
  return [
    paidService(budget, { ...paid, protocol: names.cluster, costOf: () => BEACON_COST, answer: cluster.handle }),
    paidService(budget, { ...paid, protocol: names.errand, costOf: () => ERRAND_COST, answer: border.errand }),
  ];
}
