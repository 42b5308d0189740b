/** `hearsay me`: what this peer has of the others, and what they have of it, as far as anybody can know. */
import { counted } from "../../../protocol/base/counted.ts";
import { formatNumber } from "../../../protocol/base/figures.ts";
import type { Metrics } from "../../../protocol/base/learning-seams.ts";
import type { RememberedMerge } from "../../../protocol/peer/memory/history.ts";
import { tally } from "../../../protocol/peer/memory/tally.ts";
import type { Comparison, StatusReport } from "../../api/api.ts";
import { askRunning, TURN_WITHIN_MS } from "../../api/ask.ts";
import type { PartAt } from "../../api/my-part.ts";
import { worstClassRows } from "../../api/worst-class.ts";
import { facts, metricRows, percent, printJson, spanText, table } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

interface MeOptions {
  readonly state: string;
  readonly json?: boolean;
}

/** What `--json` prints. */
export interface MeReport {
  readonly status: StatusReport;
  /** Share of the model that is the peer's own, and merges that say so. */
  readonly own: number;
  readonly merges: number;
  readonly others: readonly PartAt[];
  /** Null where nobody looked on. */
  readonly comparison: Comparison | null;
}

/** Characters of a peer id that are shown: the first eight are the same for all. */
const SHOWN = 8;

export async function run({ state, json = false }: MeOptions): Promise<void> {
  const status = await askRunning<StatusReport>(state, "/status");
  const merges = await askRunning<RememberedMerge[]>(state, "/merges");
  const others = await askRunning<PartAt[]>(state, "/parts", TURN_WITHIN_MS);
  const { comparison } = await askRunning<{ readonly comparison: Comparison | null }>(state, "/compared");
  const report = { status, own: tally(merges).own, merges: merges.length, others, comparison };
  if (json) printJson(report);
  else print(`${textOf(report, Date.now())}\n`);
}

/** @param nowMs wall time. */
export function textOf({ status, own, merges, others, comparison }: MeReport, nowMs: number): string {
  const { holdout, counters } = status;
  const rows: [string, string][] = [
    ["peer", status.peerId],
    ...(holdout === null
      ? [["my model", "no hold-out, so nobody can say how good it is (--holdout)"] as [string, string]]
      : [
          ...metricRows(holdout).map(([name, value]): [string, string] => [`my model, ${name}`, value]),
          ...worstClassRows(status.worstClass, "my model, "),
        ]),
    ...(status.personal === undefined
      ? []
      : [["of it stays here", `${status.personal.numParams} numbers (${status.personal.method})`] as [string, string]]),
    ...comparedRows(comparison, holdout),
    ...(status.release === undefined
      ? []
      : [["release that answers", status.release.serving?.name ?? "none yet"] as [string, string]]),
    ["of it my own", merges === 0 ? "all: there was no merge yet" : `${percent(own)} over ${counted(merges, "merge")}`],
    ["published", `${counters.published} models since the start`],
    ["at others", atOthers(others)],
  ];
  return others.length === 0 ? facts(rows) : `${facts(rows)}\n${othersTable(others, nowMs)}`;
}

/** Before and after: what somebody without the others would have. Nothing is told that was not measured. */
function comparedRows(comparison: Comparison | null, holdout: Metrics | null): [string, string][] {
  if (holdout === null) return [];
  if (comparison === null) return [["without the others", "unknown: the peer runs without its page (--no-page)"]];
  const { metric, naive, alone, noAlone } = comparison;
  const shown = (figure: number) => (metric.isShare ? percent(figure) : formatNumber(figure));
  const guess = metric.isShare ? "the commonest class" : "the mean";
  const by =
    alone?.figure == null
      ? (noAlone ?? "not measured yet")
      : `${shown(alone.figure)} at best, in ${alone.steps} steps on my rows alone`;
  return [
    [`without the others, ${metric.label}`, by],
    ...(naive === null ? [] : [[`who always says ${guess}`, shown(naive)] as [string, string]]),
  ];
}

function atOthers(others: readonly PartAt[]): string {
  const told = others.filter(({ failed }) => failed === undefined);
  if (others.length === 0) return "nobody is connected, so nobody can be asked";
  const merges = told.reduce((sum, one) => sum + one.merges, 0);
  const sum = (statuses: readonly (keyof PartAt["statuses"])[]) =>
    told.reduce((all, one) => all + statuses.reduce((some, status) => some + one.statuses[status], 0), 0);
  const [within, out] = [sum(["used", "clipped", "duplicate"]), sum(["removed", "invalid"])];
  const silent = told.length === others.length ? "" : `; ${others.length - told.length} did not answer`;
  return `my models counted in ${within} and were left out of ${out} of the last ${counted(merges, "merge")} of ${told.length === 1 ? "1 neighbour, as its log says" : `${told.length} neighbours, as their logs say`}${silent}`;
}

function othersTable(others: readonly PartAt[], nowMs: number): string {
  const rows = others.map(({ peer, name, merges, statuses, share, lastTsMs, failed }) => {
    const at = name === undefined ? peer.slice(-SHOWN) : `${peer.slice(-SHOWN)}\n${name}`;
    if (failed !== undefined) return [at, "-", "-", "-", "-", "-", "-", `no answer: ${failed}`];
    const last = lastTsMs === null ? "never" : `${spanText(Math.max(0, (nowMs - lastTsMs) / 1000))} ago`;
    const { used, clipped, duplicate, removed, invalid } = statuses;
    return [
      ...[at, String(merges), String(used + duplicate), String(clipped), String(removed)],
      ...[String(invalid), percent(share ?? undefined), last],
    ];
  });
  return table(["at", "merges", "used", "clipped", "removed", "invalid", "weight", "last"], rows);
}
