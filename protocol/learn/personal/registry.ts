/** The methods of personal models, under the names that tasks use. One more is its file and its place in this list. */
import { type Registry, registryOf } from "../../base/registry.ts";
import { calibration } from "./calibration.ts";
import { ditto } from "./ditto.ts";
import { fedbn } from "./fedbn.ts";
import { fedper } from "./fedper.ts";
import { fedrep } from "./fedrep.ts";
import type { PersonalMethod } from "./method.ts";
import { offset } from "./offset.ts";
import { units } from "./units.ts";

export const PERSONAL_METHODS: Registry<PersonalMethod> = registryOf([
  ...[fedper, fedrep, fedbn, ditto],
  ...[calibration, offset, units],
]);
