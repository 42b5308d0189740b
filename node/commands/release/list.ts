/** `hearsay releases`: which releases there are, what peers say of them, and which one serves here. */
import { counted } from "../../../protocol/base/counted.ts";
import type { LaterStatus } from "../../../protocol/peer/release/later.ts";
import type { OrderStatus, ReleaseStatus } from "../../../protocol/peer/release/status.ts";
import { dateText, facts, printJson, table } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { askReleases } from "./signing.ts";
import { figuresText, servingText } from "./words.ts";

export async function run(options: { readonly state: string; readonly json?: boolean }): Promise<void> {
  const { releases } = await askReleases(options.state);
  if (options.json) return printJson(releases);
  const rows: [string, string][] = [["serves here", servingText(releases)]];
  if (releases.order !== null) rows.push(["order", orderText(releases.order, releases)]);
  for (const proposal of releases.proposals)
    rows.push(["proposed", `${orderText(proposal, releases)}; it needs ${counted(releases.threshold, "key")}`]);
  for (const one of releases.later ?? []) rows.push(["later", laterText(one)]);
  print(`${facts(rows)}\n`);
  if (releases.releases.length > 0) print(`${releaseTable(releases)}\n`);
}

function releaseTable({ releases }: ReleaseStatus): string {
  const rows = releases.map(({ id, name, age, tsMs, figures, gates }) => [
    ...[name, id.slice(0, 12), dateText(tsMs), String(age), figuresText(figures)],
    gates.map(({ expression, yes, no }) => `${expression}: ${yes} yes, ${no} no`).join("\n"),
  ]);
  return table(["release", "id", "made", "age", "where it was made", "gates"], rows);
}

const WAITS = {
  time: "the ring before has to stand for a while",
  keys: "the ring before does not hold yet",
  votes: "fewer than nine in ten votes are yes",
  "the one before": "the rings before it come first",
} as const;

function laterText({ serial, ring, waitsFor, atMs }: LaterStatus): string {
  const when = atMs === null ? "" : `, not before ${dateText(atMs)} UTC`;
  return `${serial}: ${ring}${when}; ${WAITS[waitsFor]}`;
}

function orderText({ serial, target, base, ring, signers }: OrderStatus, { releases }: ReleaseStatus): string {
  const nameOf = (id: string) => releases.find((one) => one.id === id)?.name ?? id.slice(0, 12);
  const rest = ring === "all" ? "" : `, ${base === null ? "nothing" : nameOf(base)} for the others`;
  return `${serial}: ${nameOf(target)} for ${ring}${rest}; signed by ${signers.length}`;
}
