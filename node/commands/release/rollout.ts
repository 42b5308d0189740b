/** `hearsay rollout`: which peers serve a release. Orders for later rings are signed now, and the peer says each when its time has come. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { ReleaseStatus } from "../../../protocol/peer/release/status.ts";
import { describeRing, EVERYBODY, parseRing } from "../../../protocol/release/rings.ts";
import type { Says } from "../../../protocol/release/statements.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { askReleases, findRelease, idBytes, type ReleaseOptions, signAndTell, signForLater } from "./signing.ts";

export interface RolloutOptions extends ReleaseOptions {
  readonly ring: string;
  readonly every: string;
}

export async function run(name: string, options: RolloutOptions): Promise<void> {
  const [first = EVERYBODY, ...others] = ringsOf(options.ring);
  const everyMs = minutesOf(options.every);
  const known = await askReleases(options.state);
  const release = findRelease(known.releases, name);
  const order = orderOf(known.releases, release.id, first);
  await signAndTell("order", order, known, options);
  for (const [i, permille] of others.entries()) {
    const { target, base } = orderOf(known.releases, release.id, permille);
    await signForLater({ serial: order.serial + 1 + i, target, permille, base }, everyMs, known, options);
  }
  await report(name, order, others.map(describeRing), options);
}

/**
 * The next order, or one that another key has signed already and this one would, too.
 * @param skip how much higher than the one that holds its serial is.
 */
export function orderOf(releases: ReleaseStatus, target: string, permille: number, skip = 1): Says["order"] {
  const { order, proposals } = releases;
  const base = permille === EVERYBODY ? null : baseOf(releases, target);
  const ring = describeRing(permille);
  const alike = proposals.find((one) => one.target === target && one.ring === ring && one.base === base);
  const serial = alike?.serial ?? (order?.serial ?? 0) + skip;
  return { serial, target: idBytes(target), permille, base: base === null ? null : idBytes(base) };
}

/** What those outside of the ring go on serving. */
function baseOf({ order }: ReleaseStatus, target: string): string | null {
  if (order === null) return null;
  return order.target === target ? order.base : order.target;
}

async function report(
  name: string,
  order: Says["order"],
  later: readonly string[],
  { state, every, json }: RolloutOptions,
): Promise<void> {
  const { releases } = await askReleases(state);
  const holds = releases.order?.serial === order.serial;
  const ring = describeRing(order.permille);
  const signed = holds
    ? releases.order?.signers.length
    : releases.proposals.find(({ serial }) => serial === order.serial)?.signers.length;
  const facts = { release: name, ring, serial: order.serial, signed: signed ?? 0, needed: releases.threshold, holds };
  if (json) return printJson({ ...facts, later });
  const more = `signed by ${facts.signed} of the ${facts.needed} keys that it needs: run the same command with another`;
  print(`order ${order.serial}, ${name} for ${ring}: ${holds ? "it holds" : more}\n`);
  if (later.length > 0)
    print(
      `${later.join(", then ")}: ${every} minutes after the ring before, while nine in ten votes are yes; this peer sees to it (hearsay releases), and a rollback ends it\n`,
    );
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
  if (minutes > 0 && minutes <= 20_000) return Math.ceil(60_000 * minutes);
  throw new HearsayError("ERR_CONFIG", `--every ${text}: give minutes, above 0 and at most 20000`);
}
