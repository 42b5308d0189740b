/** JSON Schema of a scenario in a file: what the simulator takes, and files in place of traces (`traces.ts`). */
import type { JsonSchema } from "../../../protocol/base/json-schema.ts";

const FILE: JsonSchema = {
  type: "object",
  description: "a CSV file, relative to the scenario",
  properties: { file: { type: "string" } },
  required: ["file"],
  additionalProperties: false,
};

/** Fields that a file may stand for, whatever kind they belong to. */
const FIELDS: readonly string[] = ["sessions", "contacts", "trainings", "links", "ms"];

export async function scenarioFileJsonSchema(): Promise<JsonSchema> {
  const { scenarioJsonSchema } = await import("../../../sim/run/json-schema.ts");
  return withFiles(scenarioJsonSchema()) as JsonSchema;
}

/** Every list among these fields may be a file. */
function withFiles(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withFiles);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => {
    const isList = (value as JsonSchema | null)?.type === "array";
    return [key, FIELDS.includes(key) && isList ? { anyOf: [value, FILE] } : withFiles(value)];
  });
  return Object.fromEntries(entries);
}
