/** JSON Schema of a task as people write it: the shape of `base/task-schema.ts`, with the names that the registries know. */
import { rulePattern } from "../aggregate/registry.ts";
import { type JsonSchema, jsonSchemaOf, refined } from "../base/json-schema.ts";
import { taskSchema } from "../base/task-schema.ts";
import { CODECS } from "../codec/registry.ts";

export function taskJsonSchema(): JsonSchema {
  const schema = refined(jsonSchemaOf(taskSchema), "aggregation.rule", { pattern: rulePattern() });
  return { title: "Hearsay task", ...refined(schema, "codec", { enum: [...CODECS.keys()] }) };
}
