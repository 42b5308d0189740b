/** Which column of a table holds what, decided from its header line. */
import { counted } from "../../protocol/base/counted.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import { nameList, shellOption } from "../shell.ts";
import { type Header, readHeader } from "./csv-header.ts";
import { type NameList, namesIn } from "./name-list.ts";
import { listed, quoted } from "./names.ts";
import { readNumber } from "./number.ts";

/** What the label columns are and mean. */
export type CsvLabels =
  /** `classes` in the order of their indices; left out: the values that occur, sorted. */
  | { readonly kind: "classification"; readonly column: string; readonly classes?: readonly string[] | undefined }
  | { readonly kind: "regression"; readonly columns: NameList };

export interface ColumnChoice {
  readonly labels: CsvLabels;
  /** Of the task. Default: every column in order but those of labels and owner, and but `drop`. */
  readonly features?: readonly string[] | undefined;
  /** The features that are wanted here; where the task names them, the same ones. */
  readonly columns?: NameList | undefined;
  /** Columns to leave out; #3 is the third, for one without a name of its own. */
  readonly drop?: NameList | undefined;
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
  /** Columns without a name, which must be empty. */
  readonly unnamed: readonly number[];
  /** Fields that a row may lack or have beyond these, where they are empty: as many as names at the end are empty. */
  readonly least: number;
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  readonly column: string;
  readonly why: string;
}

/** @throws HearsayError ERR_DATA for a header without the columns, or that is none; ERR_CONFIG for choices that contradict the task. */
export function findColumns(path: string, fields: readonly string[], choice: ColumnChoice): CsvColumns {
  const header = readHeader(path, fields, choice.drop, choice.features === undefined);
  const { names } = header;
  if (names.every((name) => name === "" || typeof readNumber(name) === "number") && names.some((name) => name !== "")) {
    throw header.refuse("the first line holds numbers; a header line with the names of the columns is required");
  }
  const inputsOnly = choice.inputsOnly ?? false;
  const has = (name: string) => names.includes(name);
  const labelNames =
    choice.labels.kind === "classification" ? [choice.labels.column] : namesIn(choice.labels.columns, has);
  const labels = inputsOnly ? header.present(labelNames) : labelNames.map((name) => header.position(name, "label"));
  const owner = choice.owner === undefined ? undefined : ownerOf(header, choice.owner, inputsOnly);
  const others = new Set(owner === undefined ? labels : [...labels, owner]);
  const features = featuresOf(header, choice, others);
  header.refuseForms([...features, ...others]);
  return {
    names,
    features,
    labels: inputsOnly ? [] : labels,
    owner: inputsOnly ? undefined : owner,
    unnamed: unnamedOf(header, choice),
    least: names.findLastIndex((name) => name !== "") + 1,
    leftOut: leftOutOf(header, features, labels, owner),
  };
}

function ownerOf(header: Header, name: string, inputsOnly: boolean): number | undefined {
  return inputsOnly ? header.present([name])[0] : header.position(name, "owner");
}

function featuresOf(header: Header, choice: ColumnChoice, others: ReadonlySet<number>): number[] {
  const { names, dropped } = header;
  const columns = choice.columns === undefined ? undefined : namesIn(choice.columns, (name) => names.includes(name));
  if (choice.features !== undefined) refuseContradiction(choice.features, columns, header);
  const chosen = choice.features ?? columns;
  const positions =
    chosen?.map((name) => header.position(name, "feature")) ??
    [...names.keys()].filter((i) => names[i] !== "" && !others.has(i) && !dropped.has(i));
  const clash = positions.find((position) => others.has(position));
  if (clash !== undefined)
    throw header.refuse(`column ${quoted(names[clash] as string)} is asked for as a feature and as label or owner`);
  if (new Set(positions).size < positions.length) {
    const twice = positions.find((position, i) => positions.indexOf(position) < i) as number;
    throw header.refuse(`column ${quoted(names[twice] as string)} is asked for twice`);
  }
  if (positions.length === 0) throw header.refuse(`there is no feature column; the header has ${listed(names)}`);
  return positions;
}

/** What all peers agreed on is in the task; a choice of one peer may say the same, not another. */
function refuseContradiction(features: readonly string[], columns: string[] | undefined, { names, dropped }: Header) {
  const wanted = new Set(features);
  const unlike =
    columns?.find((name) => !wanted.has(name)) ?? (columns && features.find((name) => !columns.includes(name)));
  if (unlike !== undefined) {
    const message = `data.columns: the task reads ${counted(features.length, "column")}, and ${quoted(unlike)} is in one of the lists only`;
    throw new HearsayError("ERR_CONFIG", `${message}; leave --columns out, or begin another task with hearsay init`);
  }
  const left = new Set(names.filter((_, i) => !dropped.has(i)));
  const needed = [...dropped].map((i) => names[i] as string).find((name) => wanted.has(name) && !left.has(name));
  if (needed !== undefined) {
    const message = `data.drop: the task reads column ${quoted(needed)}`;
    throw new HearsayError("ERR_CONFIG", `${message}; leave --drop out, or begin another task with hearsay init`);
  }
}

function unnamedOf({ names, dropped }: Header, { features, columns }: ColumnChoice): number[] {
  if (features !== undefined || columns !== undefined) return [];
  return [...names.keys()].filter((i) => names[i] === "" && !dropped.has(i));
}

function leftOutOf(
  header: Header,
  features: readonly number[],
  labels: readonly number[],
  owner: number | undefined,
): LeftOut[] {
  const [used, label] = [new Set(features), new Set(labels)];
  return header.names.flatMap((name, i): LeftOut[] => {
    if (used.has(i) || label.has(i)) return [];
    const column = name === "" ? `#${i + 1}` : name;
    if (i === owner) return [{ column, why: "the owner" }];
    if (header.dropped.has(i)) return [{ column, why: "--drop" }];
    return [{ column, why: name === "" ? "no name, no values" : "not in --columns" }];
  });
}

/** The option that leaves a column out. */
export function dropOption(columns: readonly string[]): string {
  return shellOption("--drop", nameList(columns));
}
