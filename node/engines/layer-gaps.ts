/** Layers that tfjs has, with a setting that it lacks: where its own message does not help, or none comes. */
import type { LayerJson } from "./keras.ts";
import { topologyFault } from "./topology-fault.ts";

interface Gap {
  readonly kinds: RegExp;
  readonly key: string;
  readonly value: unknown;
  readonly remedy: string;
}

const GAPS: readonly Gap[] = [
  { kinds: /^GRU(?:Cell)?$/, key: "reset_after", value: true, remedy: "build it with reset_after=False, or take LSTM" },
  { kinds: /^Global/, key: "keepdims", value: true, remedy: "leave keepdims out, and put a Reshape after it" },
  { kinds: /^Conv1D$/, key: "padding", value: "causal", remedy: "put padding to valid or same" },
];

/** Layers that tfjs builds and cannot run in training. */
const BROKEN: Readonly<Record<string, string>> = {
  Resizing: "resize the images before they come in, or take pooling or UpSampling2D",
};

/** @throws HearsayError ERR_TASK */
export function checkGaps(named: string, { class_name, config }: LayerJson): void {
  for (const { kinds, key, value, remedy } of GAPS) {
    if (!kinds.test(class_name) || config[key] !== value) continue;
    const given = value === true ? "True" : JSON.stringify(value);
    throw topologyFault(`${named} has ${key}=${given}, which tfjs cannot compute; ${remedy}`);
  }
  if (Object.hasOwn(BROKEN, class_name))
    throw topologyFault(`${named} cannot be trained by tfjs; ${BROKEN[class_name]}`);
}
