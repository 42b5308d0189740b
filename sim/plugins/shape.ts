/** What a plugin must look like. It may be plain JavaScript: what the types say is asked for again, in words. */
import * as z from "zod";

const name = z
  .string("give a name")
  .regex(/^[a-z][a-zA-Z0-9-]{0,63}$/, "a name has 1 to 64 letters, digits and -, a small letter first");
const text = z.string("give a text").min(1, "give a text");
const number = z.number("give a number");

function calls(signature: string) {
  return z.custom((value) => typeof value === "function", `give a function ${signature}`);
}

const options = z
  .custom<z.ZodType>(
    (value) => typeof (value as z.ZodType | undefined)?.safeParse === "function",
    "give a zod schema, such as z.strictObject({ scale: z.number().default(1) })",
  )
  .superRefine((schema, context) => {
    const { error } = schema.safeParse({});
    for (const { path, message } of error?.issues ?? [])
      context.addIssue({ code: "custom", message: `${path.join(".") || "it"} needs a default (${message})` });
  });

const attack = z.looseObject({
  name,
  about: text,
  source: text,
  options,
  join: calls("(coalition, options) => (liar) => disguise; defineAttack() makes an attack"),
});

const parameter = z
  .looseObject({ default: number, min: number, max: number, about: text })
  .refine(({ default: usual, min, max }) => min <= usual && usual <= max, "default must lie in min .. max");

const rule = z.looseObject({
  name,
  about: text.optional(),
  parameters: z.record(z.string(), parameter, "give the parameters, { NAME: { default, min, max, about } }, or {}"),
  quorum: calls("(parameters) => number of candidates; settled() makes a rule of a settlement"),
  aggregate: calls("(input, parameters) => { params, statuses, mass }; settled() makes a rule of a settlement"),
});

const partition = z.looseObject({
  name,
  about: text,
  number: z.looseObject({ name: text, example: number.positive() }).optional(),
  deal: calls("({ data, peers, rng, number }) => rows of each peer"),
});

const metric = z.looseObject({
  name: name.refine((text) => text !== "loss" && text !== "numExamples", "is measured already"),
  label: text,
  kind: z.enum(["classification", "regression"], "give classification or regression"),
  measure: calls("(evidence) => number"),
  format: calls("(value) => text"),
});

const codec = z.looseObject({
  name,
  forLayout: calls("(layout) => { isLossless, minBytes, maxBytes, encode, decode }"),
});

const topology = z.looseObject({
  name,
  about: text,
  options,
  links: calls("({ peers, rng }, options) => list of [a, b]; defineTopology() makes a topology"),
  label: calls("(options, peers) => text").optional(),
});

const algorithm = z.looseObject({
  name,
  about: text,
  source: text,
  options,
  start: calls("async (environment, options) => learners; defineAlgorithm() makes an algorithm"),
});

/** Of the default export. A list of a kind that there is not is a fault. */
export const pluginSchema = z.strictObject(
  {
    attacks: z.array(attack, "give a list").optional(),
    rules: z.array(rule, "give a list").optional(),
    partitions: z.array(partition, "give a list").optional(),
    metrics: z.array(metric, "give a list").optional(),
    codecs: z.array(codec, "give a list").optional(),
    topologies: z.array(topology, "give a list").optional(),
    algorithms: z.array(algorithm, "give a list").optional(),
  },
  {
    error: ({ code, input }) =>
      code === "unrecognized_keys"
        ? undefined
        : `give an object of lists, such as { attacks: [myAttack] }${input === undefined ? "; the file has no default export" : ""}`,
  },
);
