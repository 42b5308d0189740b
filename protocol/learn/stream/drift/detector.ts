/** What a drift detector is: it watches how wrong a model is, row by row, and says when it has become worse. Each is one file; `registry.ts` lists them. */

export interface DriftDetector {
  /**
   * Takes how wrong the model was about the next row. Returns how many of the newest rows belong to what holds now where that is worse than before, and has begun anew
   * then; undefined where nothing has changed for the worse.
   */
  add(error: number): number | undefined;
  /** What it knows, as finite numbers, for after a restart. */
  state(): readonly number[];
}

/** A detector, under the name that the setting `stream.drift` takes. */
export interface DetectorKind {
  readonly name: string;
  /** One line for people, with the source. */
  readonly about: string;
  /** @param past the `state` before a restart; it begins anew where that is not its own. */
  create(past?: readonly number[]): DriftDetector;
}
