/** Begins the next generation of this peer's own log. */
import { utf8 } from "../../base/bytes.ts";
import type { Rng } from "../../base/rng.ts";
import type { Clock, Crypto } from "../../base/seams.ts";
import type { Log } from "../../log/stored/chain.ts";
import { generationAfter } from "../../log/stored/records.ts";
import type { Announcement } from "../../wire/announcement.ts";
import type { AnewReason, Reports } from "../reports.ts";

export interface NewGenerationComponents {
  readonly log: Log;
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, "sha256">;
  readonly rng: Rng;
  readonly reports: Pick<Reports, "tell">;
}

/** @param told the newest announcement of the log before, where others know more of it than the store. */
type BeginGeneration = (told: Announcement | undefined, why: AnewReason) => Promise<void>;

/**
 * The number of the next generation has a random part: of two starts from one backup, that hear of nothing but the same entries within one
 * minute, each begins another one.
 */
export function createNewGeneration(components: NewGenerationComponents): BeginGeneration {
  const { log, clock, crypto, rng, reports } = components;
  return async (told, why) => {
    const draw = utf8(`${rng.fork("generation").below(2 ** 32)}/${clock.now()}/${clock.monotonicMs()}`);
    const [high = 0, low = 0] = crypto.sha256(draw);
    const known = Math.max(log.generation, told?.generation ?? 0);
    await log.startGeneration(generationAfter(known, clock.now()) + 256 * high + low, told?.entry);
    reports.tell({ kind: "generation", generation: log.generation, why });
  };
}
