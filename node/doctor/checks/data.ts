/** Check `data`: the preflight of the examples against the task. */
import type { lookAt } from "../../data/preflight/look.ts";
import { preflight } from "../../data/preflight/registry.ts";
import { loadPeerData } from "../../data/share.ts";
import { isExternal } from "../../engines/external/open.ts";
import { openSite } from "../../policy/site.ts";
import { type DoctorCheck, type DoctorFinding, ok, warning } from "../doctor-check.ts";

export const data: DoctorCheck = {
  name: "data",
  about: "the examples against the task: hearsay data check has it as a table",
  withinMs: 60_000,
  async run({ task, config, stateDir, running }) {
    if (task === undefined) return [ok("no task yet to hold data against")];
    if (isExternal(config, task.task)) return [ok("the program that trains has its own: the peer sees no example")];
    const { path, dataset } = config.data;
    if (path === undefined && dataset === undefined && running !== undefined)
      return [ok(`the peer that runs learns from ${running.numExamples} rows that flags of its start name`)];
    if (path === undefined && dataset === undefined)
      return [
        warning("no data are named", "name a file with --data FILE (data.path), or a shipped set with --dataset"),
      ];
    const found: DoctorFinding[] = [];
    const look = (seen: ReturnType<typeof lookAt>) => {
      for (const finding of preflight(seen)) {
        const { level, remedy } = finding;
        found.push({
          level: config.data.strict === true ? "failure" : level,
          what: `${seen.path}: ${finding.what}`,
          remedy,
        });
      }
    };
    try {
      const site = await openSite({ state: stateDir });
      const { train, holdout, warnings } = await site.read({ ...task, data: config.data, what: "look" }, () =>
        loadPeerData(config.data, task.task, { examine: look }),
      );
      found.push(...warnings.map((what) => warning(what, "look at the file: hearsay data check")));
      const held = holdout === undefined ? "" : `, ${holdout.length} held out`;
      return [ok(`${train.length} rows to train on${held}`), ...found];
    } catch (error) {
      if (found.some(({ level }) => level === "failure")) return found; // which says why
      throw error;
    }
  },
};
