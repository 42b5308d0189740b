/** Source `file`: a table in a file that grows. */
import { stat } from "node:fs/promises";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { openQuoteTeller } from "../follow/open-quote.ts";
import { formOf, type TableForm, TableRecords } from "../follow/table-records.ts";
import { Tail, type TailPosition } from "../follow/tail.ts";
import type { OpenSource, OpenSourceOptions, SourceKind } from "./source.ts";

interface FilePosition {
  readonly tail?: TailPosition;
  readonly form?: TableForm;
}

async function openFile({ path, table, past, warn }: OpenSourceOptions): Promise<OpenSource> {
  if (/\.gz$/i.test(path)) throw new HearsayError("ERR_DATA", `${path}: a packed file does not grow; unpack it`);
  const { tail: place, form } = (past ?? {}) as FilePosition;
  if (form === undefined || !table.isHeader(form.header)) await formOf(path, table); // refused before anything is learned
  const tail = new Tail(path, place);
  const records = new TableRecords(tail, table, form);
  const tellOpenQuote = openQuoteTeller(warn);
  return {
    name: path,
    async take(maxRecords) {
      const taken = [];
      while (taken.length < maxRecords) {
        const { records: some, isEnd, didRead } = await records.take(maxRecords - taken.length);
        taken.push(...some);
        if (isEnd) await tail.next();
        else if (!didRead) break;
      }
      tellOpenQuote(path, records.openQuote);
      return { records: taken, isMore: taken.length === maxRecords };
    },
    position: () => ({ tail: tail.position(), form: records.form }),
    acknowledge() {},
    close: () => tail.close(),
  };
}

export const file: SourceKind = {
  name: "file",
  about: "a table (.csv, .tsv) that grows; renamed, truncated or replaced files are read on",
  async isMeantBy(path) {
    const found = await stat(path).catch(() => undefined);
    return found === undefined ? /\.[ct]sv$/i.test(path) : found.isFile();
  },
  open: openFile,
};
