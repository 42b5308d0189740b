/** Sentences of the page: what each figure is, why something was refused, whether the model learns. */
import type { PageFacts, PageMetric, PageNow } from "../observe/messages.ts";
import { figureText } from "./format.ts";

/** Of each figure: what it is, in a sentence. */
export const HELP = {
  learning:
    "How good the model for predictions is on rows of yours that it never trained on, against your model alone and against having no model at all.",
  own: "The model of this peer for predictions, on the rows that were held out; it is the mean of its newest merged models.",
  naive:
    "What always saying the commonest class, or the mean, of your training rows would reach on the same held-out rows.",
  cycles: "How often this peer trained; after each training it merges its model with those of others that are at hand.",
  age: "Steps of training that went into this model, of this peer and of those that it merged with.",
  stream: "Rows that go on coming to this peer, each of which is predicted before it is learned from.",
  taken: "Rows that came since the start and were taken in, to learn from or to be held out.",
  rejected:
    "Rows that did not fit the task, as one with a word where a number belongs; the file rejected.ndjson has them.",
  late: "Rows that were left out because their time is far before that of the newest row.",
  ahead: "Rows that were left out because their time has not come yet.",
  gaps: "Values of the series that made no row: one that the row looks back on is missing, as at the beginning.",
  duplicates: "Rows that were left out because the same row had come before.",
  prequential:
    "How good the model was on rows at the moment when they came, before it learned them; newer rows count more.",
  window:
    "How many rows the model is trained on now; older ones leave, or chance decides, as hearsay up --window says.",
  drift: "How often the model became so much worse on what comes that the world must have changed.",
  choices:
    "What you set for this peer: when it trains and exchanges (saving.trainOn, saving.pullOn, quiet hours), and whose models it asks for first (select.by).",
  here: "Peers of the same task with an open connection, and the last ones that have gone; nobody knows all peers of a network.",
  place:
    "Peers of one place, as a building, have one of them speak for all: so a model crosses the line to other places once.",
  gateway: "The peer that tells other places what this place learned, and brings what they say; the members elect it.",
  outside: "Models of other places that this peer merged since it started; each is made of what all at its place have.",
  moved:
    "Whose models this peer's model was made of, in its last 256 merges; what no other peer made is the peer's own training.",
  refused:
    "What this peer did not take from others since it started, by the reason; most of it is harmless bad timing.",
  turnedAway: "Connections that came in since the start and of which nothing came:",
  staleness: "How many trainings ago the models that were merged had been made; older models count for less.",
  traffic: "All bytes of the network connections of this peer since it started; this page is not among them.",
  budget: "What you allow this peer to send and receive; while nothing is left, it waits.",
  privacy:
    "How much of a single row of your data could show in what was sent, as epsilon; at the limit this peer stops training.",
  release: "The model that answers is not the one that learns: the release keys of this task say which one it is.",
  serves: "The release by which hearsay predict answers on this machine; it changes when the keys say so.",
  order: "What the release keys said last: the release that is to answer, and for which peers.",
  log: "Everything that this peer learned and merged stands in a log that it cannot change later without others noticing.",
  witness: "Other peers that signed how far this log had come; the more of them, the harder it is to rewrite.",
  forks: "Peers that are proved to have shown two different histories; nobody listens to them any more.",
  disk: "Models that are kept for a while, so that others can check what this peer says it did.",
  free: "Room that is left on the disk of this peer's folder.",
  engine: "The program that trains the model on this machine, and how many rows it trains on.",
  versions: "Peers learn together where their protocol has the same number.",
  invite: "Who has this text can find this peer and join its task.",
} as const;

/** What the model alone is. */
export function aloneHelp({ isPrivate }: Pick<PageFacts, "isPrivate">): string {
  const noise = isPrivate
    ? " It is trained without the noise that hides your rows, and never leaves this machine."
    : "";
  return (
    "The best result so far of a second model, which starts like all models of the task and is trained on your rows only, with as many steps as your own " +
    `trainings took; it is trained slowly, and only while this page is open.${noise}`
  );
}

/** Why something was refused, by its code. */
export const REASONS: Readonly<Record<string, string>> = {
  ERR_RATE: "it came too often",
  ERR_REPLAYED: "an old announcement came again",
  ERR_NOT_FOUND: "the model had been replaced by a newer one",
  ERR_UNREACHABLE: "the connection broke, or the peer was gone",
  ERR_TIMEOUT: "no answer came in time",
  ERR_SIGNATURE: "its signature does not hold",
  ERR_LOG_PROOF: "its log does not prove it",
  ERR_LOG_CHAIN: "its log contradicts itself",
  ERR_BANNED: "its author is banned",
  ERR_MODEL_HASH: "the model was another one than announced",
  ERR_MODEL_SIZE: "the model has another size than the task's",
  ERR_MODEL_SHAPE: "the model has another shape than the task's",
  ERR_MODEL_NOT_FINITE: "the model has values that are no numbers",
  ERR_MODEL_NORM: "the model is far larger than any honest one",
  ERR_OTHER_TASK: "it belongs to another task",
  ERR_VERSION: "it speaks another version of the protocol",
  ERR_DECODE: "it could not be read",
  ERR_NOT_CANONICAL: "it was written in a form that is not allowed",
  ERR_TOO_LARGE: "it was too large",
  ERR_MASS: "it says it stands for more peers than the task allows",
  ERR_COHORT: "it broke the rules of a masked sum",
};

export interface Verdict {
  readonly mood: "good" | "bad" | "open";
  readonly text: string;
}

/** The sentence at the top: whether this peer learns. */
export function verdictOf(facts: PageFacts, now: PageNow): Verdict {
  const { metric, naive } = facts;
  if (metric === null)
    return {
      mood: "open",
      text: "There is no hold-out, so nothing can be said about how well this peer learns. hearsay up --holdout 0.2 keeps some rows for it.",
    };
  if (now.own === null) return { mood: "open", text: "The model has not been measured yet." };
  const own = figureText(now.own, metric);
  if (naive !== null && !isBetter(now.own, naive, metric))
    return { mood: "bad", text: `Not yet: ${own} is no better than having no model (${figureText(naive, metric)}).` };
  const start = `Yes: ${own}${metric.isShare ? " of the held-out rows are right" : ` ${metric.label} on the held-out rows`}`;
  const { figure = null, steps = 0, of = 0 } = now.alone ?? {};
  if (figure === null) return { mood: "good", text: `${start}.` };
  const alone = figureText(figure, metric);
  const isFair = steps >= FAIR * of;
  if (!isFair)
    return {
      mood: "good",
      text: `${start}. Your model alone is still being trained (${steps} of ${of} steps): ${alone}.`,
    };
  if (isBetter(now.own, figure, metric))
    return { mood: "good", text: `${start}, better than your model alone (${alone}).` };
  return { mood: "open", text: `${start}, but your model alone reached ${alone}: the others do not help it so far.` };
}

/** Share of the steps of the peer's own trainings after which a comparison with the model alone says something. */
const FAIR = 0.8;

function isBetter(a: number, b: number, { lowerIsBetter }: Pick<PageMetric, "lowerIsBetter">): boolean {
  return lowerIsBetter ? a < b : a > b;
}
