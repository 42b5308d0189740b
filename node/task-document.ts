/** Values of a task file, each with a remark behind it for whoever reads the file, and its text. */
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

/** Letters of a line. */
const WIDTH = 120;

/** A list that the YAML library has broken into lines. */
const BROKEN_LIST = /^( *)\[\n((?:\1 {2}\S.*\n)+)\1\]/gm;

/** A whole entry in one line; a long text that is broken itself is none. */
const ENTRY = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^"',]+),?$/;

/** The file. Long lists, as the names of 256 columns, fill their lines. */
export function taskText(document: Document): string {
  const text = document.toString({ lineWidth: WIDTH, flowCollectionPadding: false });
  return text.replace(BROKEN_LIST, (list, indent: string, body: string) => {
    const entries = body.trim().split(/\n */);
    if (!entries.every((entry) => ENTRY.test(entry))) return list;
    const lines = [`${indent} `];
    for (const entry of entries) {
      const longer = `${lines.at(-1)} ${entry}`;
      if (longer.length <= WIDTH) lines[lines.length - 1] = longer;
      else lines.push(`${indent}  ${entry}`);
    }
    return [`${indent}[`, ...lines, `${indent}]`].join("\n");
  });
}
