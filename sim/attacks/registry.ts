/** The attacks, by the name that command line and scenarios use. */
import { type Registry, registryOf } from "../../protocol/base/registry.ts";
import { adaptive } from "./adaptive.ts";
import { alie } from "./alie.ts";
import type { Attack } from "./attack.ts";
import { backdoor } from "./backdoor.ts";
import { dissensus } from "./dissensus.ts";
import { drift } from "./drift.ts";
import { eclipse } from "./eclipse.ts";
import { equivocation } from "./equivocation.ts";
import { falseRelease } from "./false-release.ts";
import { flatterer } from "./flatterer.ts";
import { foe } from "./foe.ts";
import { freeRider } from "./free-rider.ts";
import { gaussian } from "./gaussian.ts";
import { insideTheBall } from "./inside-the-ball.ts";
import { ipm } from "./ipm.ts";
import { labelFlip } from "./label-flip.ts";
import { lyingAge } from "./lying-age.ts";
import { mimic } from "./mimic.ts";
import { pushFlood } from "./push-flood.ts";
import { replay } from "./replay.ts";
import { signFlipAttack } from "./sign-flip.ts";
import { silent } from "./silent.ts";
import { sleeper } from "./sleeper.ts";
import { spectral } from "./spectral.ts";
import { sybil } from "./sybil.ts";

/** Every attack, by name. One more is its file and its place in this list. */
export const ATTACKS: Registry<Attack> = registryOf([
  signFlipAttack,
  gaussian,
  alie,
  ipm,
  foe,
  dissensus,
  mimic,
  labelFlip,
  backdoor,
  freeRider,
  replay,
  lyingAge,
  equivocation,
  pushFlood,
  sybil,
  eclipse,
  sleeper,
  flatterer,
  insideTheBall,
  adaptive,
  spectral,
  drift,
  silent,
  falseRelease,
]);
