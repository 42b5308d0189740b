/** What `hearsay schema` prints. One more is a line here. */
import type { JsonSchema } from "../../../protocol/base/json-schema.ts";

/** Each is loaded when it is asked for. */
export const SCHEMAS: ReadonlyMap<string, () => Promise<JsonSchema>> = new Map([
  ["task", async () => (await import("../../../protocol/task/json-schema.ts")).taskJsonSchema()],
  ["config", async () => (await import("../../settings/json-schema.ts")).configJsonSchema()],
  ["policy", async () => (await import("../../policy/policy-schema.ts")).policyJsonSchema()],
  ["scenario", async () => (await import("../sim/json-schema.ts")).scenarioFileJsonSchema()],
]);

export const SCHEMA_NAMES: readonly string[] = [...SCHEMAS.keys()];
