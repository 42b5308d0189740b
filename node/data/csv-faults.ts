/**
 * Collects what is wrong with a table, so that its owner hears of everything at once: a column that is bad throughout in one line, single
 * values one by one, and at the end what can be done about them.
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import { sum } from "../../protocol/base/figures.ts";
import { shellOption } from "../shell.ts";
import { dropOption } from "./csv-columns.ts";
import { EMPTY } from "./name-list.ts";
import { quoted, visible } from "./names.ts";
import type { Problem } from "./number.ts";

/** A feature may be left out, a row without a label too. */
export type ColumnUse = "feature" | "label" | "owner";

export interface CsvFaults {
  /** `text` is the value, `problem` what is wrong with it. */
  value(column: number, line: number, text: string, problem: Problem, use: ColumnUse): void;
  /** A row that is `width` fields wide, which is not as wide as the header. */
  row(line: number, width: number): void;
  /** Of the table as a whole. */
  table(problem: string): void;
  /** @throws HearsayError ERR_DATA with up to 20 lines (`details.faults`) and the number of all faults (`details.total`). */
  throwIfAny(names: readonly string[], rows: number): void;
}

/** Lines that are printed. */
const MAX_LINES = 20;
/** More faults than this in a column are told in one line. */
const MAX_SINGLE = 5;
/** Different values of a column that may be meant as "no reading". */
const MAX_VALUES = 5;
/** Different words of a column that may be kinds, as of colours; each becomes a column. */
const MAX_KINDS = 30;
/** Rows of a kind: names of rows are no kinds. */
const MIN_OF_KIND = 10;

interface ColumnFaults {
  readonly use: ColumnUse;
  readonly first: { line: number; problem: Problem }[];
  /** The values, as long as they are few. */
  readonly values: Set<string>;
  count: number;
}

/** `agreed`: a task names the columns, so that none can be left out. */
export function createCsvFaults(path: string, agreed: boolean): CsvFaults {
  const columns = new Map<number, ColumnFaults>();
  const rows: { line: number; width: number }[] = [];
  const widths = new Map<number, number>();
  const whole: string[] = [];
  let total = 0;
  return {
    value(column, line, text, problem, use) {
      total++;
      const known = columns.get(column) ?? { use, first: [], values: new Set<string>(), count: 0 };
      columns.set(column, known);
      known.count++;
      if (known.first.length < MAX_SINGLE) known.first.push({ line, problem });
      if (known.values.size <= MAX_KINDS) known.values.add(text);
    },
    row(line, width) {
      total++;
      widths.set(width, (widths.get(width) ?? 0) + 1);
      if (rows.length < MAX_SINGLE) rows.push({ line, width });
    },
    table(problem) {
      total++;
      whole.push(problem);
    },
    throwIfAny(names, length) {
      if (total === 0) return;
      const units = unitsRow(columns, length);
      const { throughout, single } =
        units === undefined ? columnLines(columns, names, length) : { throughout: [units], single: [] };
      const width = widthLines(rows, widths, names.length, length);
      const inOrder = [...width.single, ...single].sort((a, b) => a.line - b.line || a.column - b.column);
      const all = [...whole, ...width.throughout, ...throughout, ...inOrder.map(({ text }) => text)];
      const faults = all.slice(0, MAX_LINES);
      const heading = `${path}: ${total} fault(s)${all.length > MAX_LINES ? `, the first ${MAX_LINES}` : ""}:`;
      const remedies = units === undefined ? remediesFor(columns, names, length, agreed) : [];
      if (rows.length > 0 && width.single.length > 0) remedies.push("mend the lines of another width, or delete them");
      const message = [[heading, ...faults].join("\n  "), ...remedies].join("\n");
      throw new HearsayError("ERR_DATA", message, { path, faults, total });
    },
  };
}

interface Lines {
  readonly throughout: readonly string[];
  readonly single: readonly { readonly line: number; readonly column: number; readonly text: string }[];
}

/** Rows that are not as wide as the header; where all are alike, what it may come from. */
function widthLines(
  rows: readonly { line: number; width: number }[],
  widths: ReadonlyMap<number, number>,
  wanted: number,
  length: number,
): Lines {
  const [first] = rows;
  if (first === undefined) return { throughout: [], single: [] };
  const count = sum([...widths.values()]);
  if (widths.size === 1 && count === length && first.width > wanted) {
    const why =
      first.width === wanted + 1
        ? "where the first column has no name, as in what R writes, begin the header line with one more name, and leave it out with --drop " +
          "(in R: write.table(..., row.names = FALSE)); where numbers have a decimal comma, separate the fields by semicolons"
        : "the first line must name every column; where numbers have a decimal comma that separates fields, too, separate the fields by semicolons";
    return { throughout: [`every row has ${first.width} fields, the header has ${wanted}: ${why}`], single: [] };
  }
  const single = rows.map(({ line, width }) => ({
    line,
    column: 0,
    text: `line ${line}: ${width} field(s), the header has ${wanted}`,
  }));
  const more = count - rows.length;
  return {
    throughout: more > 0 ? [`${more} lines beside those below are wider or narrower than the header`] : [],
    single,
  };
}

