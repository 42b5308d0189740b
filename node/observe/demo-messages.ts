/** What the page of the demo is told, and what its report shows. Types only, as messages.ts. */

export interface DemoPeer {
  /** 1, 2, ... */
  readonly name: string;
  /** Null before its first report. */
  readonly accuracy: number | null;
  readonly age: number;
  readonly neighbours: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Models of others that it merged. */
  readonly merged: number;
  /** Null while it is not told. */
  readonly isLiar: boolean | null;
}

/** Models of `from` that `to` pulled and merged. */
export interface DemoEdge {
  /** Places in the list of peers. */
  readonly from: number;
  readonly to: number;
  /** How many, of late or in all. */
  readonly models: number;
  /** Share of what `to` became that `from` made, 0 .. 1. */
  readonly influence: number;
}

export interface DemoCurve {
  readonly name: string;
  /** Seconds since the network started, and the mean accuracy of the honest peers. */
  readonly points: readonly (readonly [seconds: number, accuracy: number])[];
}

export interface DemoOutcome {
  readonly name: string;
  readonly meanAccuracy: number;
  readonly minAccuracy: number;
}

/** How the demo stands: the event `now`, each time whole. */
export interface DemoNow {
  readonly title: string;
  readonly note: string;
  readonly seconds: number;
  readonly peers: readonly DemoPeer[];
  readonly edges: readonly DemoEdge[];
  readonly curves: readonly DemoCurve[];
  /** Null before the end. */
  readonly outcomes: readonly DemoOutcome[] | null;
  /** After the end: where the report is, how many logs hold, and the like. */
  readonly remarks: readonly string[];
}
