/** JSON Schema of a scenario as people write it, with the options of every algorithm and attack that the registries know. */
import type * as z from "zod";
import { type JsonSchema, jsonSchemaOf, refined } from "../../protocol/base/json-schema.ts";
import { ALGORITHMS } from "../algorithms/registry.ts";
import { ATTACKS } from "../attacks/registry.ts";
import { scenarioSchema } from "../seams/scenario-schema.ts";

interface Registered {
  readonly about: string;
  readonly options: z.ZodType;
}

/** Options that every attack has beside its own. */
const OF_EVERY_ATTACK: JsonSchema = { share: { type: "number", minimum: 0, maximum: 1, default: 0.2 } };

export function scenarioJsonSchema(): JsonSchema {
  const schema = refined(jsonSchemaOf(scenarioSchema), "algorithm", choices(ALGORITHMS));
  return { title: "Hearsay scenario", ...refined(schema, "attack", choices(ATTACKS, OF_EVERY_ATTACK)) };
}

/** A name, or `{ kind: name, ...options }`. */
function choices(registry: ReadonlyMap<string, Registered>, common: JsonSchema = {}): JsonSchema {
  const entries = [...registry].map(([name, { about, options }]) => {
    const { properties = {}, required = [] } = jsonSchemaOf(options);
    return {
      type: "object",
      description: about,
      properties: { kind: { const: name }, ...common, ...(properties as JsonSchema) },
      required: ["kind", ...(required as string[])],
      additionalProperties: false,
    };
  });
  return { anyOf: [{ enum: [...registry.keys()] }, ...entries] };
}
