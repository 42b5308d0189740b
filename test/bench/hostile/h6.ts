/** H6: owners who restore backups, copy directories, crash and go offline. More schedules: `HEARSAY_SCHEDULES=500 npm run bench:hostile H6`. */
import { runSchedules } from "../../support/schedules.ts";
import type { HostileRow } from "./row.ts";

const SCHEDULES = Number(process.env.HEARSAY_SCHEDULES ?? 30);

export const row: HostileRow = {
  id: "H6",
  attack: "none: an owner restores a backup and meets nobody for some seconds",
  before: "banned for ever in 18 of 53 runs",
  async measure() {
    const { honestBanned, liars, liarsFound } = await runSchedules(SCHEDULES);
    return `${honestBanned} honest keys banned in ${SCHEDULES} random schedules of restores, copies, crashes, partitions and clock steps; ${liarsFound} of ${liars} liars in them found`;
  },
};
