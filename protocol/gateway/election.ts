/**
 * Who speaks for a cluster: no vote and no coordinator. Each member ranks those of which it has heard by what their beacons say, and all come to the same:
 *
 *     wish (prefer, then auto; never is out), then link, then uptime, then the least SHA-256(task | public key)
 *
 * What a member says of itself nobody can check, so whoever wants to be the gateway can be. What a gateway can do with it is bounded: README.md.
 */
import { compareBytes, concatBytes } from "../base/bytes.ts";
import type { Crypto } from "../base/seams.ts";
import type { Beacon } from "./beacon.ts";

/** A member that could be the gateway. */
export interface Runner {
  readonly publicKey: Uint8Array;
  readonly says: Pick<Beacon, "wish" | "link" | "uptime">;
}

/** Wish of a member that is never the gateway. */
const NEVER = 0;

/** Of the best of them; undefined where nobody runs. */
export function elect<R extends Runner>(
  runners: readonly R[],
  task: Uint8Array,
  { sha256 }: Pick<Crypto, "sha256">,
): R | undefined {
  const lot = ({ publicKey }: R) => sha256(concatBytes(task, publicKey));
  const isBefore = (a: R, b: R) =>
    b.says.wish - a.says.wish ||
    b.says.link - a.says.link ||
    b.says.uptime - a.says.uptime ||
    compareBytes(lot(a), lot(b));
  return runners.filter(({ says }) => says.wish !== NEVER).sort(isBefore)[0];
}

const HOUR_MS = 3_600_000;

/** Whole steps of doubling hours, so that members that started one after the other do not take turns. */
export function uptimeBucket(ms: number): number {
  let bucket = 0;
  for (let hours = 1 + Math.max(0, ms) / HOUR_MS; hours >= 2; hours /= 2) bucket++;
  return bucket;
}
