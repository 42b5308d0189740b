/** What becomes of the rows that go on coming? Only where a peer follows some. */
import { h, type JSX } from "preact";
import type { StreamStatus } from "../../../protocol/learn/stream/stream.ts";
import { durationText, figureText, formatNumber } from "../format.ts";
import { prequentialCurve } from "../series.ts";
import type { PageState } from "../state.ts";
import { HELP } from "../words.ts";
import { Chart } from "./chart.ts";
import { empty, figure, figures, section } from "./parts.ts";

export function Stream({ stream, state }: { stream: StreamStatus; state: PageState }): JSX.Element {
  const { source, rows, window, holdout, prequential } = stream;
  const { name, value } = prequential;
  const counted = (label: string, count: number, about: string, note?: string) =>
    figure({ label, value: formatNumber(count), about, note });
  return section(
    { id: "stream", title: "What comes in?", about: HELP.stream },
    figures(
      counted("rows taken", rows.taken, HELP.taken, `from ${source}`),
      figure({
        label: `${name} before learning`,
        value: figureText(value, { isShare: name === "accuracy" }),
        note:
          value === null
            ? "no row yet"
            : `over ${formatNumber(prequential.rows)} ${prequential.rows === 1 ? "row" : "rows"}`,
        colour: "s0",
        about: HELP.prequential,
      }),
      counted("rows in the window", window, HELP.window, `${formatNumber(holdout)} more are held out`),
      counted("alarms of drift", rows.alarms, HELP.drift, raisedText(stream)),
      counted("rows rejected", rows.bad, HELP.rejected),
      counted("rows too late", rows.late, HELP.late),
      counted("rows from the future", rows.ahead, HELP.ahead),
      counted("rows that came twice", rows.duplicate, HELP.duplicates),
      rows.gaps === undefined ? null : counted("values before or after a gap", rows.gaps, HELP.gaps),
    ),
    curve(prequential, state),
  );
}

function raisedText({ raised }: StreamStatus): string | undefined {
  return raised && `it learns ${formatNumber(raised.factor)} times as fast for ${durationText(raised.forMs)} more`;
}

function curve({ name, value }: StreamStatus["prequential"], { samples }: PageState): JSX.Element {
  const { times, values } = prequentialCurve(samples);
  const metric = { isShare: name === "accuracy" };
  if (times.length < 2) return empty("The curve begins with the second measurement of rows that came.");
  const label = `${name} on rows before they were learned, over time: now ${figureText(value, metric)}`;
  const curves = [{ label: name, colour: "--s0" }];
  return h(Chart, { label, times, curves, values: [values], text: (at) => figureText(at, metric) });
}
