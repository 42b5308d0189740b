/** The columns of rows that are made of a series, and those of the series: the same for a table that is written (`hearsay data lags`) and for rows that go on coming. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { type LagSpec, parseLags } from "../../../protocol/learn/data/lags.ts";
import { normalised } from "../names.ts";

/** A row looks back no further. */
export const MOST_LAG = 10_000;

/** @throws HearsayError ERR_CONFIG for what names no lags, or no horizon. */
export function lagSpecOf(lag: string, horizon: string): LagSpec {
  const lags = parseLags(lag, MOST_LAG);
  if (lags === undefined)
    throw new HearsayError("ERR_CONFIG", `--lag ${lag}: give steps from 1 to ${MOST_LAG}, as 1..7 or 1,2,7`);
  const steps = Number(horizon);
  if (!/^\d+$/.test(horizon) || steps < 1 || steps > MOST_LAG)
    throw new HearsayError("ERR_CONFIG", `--horizon ${horizon}: give a number of steps from 1 to ${MOST_LAG}`);
  return { lags, horizon: steps };
}

/** Names of the features of a row, in order. */
export function lagColumns(target: string, { lags }: Pick<LagSpec, "lags">): string[] {
  return lags.map((lag) => `${target} lag ${lag}`);
}

/** Where these columns stand in a header. @throws HearsayError ERR_DATA where one is missing. */
export function placesOf(path: string, fields: readonly string[], names: readonly string[]): number[] {
  const header = fields.map(normalised);
  return names.map((name) => {
    const place = header.indexOf(normalised(name));
    if (place >= 0) return place;
    throw new HearsayError(
      "ERR_DATA",
      `${path}: there is no column "${name}"; the header has ${header.slice(0, 20).join(", ")}`,
    );
  });
}
