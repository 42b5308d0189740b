/** Check `log`: whether the end of the log holds: its last entries, and the checkpoint over all of it. */

import { counted } from "../../../protocol/base/counted.ts";
import { currentGeneration } from "../../../protocol/log/stored/records.ts";
import { readForOpening } from "../../../protocol/log/stored/stored.ts";
import { nodeCrypto } from "../../crypto.ts";
import { type DoctorCheck, failure, ok } from "../doctor-check.ts";

export const log: DoctorCheck = {
  name: "log",
  about: "the last 4,096 entries of the log, and its checkpoint; all of it: hearsay log verify",
  withinMs: 20_000,
  async run({ running, withStore }) {
    if (running !== undefined)
      return [ok(`${running.logSize} entries; the peer that runs has checked the end of its log at its start`)];
    const opened = await withStore(async (store) => {
      const generation = await currentGeneration(store);
      try {
        return { end: await readForOpening(store, { crypto: nodeCrypto, generation }) };
      } catch (error) {
        return { fault: (error as Error).message };
      }
    });
    if (opened === undefined) return [ok("none yet")];
    const { end, fault } = opened;
    if (fault !== undefined) return [failure(fault, "hearsay log repair says what is left, and lets the peer go on")];
    if (end === undefined) return [ok("no entry yet")];
    const lost = [
      ...(end.checkpoint === undefined ? ["the checkpoint"] : []),
      ...(end.mended.length === 0
        ? []
        : [counted(end.mended.length, "tile or cosigned note", "tiles or cosigned notes")]),
    ];
    const holds = end.checkpoint === undefined ? "the end holds" : "the end and its checkpoint hold";
    const mended = lost.length === 0 ? "" : `; damaged or lost: ${lost.join(", ")}; the next start mends that`;
    return [ok(`${end.last.seq + 1} entries, ${holds}${mended}`)];
  },
};
