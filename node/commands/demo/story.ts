/** The demo as its page shows it, from what its peers report: pure, so that a test can tell it a story. */
import { mean } from "../../../protocol/base/figures.ts";
import type { DemoCurve, DemoEdge, DemoNow, DemoOutcome, DemoPeer } from "../../observe/demo-messages.ts";
import type { PeerReport } from "./messages.ts";

export interface StoryOptions {
  readonly peers: number;
  readonly attackers: number;
  readonly seconds: number;
  /** Of the three curves, in their order. */
  readonly names: readonly [robust: string, mean: string, alone: string];
}

type Reports = readonly (PeerReport | undefined)[];

/** A curve has a point a second, and a demo may take an hour. */
const MOST_POINTS = 400;

export class Story {
  readonly #options: StoryOptions;
  readonly #curves: { readonly name: string; points: (readonly [number, number])[] }[];
  #note = "";
  #peers: readonly DemoPeer[] = [];
  #edges: readonly DemoEdge[] = [];
  #before: Reports = [];
  #outcomes: readonly DemoOutcome[] | null = null;
  #remarks: readonly string[] = [];

  constructor(options: StoryOptions) {
    this.#options = options;
    this.#curves = options.names.map((name) => ({ name, points: [] }));
  }

  note(text: string): void {
    this.#note = text;
  }

  /** A look at the network of a curve, so many seconds after it started. */
  look(curve: number, seconds: number, reports: Reports): void {
    const { peers, attackers } = this.#options;
    const honest = reports.slice(0, peers - attackers).flatMap((report) => (report ? [report.accuracy] : []));
    const points = this.#curves[curve]?.points ?? [];
    if (honest.length > 0) points.push([Math.min(seconds, this.#options.seconds), mean(honest)]);
    if (points.length > MOST_POINTS)
      (this.#curves[curve] as { points: unknown }).points = points.filter((_, i) => i % 2 === 0);
    this.#peers = reports.map((report, i) => peerOf(report, i, null));
    const fresh = edgesOf(reports, this.#before);
    if (fresh.length > 0 || this.#before.length === 0) {
      this.#edges = fresh;
      this.#before = reports;
    }
  }

  /** The network of the curve that began last has ended. */
  next(): void {
    this.#before = [];
  }

  /** Mean accuracy of peers that learn alone, after each of equal parts of their steps. */
  alone(accuracies: readonly number[]): void {
    const { seconds } = this.#options;
    const points = accuracies.map((accuracy, i): [number, number] => [
      (seconds * (i + 1)) / accuracies.length,
      accuracy,
    ]);
    (this.#curves[2] as { points: unknown }).points = points;
  }

  /** Nothing is hidden any more: who lied, and what came of it. @param reports the last ones of the network with the robust rule */
  end(reports: Reports, outcomes: readonly DemoOutcome[], remarks: readonly string[]): void {
    const { peers, attackers } = this.#options;
    this.#peers = reports.map((report, i) => peerOf(report, i, i >= peers - attackers));
    this.#edges = edgesOf(reports, []);
    this.#outcomes = outcomes;
    this.#remarks = remarks;
  }

  now(): DemoNow {
    const { peers, seconds } = this.#options;
    return {
      title: `${peers} peers learn from each other`,
      note: this.#note,
      seconds,
      peers: this.#peers,
      edges: this.#edges,
      outcomes: this.#outcomes,
      remarks: this.#remarks,
      curves: this.#curves.map(({ name, points }): DemoCurve => ({ name, points: [...points] })),
    };
  }
}

function peerOf(report: PeerReport | undefined, i: number, isLiar: boolean | null): DemoPeer {
  const name = String(i + 1);
  if (report === undefined)
    return { name, accuracy: null, age: 0, neighbours: 0, bytesIn: 0, bytesOut: 0, merged: 0, isLiar };
  const { accuracy, status } = report;
  const { age, bytesIn, bytesOut, counters, neighbours } = status;
  return {
    name,
    accuracy,
    age,
    neighbours,
    bytesIn,
    bytesOut,
    merged: counters.used + counters.clipped + counters.duplicate,
    isLiar,
  };
}

/** What was merged since `before`: models, and the mean share of them in what came of the merges. */
function edgesOf(reports: Reports, before: Reports): DemoEdge[] {
  const places = new Map(
    reports.flatMap((report, i) => (report === undefined ? [] : [[report.status.peerId, i] as const])),
  );
  return reports.flatMap((report, to) => {
    const merges = (report?.status.counters.merges ?? 0) - (before[to]?.status.counters.merges ?? 0);
    if (report === undefined || merges <= 0) return [];
    return report.merged.flatMap(({ peer, models, influence }) => {
      const from = places.get(peer);
      const then = before[to]?.merged.find((one) => one.peer === peer) ?? { models: 0, influence: 0 };
      if (from === undefined || models === then.models) return [];
      return [{ from, to, models: models - then.models, influence: (influence - then.influence) / merges }];
    });
  });
}
