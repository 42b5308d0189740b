/** What a peer says of the releases that it knows, for people and dashboards. */
import { equalBytes, toHex } from "../../base/bytes.ts";
import type { PeerId } from "../../base/seams.ts";
import type { Proposal, ReleaseBook } from "../../release/book.ts";
import type { Obstacle } from "../../release/obstacles.ts";
import { describeRing } from "../../release/rings.ts";
import type { Statement } from "../../release/statements.ts";
import { peerIdFromPublicKey } from "../../wire/identity.ts";
import type { Later, LaterStatus } from "./later.ts";
import type { Serving } from "./serving.ts";

/** For people and dashboards. */
export interface ReleaseStatus {
  readonly serving: { readonly id: string; readonly name: string } | null;
  /** Id of the release that served here before; null where none did. */
  readonly before: string | null;
  /** Why the release that the order names does not serve; null where it does. */
  readonly obstacle: Obstacle | null;
  readonly order: OrderStatus | null;
  /** Orders that too few keys have signed so far. */
  readonly proposals: readonly OrderStatus[];
  /** Orders for later rings that this peer holds back; left out where it holds none. */
  readonly later?: readonly LaterStatus[];
  readonly threshold: number;
  readonly releases: readonly {
    readonly id: string;
    readonly name: string;
    readonly age: number;
    readonly tsMs: number;
    readonly by: PeerId;
    readonly figures: Readonly<Record<string, number>>;
    readonly gates: readonly GateStatus[];
  }[];
}

export interface OrderStatus {
  readonly serial: number;
  /** Ids of releases. */
  readonly target: string;
  readonly base: string | null;
  readonly ring: string;
  readonly signers: readonly PeerId[];
}

export interface GateStatus {
  readonly expression: string;
  /** On the own hold-out; null where there is none, or it was not looked at yet. */
  readonly mine: boolean | null;
  readonly yes: number;
  readonly no: number;
}

interface Known {
  readonly book: Pick<ReleaseBook, "standing" | "proposals" | "tags" | "gates" | "votes">;
  readonly serving: Pick<Serving, "served" | "before" | "obstacle" | "verdict">;
  readonly later: Pick<Later, "status">;
}

/** @param threshold keys that an order needs. */
export function statusOf(known: Known, threshold: number): ReleaseStatus {
  const { book, serving, later } = known;
  const served = serving.served();
  const before = serving.before();
  const standing = book.standing();
  const gatesOf = (release: Uint8Array) => book.gates().filter((gate) => equalBytes(gate.release, release));
  return {
    serving: served === undefined ? null : { id: served.id, name: served.name },
    before: before === undefined ? null : toHex(before),
    obstacle: serving.obstacle() ?? null,
    order: standing === undefined ? null : orderStatus(standing),
    proposals: book.proposals().map(orderStatus),
    ...(later.status().length > 0 && { later: later.status() }),
    threshold,
    releases: book.tags().map((tag) => ({
      id: toHex(tag.id),
      name: tag.name,
      age: tag.age,
      tsMs: tag.tsMs,
      by: peerIdFromPublicKey(tag.signer),
      figures: Object.fromEntries(tag.figures.map(([name, millionths]) => [name, millionths / 1e6])),
      gates: gatesOf(tag.id).map((gate) => gateStatus(gate, known)),
    })),
  };
}

function gateStatus(gate: Statement<"gate">, { book, serving }: Known): GateStatus {
  const votes = book.votes(gate.id);
  const yes = votes.filter(({ passes }) => passes).length;
  return { expression: gate.expression, mine: serving.verdict(gate.id) ?? null, yes, no: votes.length - yes };
}

function orderStatus({ order, signers }: Proposal): OrderStatus {
  return {
    serial: order.serial,
    target: toHex(order.target),
    base: order.base === null ? null : toHex(order.base),
    ring: describeRing(order.permille),
    signers: signers.map(({ signer }) => peerIdFromPublicKey(signer)),
  };
}
