/** `privacy.cohort` of a task: whether models leave a peer only in the mean of a few. */
import * as z from "zod";
import { LIMITS } from "./limits.ts";

/** With two, each knows the other's. */
const FEWEST = 3;

const members = z.int().min(FEWEST).max(LIMITS.maxCohort);

/** Its shape, bounds and defaults. */
export const cohortSchema = z
  .strictObject({
    size: members.default(FEWEST).describe("peers that are meant to meet; 4 or 5 can lose one on the way, 3 none"),
    minimum: members.default(FEWEST).describe("fewest whose mean is published"),
  })
  .refine(({ size, minimum }) => minimum <= size, { path: ["minimum"], error: "is above size; lower it" });
