/** `hearsay data lags`: a series as rows to forecast it from. */
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { leftOutText, type SeriesOptions, writeRows } from "./series-rows.ts";

export async function run({ json, ...options }: SeriesOptions & { readonly json?: boolean }): Promise<void> {
  const told = await writeRows(options);
  if (json) return printJson({ file: options.output, ...told });
  print(
    `${facts([
      ["wrote", options.output],
      ["rows", String(told.rows)],
      ["left out", leftOutText(told)],
      ...(told.why === undefined ? [] : [["the first", told.why] as const]),
    ])}\n`,
  );
}
