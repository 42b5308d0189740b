/** Options that say where examples are and how a table is to be read; the same for every command that reads one. */

export interface DataOptions {
  readonly data?: string;
  readonly dataset?: string;
  readonly label?: string;
  readonly targets?: string;
  readonly owner?: string;
  readonly columns?: string;
  readonly drop?: string;
  readonly missing?: string;
  readonly encoding?: string;
  readonly delimiter?: string;
  readonly decimal?: string;
}

/** As settings by path, for `loadConfig`. */
export function dataSettings(options: DataOptions): Record<string, string | undefined> {
  return {
    "data.path": options.data,
    "data.dataset": options.dataset,
    "data.label": options.label,
    "data.targets": options.targets,
    "data.owner": options.owner,
    "data.columns": options.columns,
    "data.drop": options.drop,
    "data.missing": options.missing,
    "data.encoding": options.encoding,
    "data.delimiter": options.delimiter,
    "data.decimal": options.decimal,
  };
}
