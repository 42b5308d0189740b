import { createCrowd } from "../../support/crowd.ts";
import type { HostileRow } from "./row.ts";

const STEP_MS = -6 * 3_600_000;
const RUN_MS = 30_000;

export const row: HostileRow = {
  id: "M6",
  attack: "the clock is set back by six hours",
  before: "the peer sleeps for six hours and redials nobody",
  async measure() {
    const crowd = createCrowd();
    for (let i = 0; i < 4; i++) await crowd.join(i);
    const { clock } = crowd.world;
    const { now } = clock;
    const mergesIn = async () => {
      const before = crowd.members[0]?.peer.status().counters.merges ?? 0;
      await clock.run(clock.monotonicMs() + RUN_MS);
      return (crowd.members[0]?.peer.status().counters.merges ?? 0) - before;
    };
    await mergesIn();
    const before = await mergesIn();
    Object.assign(clock, { now: () => now() + STEP_MS });
    return `${await mergesIn()} merges in the 30 s after it, ${before} in those before`;
  },
};
