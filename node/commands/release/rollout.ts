/** `hearsay rollout`: which peers serve a release; ring after ring, as long as the votes on its gates agree. */
import { setTimeout as sleep } from "node:timers/promises";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { ReleaseStatus } from "../../../protocol/peer/release/releases.ts";
import { describeRing, parseRing } from "../../../protocol/release/rings.ts";
import type { Says } from "../../../protocol/release/statements.ts";
import { printJson } from "../../terminal/print.ts";
import { print, tell } from "../../terminal/terminal.ts";
import { askReleases, findRelease, idBytes, type KnownRelease, type ReleaseOptions, signAndTell } from "./signing.ts";

export interface RolloutOptions extends ReleaseOptions {
  readonly ring: string;
  readonly every: string;
}

/** Share of the votes on a gate that has to be yes before the next ring. */
const AGREE = 0.9;

export async function run(name: string, options: RolloutOptions): Promise<void> {
  const rings = ringsOf(options.ring);
  const everyMs = minutesOf(options.every);
  for (const [i, permille] of rings.entries()) {
    const known = await askReleases(options.state);
    const release = findRelease(known.releases, name);
    if (i > 0) requireVotes(release);
    const order = orderOf(known.releases, release.id, permille);
    await signAndTell("order", order, known, options);
    await report(name, order, options);
    const next = rings[i + 1];
    if (next === undefined) return;
    tell(`${describeRing(next)} follows in ${options.every} minutes; Ctrl-C ends the rollout here\n`);
    await sleep(everyMs);
  }
}

/** The next order, or one that another key has signed already and this one would, too. */
export function orderOf(releases: ReleaseStatus, target: string, permille: number): Says["order"] {
  const { order, proposals } = releases;
  const base = permille === 1000 ? null : baseOf(releases, target);
  const ring = describeRing(permille);
  const alike = proposals.find((one) => one.target === target && one.ring === ring && one.base === base);
  const serial = alike?.serial ?? (order?.serial ?? 0) + 1;
  return { serial, target: idBytes(target), permille, base: base === null ? null : idBytes(base) };
}

/** What those outside of the ring go on serving. */
function baseOf({ order }: ReleaseStatus, target: string): string | null {
  if (order === null) return null;
  return order.target === target ? order.base : order.target;
}

function requireVotes({ name, gates }: KnownRelease): void {
  for (const { expression, yes, no } of gates)
    if (yes < AGREE * (yes + no))
      throw new HearsayError(
        "ERR_CONFIG",
        `${name} stays where it is: ${no} of ${yes + no} peers say that "${expression}" does not hold`,
      );
}

async function report(name: string, order: Says["order"], { state, json }: RolloutOptions): Promise<void> {
  const { releases } = await askReleases(state);
  const holds = releases.order?.serial === order.serial;
  const ring = describeRing(order.permille);
  const signed = holds
    ? releases.order?.signers.length
    : releases.proposals.find(({ serial }) => serial === order.serial)?.signers.length;
  const facts = { release: name, ring, serial: order.serial, signed: signed ?? 0, needed: releases.threshold, holds };
  if (json) return printJson(facts);
  const more = `signed by ${facts.signed} of the ${facts.needed} keys that it needs: run the same command with another`;
  print(`order ${order.serial}, ${name} for ${ring}: ${holds ? "it holds" : more}\n`);
}

function ringsOf(text: string): number[] {
  const rings = text.split(",").map((ring) => parseRing(ring.trim()));
  if (rings.every((ring) => ring !== undefined)) return rings;
  throw new HearsayError(
    "ERR_CONFIG",
    `--ring ${text}: give canary, all, a share such as 10%, or several, as canary,10%,all`,
  );
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  if (minutes > 0 && minutes <= 20_000) return 60_000 * minutes;
  throw new HearsayError("ERR_CONFIG", `--every ${text}: give minutes, above 0 and at most 20000`);
}
