/** `hearsay rollback`: all peers serve an earlier release, at once. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import type { ReleaseStatus } from "../../../protocol/peer/release/status.ts";
import { EVERYBODY } from "../../../protocol/release/rings.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { orderOf } from "./rollout.ts";
import { askReleases, findRelease, type KnownRelease, type ReleaseOptions, signAndTell } from "./signing.ts";

/** Later rings of a rollout may be signed already, and be said at this moment: a way back comes after all of them. */
const PAST_ALL_RINGS = LIMITS.maxReleaseOrdersHeld + 1;

export async function run(name: string | undefined, options: ReleaseOptions): Promise<void> {
  const known = await askReleases(options.state);
  const release = name === undefined ? before(known.releases) : findRelease(known.releases, name);
  const order = orderOf(known.releases, release.id, EVERYBODY, PAST_ALL_RINGS);
  await signAndTell("order", order, known, options);
  const { releases } = await askReleases(options.state);
  const holds = releases.order?.serial === order.serial;
  if (options.json)
    return printJson({ release: release.name, serial: order.serial, needed: releases.threshold, holds });
  const more = `it holds once ${releases.threshold} keys have signed it: run the same command with another`;
  print(`order ${order.serial}, back to ${release.name} for all: ${holds ? "it holds" : more}\n`);
}

/** What others serve while the newest is being rolled out, else the release that served here before. */
function before({ order, before, releases }: ReleaseStatus): KnownRelease {
  if (order === null) throw new HearsayError("ERR_CONFIG", "no release serves yet: there is nothing to go back from");
  const found = releases.find(({ id }) => id === (order.base ?? before));
  if (found !== undefined) return found;
  throw new HearsayError("ERR_CONFIG", "no other release has served on this peer: name one");
}
