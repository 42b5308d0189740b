/**
 * Reasons to pause that the machine tells of: "train on mains, pull where nobody pays". Each is looked at while the peer runs; what a setting says the machine is not asked. Where
 * nobody knows, nothing is paused.
 */
import type { Clock } from "../../protocol/base/seams.ts";
import type { Pause } from "../../protocol/peer/loop/pauses.ts";
import type { Config } from "../settings/table.ts";
import { type Link, readLink } from "./metered.ts";
import { type Power, readPower } from "./power.ts";

/** One reason for which something may be paused. */
export interface PauseReason {
  /** Undefined while it does not hold. */
  pause(): Pause | undefined;
  /** Nothing is looked at any more. */
  stop(): void;
}

/** What the machine is asked. */
export interface Machine {
  power(): Promise<Power | undefined>;
  link(): Promise<Link | undefined>;
}

/** Files of the kernel cost nothing, a program 20 ms of a core. */
const LOOK_EVERY_MS = { power: 10_000, link: 60_000 };

const MACHINE: Machine = { power: () => readPower(), link: () => readLink() };

/** @param tell hears in words when something pauses, and when it goes on. */
export async function savingReasons(
  { trainOn, pullOn, power, link }: Config["saving"],
  clock: Pick<Clock, "after">,
  tell: (message: string) => void,
  machine: Machine = MACHINE,
): Promise<PauseReason[]> {
  const reasons: Promise<PauseReason>[] = [];
  if (trainOn === "mains")
    reasons.push(
      watched(clock, {
        tell,
        everyMs: LOOK_EVERY_MS.power,
        read: power === "auto" ? machine.power : async () => power,
        pauseAt: (found) =>
          found === "battery" ? { stops: "training", because: `on battery (saving.trainOn: mains)` } : undefined,
      }),
    );
  if (pullOn === "unmetered")
    reasons.push(
      watched(clock, {
        tell,
        everyMs: LOOK_EVERY_MS.link,
        read: link === "auto" ? machine.link : async () => link,
        pauseAt: (found) =>
          found === "metered"
            ? { stops: "exchange", because: "the link is metered (saving.pullOn: unmetered)" }
            : undefined,
      }),
    );
  return Promise.all(reasons);
}

interface Watch<Found> {
  readonly everyMs: number;
  read(): Promise<Found | undefined>;
  pauseAt(found: Found | undefined): Pause | undefined;
  tell(message: string): void;
}

/** Looks once before it is given, so that a peer that starts on battery trains nothing first. */
async function watched<Found>(clock: Pick<Clock, "after">, watch: Watch<Found>): Promise<PauseReason> {
  let pause: Pause | undefined;
  let cancel = () => {};
  let isStopped = false;
  const look = async () => {
    const next = watch.pauseAt(await watch.read().catch(() => undefined));
    if (isStopped) return;
    if (next?.because !== pause?.because) watch.tell(wordsOf(pause, next));
    pause = next;
    cancel = clock.after(watch.everyMs, () => void look());
  };
  await look();
  return {
    pause: () => pause,
    stop() {
      isStopped = true;
      cancel();
    },
  };
}

function wordsOf(before: Pause | undefined, now: Pause | undefined): string {
  return now === undefined ? `${before?.stops} goes on` : `${now.stops} is paused: ${now.because}`;
}
