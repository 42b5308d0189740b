/**
 * Task files as people write them. js-yaml reads a task of 100,000 columns in a tenth of the time that `yaml` takes, which writes task files and
 * keeps their comments.
 */
import { CORE_SCHEMA, FAILSAFE_SCHEMA, load, type Schema } from "js-yaml";

/** Lists of names, and names: classes that are called true, null or 1.0 are meant as they stand there. */
const NAMES = [
  ["input", "features"],
  ["input", "missing"],
  ["output", "classes"],
  ["output", "targets"],
  ["output", "column"],
];
/** Levels of lists and maps; a task has 4. */
const MAX_DEPTH = 32;
/** So few cannot make much of little, however they are nested. */
const MAX_ALIASES = 10;

/** The value of a YAML text, the names in it as they are written. @throws an error of the YAML parser, which names line and column. */
export function parseTaskYaml(text: string): unknown {
  const value = read(text, CORE_SCHEMA);
  refuseCycles(value);
  const written = read(text, FAILSAFE_SCHEMA); // every scalar is a text
  for (const [part = "", name = ""] of NAMES) {
    const [to, from] = [member(value, part), member(written, part)];
    if (isRecord(to) && name in to) to[name] = asWritten(to[name], member(from, name));
  }
  return value;
}

/** The value of any YAML text; undefined where js-yaml cannot read it. @param text trusted: it may make much of little. */
export function readYaml(text: string): { readonly value: unknown } | undefined {
  try {
    const value = read(text, CORE_SCHEMA);
    refuseCycles(value);
    return { value };
  } catch {
    return undefined;
  }
}

function read(text: string, schema: Schema): unknown {
  if (/^(?:\s|#.*|---)*$/.test(text)) return null; // js-yaml takes an empty file for an error
  return load(text, { schema, maxDepth: MAX_DEPTH, maxAliases: MAX_ALIASES });
}

/** @throws Error where a list or map is within itself, as YAML can write it. */
function refuseCycles(value: unknown): void {
  try {
    JSON.stringify(value);
  } catch (cause) {
    throw new Error("an alias stands within what it is the name of; write the value instead", { cause });
  }
}

/** Texts in place of what is no list, map or text. */
function asWritten(value: unknown, written: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(written)) return value.map((item, i) => asWritten(item, written[i]));
  return typeof written === "string" && (typeof value !== "object" || value === null) ? written : value;
}

function member(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
