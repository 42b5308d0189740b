/** The metrics, in the order in which they are told. One more is its file and its place in this list. */
import { type Registry, registryOf } from "../../base/registry.ts";
import { accuracy } from "./accuracy.ts";
import { macroF1 } from "./macro-f1.ts";
import type { Metric } from "./metric.ts";
import { r2 } from "./r2.ts";
import { rmse } from "./rmse.ts";
import { worstClass } from "./worst-class.ts";

/** Every metric, in the order in which they are told. */
export const METRICS: Registry<Metric> = registryOf<Metric>([accuracy, macroF1, worstClass, rmse, r2]);
