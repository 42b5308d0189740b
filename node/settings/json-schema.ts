/** JSON Schema of `config.yaml`. */
import { type JsonSchema, jsonSchemaOf } from "../../protocol/base/json-schema.ts";
import { configSchema } from "./table.ts";

export function configJsonSchema(): JsonSchema {
  return { title: "Hearsay configuration", ...jsonSchemaOf(configSchema) };
}