/** Words in the first row below the header, and numbers in all others. */
function unitsRow(columns: ReadonlyMap<number, ColumnFaults>, rows: number): string | undefined {
  const features = [...columns.values()];
  const [first] = features.flatMap(({ first: [one] }) => (one === undefined ? [] : [one]));
  const words = features.flatMap(({ values }) => [...values]).filter((text) => text !== "");
  const alone = features.every((column) => column.count === 1 && column.first[0]?.line === first?.line);
  const units = words.length > 1 && words.every((word) => !/^\W?\d/.test(word));
  if (!alone || first === undefined || rows < 2 || !units || first.line > 3) return undefined;
  const some = words.slice(0, 5).map((word) => quoted(word.slice(0, 20)));
  return `line ${first.line} holds words where all other lines hold numbers (${some.join(", ")}): a row of units? Delete the line`;
}

function columnLines(columns: ReadonlyMap<number, ColumnFaults>, names: readonly string[], rows: number): Lines {
  const single: { line: number; column: number; text: string }[] = [];
  const throughout: string[] = [];
  for (const [column, { first, count }] of columns) {
    const name = visible(names[column] === "" ? `#${column + 1}` : (names[column] as string));
    const [one] = first;
    if (one !== undefined && count > MAX_SINGLE) {
      throughout.push(`column "${name}", in ${count} of ${rows} rows: line ${one.line}: ${one.problem.text}`);
    } else {
      for (const { line, problem } of first)
        single.push({ line, column, text: `line ${line}, column "${name}": ${problem.text}` });
    }
  }
  return { throughout, single };
}

/** Words that come again and again, as of colours. Some may begin with a number: 1st, 2nd. */
function isOfKinds({ values, count, first }: ColumnFaults): boolean {
  const isFew = values.size <= MAX_VALUES || (values.size <= MAX_KINDS && count >= MIN_OF_KIND * values.size);
  const isWord = [...values].some((text) => /\p{L}/u.test(text));
  return values.size > 1 && isFew && isWord && isAll(first, "word", "decorated");
}

function isAll(faults: ColumnFaults["first"], ...kinds: readonly Problem["kind"][]): boolean {
  return faults.every(({ problem }) => kinds.includes(problem.kind));
}

/** Options that can be pasted. */
function remediesFor(
  columns: ReadonlyMap<number, ColumnFaults>,
  names: readonly string[],
  rows: number,
  agreed: boolean,
): string[] {
  const toldHow = ({ first }: ColumnFaults) => isAll(first, "decimal");
  const features = [...columns].filter(([, one]) => one.use === "feature" && !toldHow(one));
  const bad = features.filter(([, { count }]) => count > MAX_SINGLE && 2 * count > rows);
  const few = features.filter((entry) => !bad.includes(entry) && entry[1].values.size <= MAX_VALUES);
  const labels = [...columns].filter(([, { use, values }]) => use === "label" && values.size <= MAX_VALUES);
  const noNumbers = ({ first }: ColumnFaults) => isAll(first, "word");
  const missing = missingRemedy('if it means "no reading"', few);
  const drop = bad.length > 0 ? bad : missing.length === 0 ? features : [];
  const remedies: string[] = [];
  if (drop.length > 0 && agreed) remedies.push("the task reads these columns: mend the values in the file");
  else if (drop.length > MAX_LINES)
    remedies.push("leave such columns out with --drop, or name the others with --columns");
  else if (drop.length > 0) {
    const option = dropOption(drop.map(([column]) => names[column] as string));
    remedies.push(
      bad.length > 0 ? `leave it out: ${option}` : `mend the values in the file, or leave the column out: ${option}`,
    );
  }
  const [words] = agreed ? [] : bad.filter(([column, one]) => noNumbers(one) && names[column] !== "");
  if (words !== undefined)
    remedies.push(`or, if it names whose row it is: ${shellOption("--owner", names[words[0]] as string)}`);
  const kinds = agreed ? [] : bad.filter(([, one]) => isOfKinds(one));
  if (kinds.length > 0) {
    const list = JSON.stringify(kinds.map(([column]) => names[column]));
    remedies.push(
      `or, if its words are kinds, give each kind a column of 0 and 1; in pandas: get_dummies(table, columns=${visible(list)}, dtype=int). All sites need the same columns: one that lacks a kind adds its column of 0`,
    );
  }
  if (!agreed && labels.some(([, one]) => 2 * one.count > rows && noNumbers(one))) {
    remedies.push("if these are classes, not numbers: --template csv");
  }
  if (labels.some(([, one]) => one.count === rows && isAll(one.first, "class")))
    return [
      ...remedies,
      ...missing,
      "no row has a class of the task: if these are other names for them, write the task's names into the file (sites need the same, as other languages and upper case are other names); if not, it is not the column of the class (--label)",
    ];
  return [...remedies, ...missing, ...missingRemedy("to leave these rows out", labels)];
}

function missingRemedy(when: string, columns: readonly (readonly [number, ColumnFaults])[]): string[] {
  const values = new Set(columns.flatMap(([, one]) => [...one.values]).filter((text) => !/[\p{C}\p{N},"]/u.test(text)));
  if (values.size === 0 || values.size > MAX_VALUES) return [];
  const list = [...values].map((text) => (text === "" ? EMPTY : text)).join(",");
  return [`${when}: ${shellOption("--missing", list)}`];
}
