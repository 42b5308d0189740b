/** `personal` of a task: what of a model stays with each site. */
import * as z from "zod";
import { list } from "./faults.ts";
import { LIMITS } from "./limits.ts";

/** Its shape and bounds. */
export const personalSchema = z.strictObject({
  method: z
    .string()
    .describe(
      "fedper, fedrep or fedbn (some tensors stay), ditto (a second model stays), calibration (two numbers stay), offset (one number stays), units (two numbers of each column stay)",
    ),
  tensors: list(z.string().min(1).max(256), 0, LIMITS.maxTensors)
    .optional()
    .describe(
      "of fedper, fedrep and fedbn: names of the tensors that stay, in which * stands for anything; left out: those of the last layer, of fedbn those of normalisation",
    ),
  lambda: z
    .number()
    .positive()
    .max(100)
    .optional()
    .describe("of ditto: how strongly the own model is drawn to the common one; 0.5 where left out"),
});
