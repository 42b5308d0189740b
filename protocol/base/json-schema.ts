/** JSON Schema (2020-12) of what people write, from the zod schema that checks it. */
import * as z from "zod";

export type JsonSchema = { [keyword: string]: unknown };

/**
 * What the parser accepts, before defaults are filled in and texts converted. A schema that zod cannot describe, such as a transformation, says
 * what it accepts by `.meta({ ... })` in the words of JSON Schema; what depends on several fields is not described.
 */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
}

/**
 * A copy of a schema of objects in which one field, by its path, has more keywords.
 * @throws TypeError where there is no such field.
 */
export function refined(schema: JsonSchema, path: string, keywords: JsonSchema): JsonSchema {
  const [name = "", ...rest] = path.split(".");
  const properties = (schema.properties ?? {}) as { readonly [name: string]: JsonSchema };
  const field = properties[name];
  if (field === undefined) throw new TypeError(`the schema has no field ${name}`);
  const more = rest.length === 0 ? { ...field, ...keywords } : refined(field, rest.join("."), keywords);
  return { ...schema, properties: { ...properties, [name]: more } };
}
