/**
 * What an experiment puts out. Everything here is a function of scenario and seed: no wall time, no machine, so that two reports
 * of the same run are the same bytes.
 */
import type { Scenario } from "../seams/scenario-type.ts";

/** Of one figure, over the honest peers that were evaluated. */
export interface Spread {
  readonly mean: number;
  readonly worst: number;
  readonly std: number;
}

/** One measurement; a line of the JSONL series. */
export interface Point {
  /** Virtual seconds since the start. */
  readonly seconds: number;
  /** Mean number of local trainings of the honest peers. */
  readonly cycles: number;
  /** Mean bytes that an honest peer has sent. */
  readonly bytesPerPeer: number;
  /** Of those, to peers at other places; where the scenario has places. */
  readonly bytesAcrossPerPeer?: number;
  /** Over the honest peers that were evaluated; regression: R2 in place of accuracy. */
  readonly accuracy: Spread;
  readonly loss: number;
  /** Mean distance of an honest peer's model from their mean, over the length of that mean. */
  readonly disagreement: number;
  /** Where rows come while peers learn: accuracy, or rmse of a regression, on those since the last point, before they were learned from. */
  readonly prequential?: Spread;
  /** Share of triggered rows that go where a targeted attack wants them. */
  readonly attackSuccess?: number;
  /** By name, where the scenario asks for more than accuracy. */
  readonly metrics?: Readonly<Record<string, Spread>>;
}

/** One measurement of one peer, where the scenario asks for curves; a line of curves.jsonl. */
export interface CurvePoint {
  readonly seconds: number;
  /** Number of the peer in the scenario, from 0. */
  readonly index: number;
  readonly cycles: number;
  readonly bytesOut: number;
  readonly accuracy: number;
  readonly loss: number;
  readonly metrics?: Readonly<Record<string, number>>;
}

/** What became of one peer's models at the honest peers, and its own result. */
export interface PeerRow {
  /** Number in the scenario, from 0. */
  readonly index: number;
  readonly honest: boolean;
  /** Whose rows it has, where these are one owner's and it is measured on rows of its own. */
  readonly site?: string;
  /** Of the final model, where it was evaluated. */
  readonly accuracy?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly cycles: number;
  readonly bytesOut: number;
  readonly rows: number;
  /** Times that an honest peer merged one of its models, by status; and the mean weight among them. */
  readonly merges: Readonly<Record<string, number>>;
  readonly meanWeight: number;
  /** Where merges are explained: its mean share of the models that came of these merges. */
  readonly influence?: number;
  /** There too, of a classification: how much of its data the others have too (overlap.ts). */
  readonly overlap?: number;
}

/** How evenly honest peers were heard (fairness.ts). */
export interface Fairness {
  /** Jain's index of how often each was. */
  readonly jain: number;
  /** Share of the models in merges of honest peers that honest peers made. */
  readonly honestShare: number;
  /** What peers with rare data moved, of what others did; left out where labels are no classes, or nobody moved anybody. */
  readonly rare?: number;
}

export interface Summary {
  readonly name: string;
  /** Hexadecimal hash of the scenario without its seed. */
  readonly hash: string;
  readonly seed: number;
  readonly algorithm: string;
  readonly attack: string;
  readonly liars: number;
  readonly honest: number;
  readonly signatures: boolean;
  /** What trained, where it was not our own: the same bytes are promised of that one alone. */
  readonly engine?: string;
  /** The last point. */
  readonly final: Point;
  /** Where both are scored (`metrics.bothModels`): accuracy at the end by the newest models, and by running means of models. */
  readonly models?: { readonly raw: Point["accuracy"]; readonly averaged: Point["accuracy"] };
  /** After each peer was fine-tuned on its own rows (`metrics.fineTune`): accuracy, and what else is measured. */
  readonly fineTuned?: Pick<Point, "accuracy" | "metrics">;
  /** How evenly honest peers were heard, where the scenario asks (`metrics.fairness`). */
  readonly fairness?: Fairness;
  /** When the mean accuracy first reached `metrics.target`. */
  readonly reached?: { readonly seconds: number; readonly cycles: number; readonly bytesPerPeer: number };
  /** Local trainings of all honest peers. */
  readonly updates: number;
  readonly merges: number;
  /** Merged models of others by staleness: count of tau in [i, i + 1), the last for all above. */
  readonly staleness: readonly number[];
}

export interface Report {
  readonly scenario: Scenario;
  readonly summary: Summary;
  readonly series: readonly Point[];
  readonly peers: readonly PeerRow[];
  readonly curves?: readonly CurvePoint[];
}
