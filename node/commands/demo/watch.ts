/** Whoever looks at the demo beside the terminal: nobody, or a page (page.ts), which is loaded only where it is asked for. */
import type { DemoOutcome } from "../../observe/demo-messages.ts";
import type { PeerReport } from "./messages.ts";
import type { DemoScreen } from "./screen.ts";

export interface DemoWatch {
  /** The same, and the page beside it. */
  readonly screen: DemoScreen;
  /** In which peers learn alone, for the curve. */
  readonly parts: number;
  alone(accuracies: readonly number[]): void;
  /** Shows how it ended, and writes the report. */
  end(reports: readonly PeerReport[], outcomes: readonly DemoOutcome[], remarks: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** What there is without a page. */
export function unwatched(screen: DemoScreen): DemoWatch {
  return { screen, parts: 1, alone() {}, end: async () => {}, close: async () => {} };
}
