/** What the demo shows while it runs: on a terminal a live table, elsewhere a line now and then; always on standard error. */
import { formatBytes, mean } from "../../../protocol/base/figures.ts";
import { onErrors } from "../../terminal/colours.ts";
import { percent, table } from "../../terminal/print.ts";
import { drawing } from "../../terminal/terminal.ts";
import type { PeerReport } from "./messages.ts";

export interface DemoScreen {
  say(message: string): void;
  show(title: string, reports: readonly (PeerReport | undefined)[], leftMs: number): void;
  done(title: string, reports: readonly PeerReport[]): void;
}

/** Without a terminal: a line in this time. */
const LINE_EVERY_MS = 5_000;

export function createDemoScreen({ peers, attackers }: { peers: number; attackers: number }): DemoScreen {
  const out = drawing;
  const live = out.isTTY === true;
  let lines = 0;
  let saidMs = Number.NEGATIVE_INFINITY;

  function replace(text: string): void {
    if (lines > 0) out.write(`\x1b[${lines}A\x1b[0J`);
    out.write(`${text}\n`);
    lines = text.split("\n").length;
  }

  function render(title: string, reports: readonly (PeerReport | undefined)[], note: string): string {
    const rows = reports.map((report, i) => {
      const name = i >= peers - attackers ? onErrors.red(`${i + 1} liar`) : String(i + 1);
      if (report === undefined) return [name, "starting", "", "", "", "", "", ""];
      const { status, accuracy } = report;
      const { used, clipped, duplicate } = status.counters;
      return [
        name,
        percent(accuracy),
        String(status.age),
        String(status.neighbours),
        formatBytes(status.bytesIn),
        formatBytes(status.bytesOut),
        String(used + clipped + duplicate),
        String(clipped),
      ];
    });
    const head = ["peer", "accuracy", "age", "neighbours", "in", "out", "merged", "clipped"];
    return `${onErrors.bold(title)}${note}\n${table(head, rows)}`;
  }

  return {
    say(message) {
      if (live) replace(onErrors.dim(message));
      else out.write(`${message}\n`);
    },
    show(title, reports, leftMs) {
      const left = Math.ceil(leftMs / 1000);
      if (live) return replace(render(title, reports, onErrors.dim(`  ${left} s left`)));
      if (performance.now() - saidMs < LINE_EVERY_MS) return;
      saidMs = performance.now();
      const known = reports
        .slice(0, peers - attackers)
        .flatMap((report) => (report === undefined ? [] : [report.accuracy]));
      const accuracy = known.length === 0 ? 0 : mean(known);
      out.write(`${title}: ${left} s left, mean accuracy ${percent(accuracy)}\n`);
    },
    done(title, reports) {
      const text = render(title, reports, "");
      if (live) replace(text);
      else out.write(`${text}\n`);
      lines = 0;
    },
  };
}
