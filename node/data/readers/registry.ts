/** The readers of data files, by the ending of a name. One more is its file and its place in this list. */
import { statSync } from "node:fs";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { arrays } from "./arrays.ts";
import type { DataReader } from "./reader.ts";
import { table } from "./table.ts";

export const READERS: readonly DataReader[] = [table, arrays];

/** Every ending that is read, for help and messages: `.csv, .tsv, .npy or .safetensors` with the word "or". */
export function endingsText(word: "and" | "or", readers: readonly DataReader[] = READERS): string {
  const endings = readers.flatMap((reader) => reader.endings);
  return `${endings.slice(0, -1).join(", ")} ${word} ${endings.at(-1)}`;
}

/** Files of other kinds, and how to make one of these of them. */
const OTHER_KINDS: Readonly<Record<string, string>> = {
  npz: "an archive of arrays: numpy.save each in a file of its own",
  xlsx: "a spreadsheet: save it as CSV",
  xls: "a spreadsheet: save it as CSV",
  ods: "a spreadsheet: save it as CSV",
  parquet: "Parquet: in pandas, read_parquet(file).to_csv(name, index=False)",
  feather: "Feather: in pandas, read_feather(file).to_csv(name, index=False)",
  pkl: "a pickle, which is code and never read: in pandas, to_csv(name, index=False)",
  pt: "a PyTorch file, which is pickled code and never read: safetensors.torch.save_file({'x': x, 'y': y}, name)",
  h5: "HDF5: in pandas, read_hdf(file).to_csv(name, index=False)",
  mat: "MATLAB's: writematrix there, or numpy.save of scipy.io.loadmat(file)['x']",
  jsonl: "lines of JSON: in pandas, read_json(file, lines=True).to_csv(name, index=False)",
  arrow: "Arrow: in pandas, read_feather(file).to_csv(name, index=False)",
  rds: "R's: write.csv(readRDS(file), name, row.names = FALSE) there",
  sav: "of SPSS: in pandas, read_spss(file).to_csv(name, index=False)",
  dta: "of Stata: in pandas, read_stata(file).to_csv(name, index=False)",
  json: "JSON: in pandas, read_json(file).to_csv(name, index=False)",
  zip: "an archive: unpack it",
  txt: "text of no known kind: rename it to .csv if it is a table",
};

/** The reader of a file by its name. @throws HearsayError ERR_DATA for a file whose name says something else, with what to do. */
export function readerFor(path: string, readers: readonly DataReader[] = READERS): DataReader {
  const name = path.toLowerCase().replace(/\.gz$/, "");
  const reader = readers.find(({ endings }) => endings.some((ending) => name.endsWith(ending)));
  if (reader !== undefined) return reader;
  const what =
    (path === "-" ? "standard input is read by hearsay up --follow alone: name a file" : undefined) ??
    (statSync(path, { throwIfNoEntry: false })?.isDirectory() ? "is a folder: name a file in it" : undefined) ??
    OTHER_KINDS[/\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ""] ??
    "its name ends as that of no known kind: rename it to .csv if it is a table";
  const read = `read are ${endingsText("and", readers)}, also .gz of these`;
  throw new HearsayError("ERR_DATA", `${path}: ${what}; ${read}`, { path });
}
