/** The checks of the doctor, in the order in which they are told. One more is its file in `checks/` and its place in this list. */
import { addresses } from "./checks/addresses.ts";
import { clock, date } from "./checks/clock.ts";
import { configFile } from "./checks/config-file.ts";
import { data } from "./checks/data.ts";
import { disk, room } from "./checks/disk.ts";
import { engine } from "./checks/engine.ts";
import { key } from "./checks/key.ts";
import { log } from "./checks/log.ts";
import { mdns } from "./checks/mdns.ts";
import { memory } from "./checks/memory.ts";
import { nodeVersion } from "./checks/node-version.ts";
import { peers } from "./checks/peers.ts";
import { ports } from "./checks/ports.ts";
import type { DoctorCheck, QuickCheck } from "./doctor-check.ts";

/** Those of `hearsay doctor`. */
export const DOCTOR_CHECKS: readonly DoctorCheck[] = [
  ...[nodeVersion, clock, disk, memory, engine, configFile, key, log],
  ...[ports, addresses, mdns, peers, data],
];

/** Those that `hearsay up` runs before it learns. */
export const QUICK_CHECKS: readonly QuickCheck[] = [nodeVersion, date, room, memory];
