/** The figures that a trainer gives of a model. */
import type { Metrics } from "../../../protocol/base/learning-seams.ts";
import { fault } from "./body.ts";

/** Of metrics, in one answer. */
const MOST_FIGURES = 32;
const NAME = /^[a-zA-Z][a-zA-Z0-9]{0,31}$/;
/** Fields of an answer that are no figures. */
const OTHERS = ["id", "verb"];

/** @throws HearsayError ERR_TRAINER without a finite loss, or with something that is no figure. */
export function readFigures(header: Readonly<Record<string, unknown>>, numExamples: number): Metrics {
  const figures: Record<string, number> = {};
  for (const [name, value] of Object.entries(header)) {
    if (OTHERS.includes(name)) continue;
    if (!NAME.test(name) || typeof value !== "number" || Object.keys(figures).length >= MOST_FIGURES)
      throw fault(`answered \`evaluate\` with ${JSON.stringify(name.slice(0, 32))}, which is no figure`);
    figures[name] = value;
  }
  return { numExamples, ...figures, loss: lossOf(header, "evaluate") };
}

/** @throws HearsayError ERR_TRAINER */
export function lossOf({ loss }: Readonly<Record<string, unknown>>, verb: string): number {
  if (typeof loss === "number") return loss;
  const given = loss === undefined ? "no loss" : `a loss of ${JSON.stringify(loss)?.slice(0, 32)}`;
  throw fault(`answered \`${verb}\` with ${given}; it has to be a finite number`);
}
