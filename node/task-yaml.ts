/** Task files as people write them. */
import { isScalar, isSeq, parseDocument } from "yaml";

/** Lists of names: classes that are called true, null or 1.0 are meant as they stand there. */
const NAMES = [
  ["input", "features"],
  ["input", "missing"],
  ["output", "classes"],
  ["output", "targets"],
];

/** The value of a YAML text, the names in it as they are written. @throws an error of the YAML parser. */
export function parseTaskYaml(text: string): unknown {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw error;
  for (const path of NAMES) {
    const list = document.hasIn(path) ? document.getIn(path) : undefined;
    if (!isSeq(list)) continue;
    for (const item of list.items) if (isScalar(item)) asWritten(item);
  }
  const column = document.hasIn(["output", "column"]) ? document.getIn(["output", "column"], true) : undefined;
  if (isScalar(column)) asWritten(column);
  return document.toJS();
}

function asWritten(scalar: { value: unknown; source?: string }): void {
  if (typeof scalar.value !== "string" && scalar.source !== undefined) scalar.value = scalar.source;
}
