/** Which column of a CSV file holds what, decided from its header line. */
import { HearsayError } from "../../protocol/errors.ts";
import { readNumber } from "./number.ts";

/** What the label columns are and mean. */
export type CsvLabels =
  /** `classes` in the order of their indices; left out: the values that occur, sorted. */
  | { readonly kind: "classification"; readonly column: string; readonly classes?: readonly string[] | undefined }
  | { readonly kind: "regression"; readonly columns: readonly string[] };

export interface ColumnChoice {
  readonly labels: CsvLabels;
  /** Default: every column in order but those of labels and owner. */
  readonly features?: readonly string[] | undefined;
  /** Column that names the owner of a row. */
  readonly owner?: string | undefined;
  /** Label columns are not read and may be missing, as in data to predict. */
  readonly inputsOnly?: boolean | undefined;
}

/** Positions in a row. */
export interface CsvColumns {
  readonly names: readonly string[];
  readonly features: readonly number[];
  readonly labels: readonly number[];
  readonly owner: number | undefined;
}

/** @throws HearsayError ERR_DATA for a header without the columns, or that is none. */
export function findColumns(path: string, names: readonly string[], choice: ColumnChoice): CsvColumns {
  const refuse = (message: string) => new HearsayError("ERR_DATA", `${path}: ${message}`, { path, columns: names });
  const positionOf = (name: string, what: string) => {
    const position = names.indexOf(name);
    if (position < 0) throw refuse(`there is no ${what} column "${name}"; the header has ${listed(names)}`);
    if (names.indexOf(name, position + 1) >= 0) throw refuse(`the header has column "${name}" twice; rename one`);
    return position;
  };
  if (names.length > 0 && names.every((name) => typeof readNumber(name) === "number")) {
    throw refuse("the first line holds numbers; a header line with the names of the columns is required");
  }
  const labelNames = choice.labels.kind === "classification" ? [choice.labels.column] : choice.labels.columns;
  const others = new Set([...labelNames, ...(choice.owner === undefined ? [] : [choice.owner])]);
  const twice = choice.features?.find((name) => others.has(name));
  if (twice !== undefined) throw refuse(`column "${twice}" is asked for as a feature and as label or owner`);
  const features = choice.features ?? names.filter((name) => !others.has(name));
  if (features.length === 0) throw refuse("there is no feature column");
  if (choice.features === undefined && features.includes("")) {
    throw refuse("a column has no name (a row number that pandas wrote?); name it, or drop it with index=False");
  }
  const inputsOnly = choice.inputsOnly ?? false;
  return {
    names,
    features: features.map((name) => positionOf(name, "feature")),
    labels: inputsOnly ? [] : labelNames.map((name) => positionOf(name, "label")),
    owner: inputsOnly || choice.owner === undefined ? undefined : positionOf(choice.owner, "owner"),
  };
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => `"${name}"`);
  return names.length > shown.length ? `${shown.join(", ")} and ${names.length - shown.length} more` : shown.join(", ");
}
