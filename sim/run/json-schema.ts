/** JSON Schema of a scenario as people write it, with the options of every algorithm, attack and topology that the registries know. */
import type * as z from "zod";
import { type JsonSchema, jsonSchemaOf, refined } from "../../protocol/base/json-schema.ts";
import { partitionPattern } from "../../protocol/learn/data/partition.ts";
import { METRICS } from "../../protocol/learn/metrics/registry.ts";
import { ALGORITHMS } from "../algorithms/registry.ts";
import { ATTACKS } from "../attacks/registry.ts";
import { TOPOLOGIES } from "../network/topologies/registry.ts";
import { scenarioSchema } from "../seams/scenario-schema.ts";

interface Registered {
  readonly about: string;
  readonly options: z.ZodType;
}

/** Options that every attack has beside its own. */
const OF_EVERY_ATTACK: JsonSchema = { share: { type: "number", minimum: 0, maximum: 1, default: 0.2 } };

export function scenarioJsonSchema(): JsonSchema {
  const refinements: readonly (readonly [path: string, keywords: JsonSchema])[] = [
    ["metrics.also", { items: { enum: [...METRICS.keys()] } }],
    ["partition", { pattern: partitionPattern() }],
    ["algorithm", choices(ALGORITHMS)],
    ["attack", choices(ATTACKS, OF_EVERY_ATTACK)],
    ["network.topology", choices(TOPOLOGIES)],
  ];
  const schema = refinements.reduce(
    (whole, [path, keywords]) => refined(whole, path, keywords),
    jsonSchemaOf(scenarioSchema),
  );
  return { title: "Hearsay scenario", ...schema };
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
