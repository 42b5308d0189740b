/** Values of a task file, each with a remark behind it for whoever reads the file. */
import { type Document, parseDocument } from "yaml";

/** A task file to be written on. Words that YAML 1.1 takes for something else, as `No`, come out quoted: most readers in other languages know that version only. */
export function taskDocument(text: string): ReturnType<typeof parseDocument> {
  return parseDocument(text, { compat: "yaml-1.1" });
}

/** Sets a value, lists and mappings in one line, and says why it is there. */
export function write(document: Document, path: string[], value: unknown, remark: string): void {
  document.setIn(path, document.createNode(value, { flow: true }));
  comment(document, path, remark);
}

/** A remark behind a value that is there; null takes one away. */
export function comment(document: Document, path: string[], text: string | null): void {
  const node = document.getIn(path, true);
  if (typeof node === "object" && node !== null) (node as { comment?: string | null }).comment = text;
}
