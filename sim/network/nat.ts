/**
 * Who can connect to whom through address translators, with hole punching and without relays.
 *
 * Kinds as in RFC 3489, section 5. `cone`: one outside port for all (full or address-restricted cone). `portRestricted`: the same,
 * but lets in only the very address and port that was called. `symmetric`: another port for each that it calls, so that the
 * other side cannot know where to knock. Hence hole punching fails only where a symmetric one meets a symmetric or a
 * port-restricted one (Ford, Srisuresh, Kegel: Peer-to-Peer Communication Across NATs, USENIX 2005).
 */
import type { Rng } from "../../protocol/base/rng.ts";
import type { NatSpec } from "./schema.ts";

export type NatClass = "public" | "cone" | "portRestricted" | "symmetric";

/** The class of each peer: round(share x peers) of a kind (of the sums of shares, so that all add up), dealt with the seed. */
export function dealNatClasses(spec: NatSpec, peers: number, rng: Rng): readonly NatClass[] {
  const classes: NatClass[] = new Array<NatClass>(peers).fill("public");
  const order = rng.permutation(peers);
  let dealt = 0;
  let shares = 0;
  for (const kind of ["cone", "portRestricted", "symmetric"] as const) {
    shares += spec[kind];
    const upTo = Math.min(peers, Math.round(shares * peers));
    for (; dealt < upTo; dealt++) classes[order[dealt] as number] = kind;
  }
  return classes;
}

/** Whether a connection can be opened by one of the two, whichever it is. */
export function natsConnect(a: NatClass, b: NatClass): boolean {
  if (a === "symmetric") return b === "public" || b === "cone";
  if (b === "symmetric") return a === "public" || a === "cone";
  return true;
}
