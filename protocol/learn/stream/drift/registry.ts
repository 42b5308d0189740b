/** The drift detectors, by the names that the setting `stream.drift` takes. One more is its file and its place in this list. */
import { adwin } from "./adwin.ts";
import type { DetectorKind } from "./detector.ts";
import { pageHinkley } from "./page-hinkley.ts";

export const DETECTORS: ReadonlyMap<string, DetectorKind> = new Map(
  [adwin, pageHinkley].map((kind) => [kind.name, kind]),
);
