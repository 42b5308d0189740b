/**
 * Which gateway each member of a cluster named last, as certificates show it. While two gateways of one cluster speak, each model of a member counts once: a
 * release of which most members have named another gateway since is left out.
 */
import { forgetOldest } from "../base/bounded.ts";
import { keyOf } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import type { SignedBeacon } from "./beacon.ts";

export interface Claims {
  /** Takes in the members of a release that holds; false where most of them have named another gateway later. */
  take(members: readonly SignedBeacon[]): boolean;
}

interface Claim {
  readonly atS: number;
  readonly gateway: string;
}

/** Remembers the newest `LIMITS.maxIdentities.known` members. */
export function createClaims(): Claims {
  const newest = new Map<string, Claim>();
  return {
    take(members) {
      let left = 0;
      for (const { publicKey, says } of members) {
        const key = keyOf(publicKey);
        const claim = { atS: says.atS, gateway: keyOf(says.gateway) };
        const known = newest.get(key);
        if (known !== undefined && known.atS > claim.atS) {
          if (known.gateway !== claim.gateway) left++;
          continue;
        }
        newest.delete(key);
        newest.set(key, claim);
      }
      forgetOldest(newest, LIMITS.maxIdentities.known);
      return 2 * left <= members.length;
    },
  };
}
