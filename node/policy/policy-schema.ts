/** The shape of a site's `policy.yaml`: what a peer of this machine may do. Every field restricts; what is left out is not restricted, but for vertical learning. */
import * as z from "zod";
import { type JsonSchema, jsonSchemaOf } from "../../protocol/base/json-schema.ts";
import { parseByteLimit } from "../../protocol/traffic/byte-limit.ts";
import { isTimeZone } from "../time-zones.ts";
import { parseWindow } from "./quiet-hours.ts";

/** Ways in which a task may hide data; `cohort` stands for `privacy.cohort`. */
const PROTECTIONS = ["dp-sgd", "gaussian-update", "cohort"] as const;

const taskId = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "is no task id: 64 lower-case hexadecimal digits, as hearsay init prints them");

/** A check that throws RangeError for what it cannot read. */
function readBy(parse: (text: string) => unknown) {
  return z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as Error).message });
    }
  });
}

const budget = readBy((text) => {
  if (parseByteLimit(text) === undefined) throw new RangeError("unlimited restricts nothing: leave it out");
});

const timeZone = readBy((text) => {
  if (!isTimeZone(text)) throw new RangeError(`"${text}" is no time zone of this system, such as Europe/Berlin`);
});

export const policySchema = z.strictObject({
  tasks: z.array(taskId).min(1).optional().describe("the only tasks that a peer may work on, by their ids"),
  data: z
    .strictObject({
      minimumRows: z.int().min(1).optional().describe("a peer that has fewer rows to train on does not start"),
      columns: z
        .array(z.string().min(1))
        .min(1)
        .optional()
        .describe("the only columns of a table that may be used: as features, targets, classes or owners"),
    })
    .optional(),
  privacy: z
    .strictObject({
      mechanisms: z
        .array(z.enum(PROTECTIONS))
        .min(1)
        .optional()
        .describe("the task must hide data in one of these ways; cohort: models leave only in the mean of a few"),
      maxEpsilon: z.number().positive().optional().describe("the task's privacy budget may be at most this"),
    })
    .optional(),
  traffic: z
    .strictObject({
      budget: budget.optional().describe("bytes in and out of all links, as 20MB/day; a tighter setting stands"),
      quietHours: z
        .array(readBy(parseWindow))
        .min(1)
        .optional()
        .describe('when the peer is not there at all: "22:00-06:00", "Mon-Fri 08:00-18:00"'),
      timeZone: timeZone.optional().describe("of the quiet hours; that of the machine where left out"),
    })
    .optional(),
  predict: z.boolean().optional().describe("whether hearsay predict answers"),
  vertical: z
    .boolean()
    .default(false)
    .describe("whether vertical learning is allowed, which no other field here can hold"),
});

export type Policy = z.output<typeof policySchema>;

/** As `hearsay schema policy` prints it. */
export function policyJsonSchema(): JsonSchema {
  return { title: "Hearsay site policy", ...jsonSchemaOf(policySchema) };
}
