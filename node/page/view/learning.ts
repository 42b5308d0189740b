/** Am I learning? */
import { h, type JSX } from "preact";
import type { PageFacts, PageMetric, PageNow } from "../../observe/messages.ts";
import { durationText, figureText, formatNumber } from "../format.ts";
import { learningCurves } from "../series.ts";
import type { PageState } from "../state.ts";
import { aloneHelp, HELP, verdictOf } from "../words.ts";
import { Chart, type Curve } from "./chart.ts";
import { empty, figure, figures, section } from "./parts.ts";

const OWN: Curve = { label: "this peer", colour: "--s0" };
const ALONE: Curve = { label: "your model alone", colour: "--s1", dash: [8, 5] };
const NAIVE: Curve = { label: "no model", colour: "--s6", dash: [2, 4] };

export function Learning({ facts, now, state }: { facts: PageFacts; now: PageNow; state: PageState }): JSX.Element {
  const { mood, text } = verdictOf(facts, now);
  const about = { id: "learning", title: "Am I learning?", about: HELP.learning };
  const { metric } = facts;
  return section(
    about,
    h("p", { class: `verdict ${mood}` }, text),
    figures(
      metric &&
        figure({
          label: `${metric.label} of this peer`,
          value: figureText(now.own, metric),
          colour: "s0",
          about: HELP.own,
          note: facts.numHoldout === null ? "" : `${formatNumber(facts.numHoldout)} held-out rows`,
        }),
      metric && aloneFigure(facts, now, metric),
      metric &&
        figure({
          label: "with no model",
          value: figureText(facts.naive, metric),
          colour: "s6",
          about: HELP.naive,
          note: metric.isShare ? "the commonest class" : "the mean",
        }),
      figure({
        label: "trainings",
        value: formatNumber(now.status.cycle),
        note: `running for ${durationText(1000 * now.uptimeSeconds)}`,
        about: HELP.cycles,
      }),
      figure({
        label: "age of the model",
        value: formatNumber(now.status.age),
        note: "steps of training",
        about: HELP.age,
      }),
    ),
    metric && curves(facts, state, metric),
  );
}

function aloneFigure(facts: PageFacts, { alone }: PageNow, metric: PageMetric): JSX.Element {
  const about = aloneHelp(facts);
  if (alone === null)
    return figure({ label: "your model alone", value: "–", note: `not measured: ${facts.noAlone ?? ""}`, about });
  const note =
    alone.steps >= alone.of
      ? `${formatNumber(alone.steps)} steps`
      : `${formatNumber(alone.steps)} of ${formatNumber(alone.of)} steps so far`;
  return figure({ label: "your model alone", value: figureText(alone.figure, metric), note, colour: "s1", about });
}

function curves({ naive }: PageFacts, { samples }: PageState, metric: PageMetric): JSX.Element {
  const { times, own, alone, naive: flat } = learningCurves(samples, naive);
  if (times.length < 2) return empty("The curve begins with the second measurement.");
  const at = (list: readonly (number | null)[]) =>
    figureText(
      list.findLast((value) => value !== null),
      metric,
    );
  const label = `${metric.label} over time: this peer ${at(own)}, your model alone ${at(alone)}, with no model ${figureText(naive, metric)}`;
  return h(Chart, {
    label,
    times,
    curves: [OWN, ALONE, NAIVE],
    values: [own, alone, flat],
    text: (value) => figureText(value, metric),
  });
}
