/** Check `peers`: whether known peers answer, and which versions they speak. */
import type { StatusReport } from "../../api/api.ts";
import type { Answer } from "../../net/probe.ts";
import { type DoctorCheck, type DoctorFinding, ok, warning } from "../doctor-check.ts";

export const peers: DoctorCheck = {
  name: "peers",
  about: "whether known peers answer a short dial (up to 8), work on the same task, and speak the same version",
  withinMs: 8_000,
  async run({ neighbours, running }) {
    const found = running === undefined ? [] : [neighboursFinding(running)];
    return [...found, ...peersFindings(await neighbours(), running !== undefined)];
  },
};

/** Models come from neighbours: with fewer of them than the quorum, and too few fresh models at hand, a peer learns alone. */
export function neighboursFinding(running: Pick<StatusReport, "neighbours" | "quorum" | "fresh">): DoctorFinding {
  const { neighbours: count, quorum, fresh } = running;
  const told = `the peer that runs has ${count} neighbour${count === 1 ? "" : "s"}`;
  if (count > 0 && Math.max(count, fresh) < quorum)
    return warning(
      `${told}, and the task lets it merge the models of ${quorum} or more: it learns alone`,
      "wait for more peers, or name one more with --bootstrap (hearsay peers: who is known, and how reached); for two or three peers: a new task, hearsay init --peers 2",
    );
  if (count > 0) return ok(told);
  return warning(
    "the peer that runs has no neighbour",
    "join with an invite of somebody who is there, or name one with --bootstrap",
  );
}

export function peersFindings(answers: readonly Answer[], isRunning: boolean): DoctorFinding[] {
  if (answers.length === 0)
    return isRunning
      ? []
      : [ok("none is known yet: mDNS finds those of the local network, an invite or --bootstrap others")];
  const here = answers.filter(({ fault }) => fault === undefined);
  const away = answers.filter(({ fault }) => fault !== undefined);
  const told = `${here.length} of ${answers.length} known addresses answer`;
  const agents = [...new Set(here.flatMap(({ agent }) => agent ?? []))];
  const findings = [
    here.length === 0 ? nobody(told, away) : ok(`${told}${agents.length === 0 ? "" : `: ${agents.join(", ")}`}`),
  ];
  const others = here.filter(({ task }) => task === "other-version").map(({ address }) => address);
  if (others.length > 0)
    findings.push(
      warning(
        `peers of the task that speak another version: ${others.join(", ")}`,
        "bring both to the same version: they cannot hear each other",
      ),
    );
  const strangers = here.filter(({ task }) => task === "other-task").map(({ address }) => address);
  if (strangers.length > 0)
    findings.push(
      warning(
        `peers that do not work on this task: ${strangers.join(", ")}`,
        "check the task id on both sides (hearsay status)",
      ),
    );
  return findings;
}

function nobody(told: string, away: readonly Answer[]): DoctorFinding {
  const [first] = away;
  return warning(
    `${told}: ${first?.address}: ${first?.fault}`,
    "ask whether they run, and whether a firewall stands between; a fresh invite has their addresses of today",
  );
}
