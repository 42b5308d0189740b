/** What a person looks at less often: staleness, bytes, privacy, log, disk, engine, versions. */
import { h, type JSX } from "preact";
import { byteLimitText } from "../../../protocol/traffic/byte-limit.ts";
import type { LinkReport } from "../../net/metering.ts";
import type { PageFacts, PageNow } from "../../observe/messages.ts";
import { agoText, formatBytes, formatNumber, speedText } from "../format.ts";
import { byteRates } from "../series.ts";
import type { PageState } from "../state.ts";
import { HELP } from "../words.ts";
import { Chart } from "./chart.ts";
import { bar, empty, figure, figures, peerLabel, section, table } from "./parts.ts";

export function Staleness({ now: { staleness } }: { now: PageNow }): JSX.Element {
  const about = { id: "staleness", title: "How fresh is what I hear?", about: HELP.staleness };
  if (staleness === null) return section(about, empty("No model of another peer was merged yet."));
  const { mean, most, models } = staleness;
  return section(
    about,
    figures(
      figure({
        label: "usual staleness",
        value: `${formatNumber(mean, 2)} trainings`,
        note: `mean of the last ${models} models`,
        about: HELP.staleness,
      }),
      figure({
        label: "the stalest",
        value: `${formatNumber(most)} ${most === 1 ? "training" : "trainings"}`,
        about: "The oldest model among the last ones that were merged.",
      }),
    ),
  );
}

export function Traffic({ now, state }: { now: PageNow; state: PageState }): JSX.Element {
  const { times, in: into, out } = byteRates(state.samples);
  const { bytesIn, bytesOut } = now.status;
  const label = `Bytes a second over time: now ${speedText(into.at(-1) ?? 0)} in and ${speedText(out.at(-1) ?? 0)} out`;
  const curves = [
    { label: "in", colour: "--s0" },
    { label: "out", colour: "--s1", dash: [8, 5] },
  ];
  return section(
    { id: "traffic", title: "What does it cost?", about: HELP.traffic },
    figures(
      figure({
        label: "bytes in",
        value: formatBytes(bytesIn),
        note: speedText(into.at(-1)),
        colour: "s0",
        about: HELP.traffic,
      }),
      figure({
        label: "bytes out",
        value: formatBytes(bytesOut),
        note: speedText(out.at(-1)),
        colour: "s1",
        about: HELP.traffic,
      }),
      ...now.budget.map(budget),
    ),
    now.budget.length === 0 && empty("There is no bound on the bytes of this peer (hearsay up --budget)."),
    now.words.thrift.length > 0 &&
      h("p", { class: "note" }, `For its budget this peer ${now.words.thrift.join(", ")}.`),
    times.length > 1 && h(Chart, { label, times, curves, values: [into, out], text: speedText, fromZero: true }),
  );
}

function budget({ kind, leftBytes, spentBytes, isDry, ...limit }: LinkReport): JSX.Element {
  const label = kind === "all" ? "budget" : `budget of ${kind}`;
  const note = `${formatBytes(spentBytes)} went since the start; ${isDry ? "nothing passes until there is more" : `${formatBytes(leftBytes)} may go now`}`;
  return figure({ label, value: byteLimitText(limit), note, about: HELP.budget });
}

export function Privacy({ now: { status, words } }: { now: PageNow }): JSX.Element {
  const about = { id: "privacy", title: "What of my data may show?", about: HELP.privacy };
  const { privacy } = status;
  if (privacy === undefined || words.privacy === null)
    return section(
      about,
      empty(
        "This task hides no single rows: your rows stay on this machine, but the models that are sent may tell something of single rows. A task made with hearsay init --private hides them.",
      ),
    );
  const share = privacy.epsilon / privacy.maxEpsilon;
  return section(
    about,
    figures(
      figure({
        label: "spent",
        value: `ε ${formatNumber(privacy.epsilon)} of ${formatNumber(privacy.maxEpsilon)}`,
        note: `${formatNumber(privacy.steps)} steps`,
        about: HELP.privacy,
      }),
    ),
    bar(share, "s1"),
    h("p", { class: "note" }, words.privacy),
  );
}

export function Log({ now }: { now: PageNow }): JSX.Element {
  const { status, witnessedMs, evidence, atMs } = now;
  const { cosigned, banned = 0 } = status.accountability ?? {};
  const found = evidence.map(({ peer, code, message }) => [peerLabel(peer, now.names), code, message]);
  return section(
    { id: "log", title: "Who can check me?", about: HELP.log },
    figures(
      figure({
        label: "log",
        value: `${formatNumber(status.logSize)} entries`,
        note: status.generation === 0 ? undefined : `begun anew ${status.generation} times`,
        about: HELP.log,
      }),
      figure({
        label: "cosigners",
        value: cosigned === undefined ? "none yet" : String(cosigned.cosigners),
        note:
          cosigned && `of the first ${formatNumber(cosigned.size)} entries; ${cosigned.known} of them are known here`,
        about: HELP.witness,
      }),
      figure({
        label: "last witness",
        value: witnessedMs === null ? "none yet" : agoText(atMs - witnessedMs),
        about: HELP.witness,
      }),
      figure({
        label: "banned keys",
        value: String(banned),
        note: banned === 0 ? "no fork was found" : "forks or ended keys",
        about: HELP.forks,
      }),
    ),
    found.length > 0 && table("Evidence that came to light", ["peer", "proves", "what"], found),
  );
}

/** What of the model stays with this peer, where something does. */
function staysText({ personal }: PageNow["status"]): string {
  return personal === undefined
    ? ""
    : `; ${personal.method}: ${formatNumber(personal.numParams)} numbers of the model stay here`;
}

export function Machine({ facts, now }: { facts: PageFacts; now: PageNow }): JSX.Element {
  const { archive, freeBytes, status } = now;
  return section(
    { id: "machine", title: "This machine", about: HELP.engine },
    figures(
      figure({
        label: "for audits",
        value: archive === null ? "nothing" : formatBytes(archive.bytes),
        note: archive === null ? undefined : `${formatNumber(archive.files)} models`,
        about: HELP.disk,
      }),
      figure({
        label: "free on the disk",
        value: formatBytes(freeBytes ?? undefined),
        note: facts.stateDir,
        about: HELP.free,
      }),
      figure({
        label: "engine",
        value: status.engine,
        note: `${formatNumber(status.numExamples)} rows to train on${staysText(status)}`,
        about: HELP.engine,
      }),
      figure({
        label: "versions",
        value: `hearsay ${facts.versions.hearsay}`,
        note: `protocol ${facts.versions.protocol}, Node ${facts.versions.node}`,
        about: HELP.versions,
      }),
    ),
    h(
      "details",
      { class: "more" },
      h("summary", null, "Ids and addresses"),
      h("pre", { tabIndex: 0 }, [`peer ${facts.peerId}`, `task ${status.task.id}`, ...now.addresses].join("\n")),
    ),
  );
}
