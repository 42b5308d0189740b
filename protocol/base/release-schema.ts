/** `releases` of a task: who may say which model serves. */
import * as z from "zod";
import { list } from "./faults.ts";
import { LIMITS } from "./limits.ts";

/** Its shape and bounds. */
export const releaseSchema = z.strictObject({
  keys: list(z.string().max(64), 1, LIMITS.maxReleaseKeys).describe("peer ids of the keys that may sign releases"),
  threshold: z
    .int()
    .min(1)
    .max(LIMITS.maxReleaseKeys)
    .optional()
    .describe("how many of them have to sign which release serves: more than half, which is the default"),
});
