/**
 * Mean and spread of each column out of what several sites say: every site has one vote, however many rows it claims, and the middle counts, so that fewer than half of
 * the sites cannot move a figure beyond what some honest site says.
 *
 *     mean     the median of the means
 *     spread   sqrt(s^2 + m^2): s the median of the spreads; m = 1.4826 times the median distance of the means from their median, which is how far sites lie apart
 */
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { ColumnFigures, SiteStatistics } from "./statement.ts";

export interface AgreedColumn {
  readonly name: string;
  readonly use: ColumnFigures["use"];
  readonly mean: number;
  /** 1 where the column never varies. */
  readonly std: number;
}

/** Of the normal distribution: its standard deviation over its median distance from the middle. */
const SPREAD_OF_MEDIAN = 1.4826;

/** @throws HearsayError ERR_DATA for sites that do not speak of the same columns, or a key that signed twice. */
export function agree(sites: readonly (SiteStatistics & { readonly file: string })[]): AgreedColumn[] {
  const [first] = sites;
  if (first === undefined) throw new HearsayError("ERR_DATA", "give the files of the sites");
  const signers = new Map<string, string>();
  for (const { signer, file } of sites) {
    const other = signer === undefined ? undefined : signers.get(signer);
    if (other !== undefined)
      throw new HearsayError(
        "ERR_DATA",
        `${other} and ${file} are of one site (${signer}), which has one vote: leave one out`,
      );
    if (signer !== undefined) signers.set(signer, file);
  }
  for (const { file, columns } of sites) {
    const same = columns.length === first.columns.length && columns.every((one, i) => isSame(one, first.columns[i]));
    if (!same)
      throw new HearsayError(
        "ERR_DATA",
        `${file} speaks of other columns than ${first.file}: make both with the same task file`,
      );
  }
  return first.columns.map(({ name, use }, i) => {
    const of = (read: (figures: ColumnFigures) => number) =>
      sites.map(({ columns }) => read(columns[i] as ColumnFigures));
    const means = of(({ mean }) => mean);
    const mean = median(means);
    const apart = SPREAD_OF_MEDIAN * median(means.map((one) => Math.abs(one - mean)));
    const within = median(of(({ std }) => std));
    return { name, use, mean, std: Math.sqrt(within * within + apart * apart) || 1 };
  });
}

function isSame(one: ColumnFigures, other: ColumnFigures | undefined): boolean {
  return one.name === other?.name && one.use === other.use;
}

/** The middle one, or between the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}
