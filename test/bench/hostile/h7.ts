import { underSilentKeys } from "../../support/silent-keys.ts";
import type { HostileRow } from "./row.ts";

const SCENE = { honest: 9, keys: 4, everyMs: 5000, forMs: 60_000 };

export const row: HostileRow = {
  id: "H7",
  attack: "4 fresh keys every 5 s announce and never answer; 9 honest neighbours; virtual time",
  before: "candidates a cycle 6.63 -> 0.75, merges 60 -> 12 of 60",
  async measure() {
    const calm = await underSilentKeys(SCENE, false);
    const attacked = await underSilentKeys(SCENE, true);
    const merges = (share: number) => Math.round(60 * share);
    return (
      `candidates a cycle ${calm.candidates.toFixed(2)} -> ${attacked.candidates.toFixed(2)}, ` +
      `merges ${merges(calm.merged)} -> ${merges(attacked.merged)} of 60`
    );
  },
};
