/** What every refusal of a topology has in common. */
import { HearsayError } from "../../protocol/base/errors.ts";

/** ERR_TASK; `what` names the layer, the value and the remedy. */
export function topologyFault(what: string, cause?: unknown): HearsayError {
  return new HearsayError(
    "ERR_TASK",
    `model.topology is no usable layers model: ${what}`,
    { path: "model.topology" },
    cause,
  );
}

export type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
