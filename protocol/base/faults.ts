/**
 * What keeps a manifest of strangers from costing more than its bytes. A schema that looks at every entry of a list and makes a fault of each takes
 * 33 s and 1.4 GB for 1 MB of wrong ones; so lists are bounded before their entries are looked at, and a few faults of one are enough.
 */
import * as z from "zod";
import { counted } from "./counted.ts";
import { jsonSchemaOf } from "./json-schema.ts";
import { LIMITS } from "./limits.ts";
import { nearest } from "./nearest.ts";

/** One fault of a config or manifest. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** Faults of one list, and of a whole manifest, that are told; more are the same again. */
const FAULTS_TOLD = 20;
/** Known fields that are listed where an unknown one is like none of them. */
const FIELDS_TOLD = 24;
/** Characters of a wrong value that are shown. */
const VALUE_SHOWN = 120;

/** A field that is there, as `true`, or not there at all. */
export const trueOrLeftOut = z.literal(true, "give true, or leave the field out");

/** A list of `min` to `max` entries. The first faults are told; a list that is too long is not looked into. */
export function list<T>(item: z.ZodType<T>, min: number, max: number): z.ZodType<T[]> {
  const checked = z.unknown().transform((given, context) => {
    const complain = (message: string, ...path: PropertyKey[]) => {
      context.issues.push({ code: "custom", message, path, input: given });
      return z.NEVER;
    };
    if (!Array.isArray(given)) return complain("give a list");
    if (given.length < min || given.length > max)
      return complain(
        `has ${counted(given.length, "entry", "entries")}; give ${min === max ? min : `${min} to ${max}`}`,
      );
    const taken: T[] = [];
    for (let i = 0, faults = 0; i < given.length && faults < FAULTS_TOLD; i++) {
      const { success, data, error } = item.safeParse(given[i]);
      if (success) taken.push(data);
      for (const { message, path } of error?.issues.slice(0, FAULTS_TOLD - faults) ?? []) {
        complain(message, i, ...path);
        faults++;
      }
    }
    return taken;
  });
  const items = () => {
    const { $schema: _, ...schema } = jsonSchemaOf(item);
    return schema;
  };
  return checked.meta({
    type: "array",
    minItems: min,
    maxItems: max,
    get items() {
      return items(); // only where somebody asks for a JSON Schema: it takes time
    },
  });
}

/** A fault of a map with more fields than any manifest has, or of a text longer than a manifest may be; cost at most that of decoding it. */
export function sizeFault(source: unknown, path = ""): Fault | undefined {
  if (typeof source !== "object" || source === null || ArrayBuffer.isView(source)) return undefined;
  const entries: [string | number, unknown][] = [];
  if (!Array.isArray(source)) {
    entries.push(...Object.entries(source).slice(0, LIMITS.maxManifestFields + 1));
    if (entries.length > LIMITS.maxManifestFields)
      return { path: path || "(top)", message: `has more than ${LIMITS.maxManifestFields} fields` };
  } else for (let i = 0; i < source.length; i++) if (typeof source[i] === "object") entries.push([i, source[i]]);
  for (const [key, value] of entries) {
    const fault = sizeFault(value, path === "" ? String(key).slice(0, VALUE_SHOWN) : path);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/**
 * The first faults of a zod error with path, message and the value that was given. Unknown fields are told with the known one that was
 * probably meant, where `schema` is the one that found the error.
 */
export function faultsOf(error: z.ZodError, source: unknown, schema?: z.ZodType): Fault[] {
  return error.issues.map((issue) => {
    const advice = schema !== undefined && issue.code === "unrecognized_keys" ? meantFields(issue, schema) : "";
    const path = issue.path.map(String).join(".") || "(top)";
    const value = issue.path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
      source,
    );
    if (issue.code === "invalid_type" && value === undefined && issue.message.startsWith("Invalid input: "))
      return { path, message: `is missing: give ${KINDS[issue.expected] ?? issue.expected}` };
    const given = value === undefined || typeof value === "object" ? "" : ` (given: ${shown(value)})`;
    return { path, message: `${issue.message}${given}${advice}` };
  });
}

/** What zod expects, for people. */
const KINDS: Readonly<Record<string, string>> = {
  object: "fields, as in {name: value}",
  array: "a list",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

/** What may have been meant by the unknown fields of one object; where none is near, what there is. */
function meantFields(
  { keys, path }: { readonly keys: string[]; readonly path: PropertyKey[] },
  schema: z.ZodType,
): string {
  const known = path.reduce((at, key) => at.flatMap((one) => fieldsOf(one)[String(key)] ?? []), [schema]);
  const names = known.flatMap((one) => Object.keys(fieldsOf(one)));
  const meant = keys.slice(0, FAULTS_TOLD).flatMap((key) => nearest(key, names) ?? []);
  if (meant.length > 0) return `; did you mean ${meant.join(", ")}?`;
  return names.length === 0 || names.length > FIELDS_TOLD ? "" : `; known are ${names.join(", ")}`;
}

/** The fields of an object, also of one that has a default or is one of several kinds; none of anything else. */
function fieldsOf(schema: z.ZodType): Record<string, z.ZodType> {
  const { innerType, options, shape } = schema.def as {
    readonly innerType?: z.ZodType;
    readonly options?: readonly z.ZodType[];
    readonly shape?: Record<string, z.ZodType>;
  };
  if (innerType !== undefined) return fieldsOf(innerType);
  return shape ?? Object.assign({}, ...(options ?? []).map(fieldsOf));
}

/** All faults as lines of one message, or the first of them and how many more there are. */
export function faultLines(faults: readonly Fault[]): string {
  const lines = faults.slice(0, FAULTS_TOLD).map(({ path, message }) => `  ${path}: ${message}`);
  if (faults.length > FAULTS_TOLD) lines.push(`  and ${faults.length - FAULTS_TOLD} more`);
  return lines.join("\n");
}

function shown(value: unknown): string {
  const text = typeof value === "number" ? String(value) : JSON.stringify(value); // JSON has no Infinity
  return text.length <= VALUE_SHOWN ? text : `${text.slice(0, VALUE_SHOWN)}... of ${text.length} characters`;
}
