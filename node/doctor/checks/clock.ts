/**
 * Check `clock`: whether the clock of the machine is one that people can read. Peers need no common time; files and quiet hours do. What neighbours announced
 * stands in minutes of their clocks, so one that is ahead shows.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer } from "../../net/probe.ts";
import { type DoctorCheck, type DoctorFinding, ok, type QuickCheck, warning } from "../doctor-check.ts";
import type { Surroundings } from "../surroundings.ts";

/** This version of Hearsay is younger than that. */
const WRITTEN = Date.UTC(2025, 0, 1);
/** How far the clock may part from the monotonic one while it is watched. */
const MOST_JUMP_MS = 50;
const WATCHED_MS = 300;
/** What was written a moment ago may seem younger than now on some disks. */
const SLACK_MS = 5_000;
/** Announcements have whole minutes. */
const MOST_AHEAD_MS = 120_000;
const SET_IT = "let the system set its clock (timedatectl set-ntp true), or give the machine a battery clock";

export const clock: DoctorCheck = {
  name: "clock",
  about: "the date, whether the clock jumps, and whether it went back since the peer ran last",
  withinMs: 8_000,
  async run(around) {
    const [jump, answers] = [await jumpMs(), await around.neighbours().catch(() => [])];
    const found = [...dateFindings(Date.now()), ...(await wentBack(around)), ...behindFindings(answers, Date.now())];
    if (Math.abs(jump) > MOST_JUMP_MS)
      found.push(
        warning(`the clock moved by ${Math.round(jump)} ms against the monotonic one within ${WATCHED_MS} ms`, SET_IT),
      );
    const text = `${new Date().toISOString().slice(0, 19)}Z, steady to ${Math.abs(Math.round(jump))} ms`;
    return found.length === 0 ? [ok(text)] : found;
  },
};

/** Check `date`: the part of it that takes no time. */
export const date: QuickCheck = {
  name: "date",
  about: "whether the clock stands before this version was written",
  withinMs: 1_000,
  run: async () => dateFindings(Date.now()),
};

/** None where the date may be right. */
export function dateFindings(nowMs: number): DoctorFinding[] {
  if (nowMs >= WRITTEN) return [];
  const what = `the clock says ${new Date(nowMs).toISOString().slice(0, 10)}, before this version of Hearsay was written`;
  return [warning(what, `${SET_IT}; the peer learns all the same`)];
}

/** Announcements of the future: of most neighbours that tell, since one of them may be wrong. */
export function behindFindings(answers: readonly Answer[], nowMs: number): DoctorFinding[] {
  const ahead = answers.flatMap(({ clockMs }) => (clockMs === undefined ? [] : [clockMs - nowMs]));
  const far = ahead.filter((ms) => ms > MOST_AHEAD_MS);
  if (far.length === 0 || 2 * far.length <= ahead.length) return [];
  const minutes = Math.round(Math.min(...far) / 60_000);
  const what = `${far.length} of ${ahead.length} neighbours announced by clocks that are ${minutes} min ahead: this one is late`;
  return [warning(what, SET_IT)];
}

async function jumpMs(): Promise<number> {
  const [wall, steady] = [Date.now(), performance.now()];
  await sleep(WATCHED_MS);
  return Date.now() - wall - (performance.now() - steady);
}

/** Files of the peer that are of the future. */
async function wentBack({ stateDir }: Surroundings): Promise<DoctorFinding[]> {
  const found = await Promise.all(
    ["task.cbor", "model.safetensors", "db"].map((name) => stat(join(stateDir, name)).catch(() => undefined)),
  );
  const newest = Math.max(0, ...found.map((file) => file?.mtimeMs ?? 0));
  if (newest <= Date.now() + SLACK_MS) return [];
  const what = `files of the peer are of ${new Date(newest).toISOString().slice(0, 19)}Z: the clock has gone back since`;
  return [warning(what, SET_IT)];
}
