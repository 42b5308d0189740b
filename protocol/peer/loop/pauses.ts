/**
 * What a peer does not do for now, and why: its owner, or the machine, says so (`PeerModules.pauses`). One way to pause, for any number of reasons.
 *
 *     training    it trains nothing, and goes on to merge what others publish
 *     exchange    it trains on, pulls nothing and announces nothing: what it has it serves, and connections stay
 *     all         whoever says so closes its connections and holds its trainer (node/policy/quiet-peer.ts); here it is only told
 */
import type { Thrift } from "../../traffic/thrift.ts";
import type { Fit } from "./hidden-fit.ts";

export interface Pause {
  readonly stops: "training" | "exchange" | "all";
  /** In words, as `hearsay status` shows it. */
  readonly because: string;
}

/** Those that hold now. */
export type Pauses = () => readonly Pause[];

/** Trains nothing while training is paused. */
export function pausedFit(fit: Fit, pauses: Pauses | undefined): Fit {
  if (pauses === undefined) return fit;
  return async (request) => (holds(pauses, "training") ? undefined : fit(request));
}

/** Plans no pull and no announcement while the exchange is paused. */
export function pausedThrift(thrift: Pick<Thrift, "begin">, pauses: Pauses | undefined): Pick<Thrift, "begin"> {
  if (pauses === undefined) return thrift;
  return { begin: () => (holds(pauses, "exchange") ? { ...thrift.begin(), most: 0 } : thrift.begin()) };
}

function holds(pauses: Pauses, what: Pause["stops"]): boolean {
  return pauses().some(({ stops }) => stops === what);
}
