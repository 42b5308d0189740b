/** `hearsay data statistics`: mean and spread of this site's columns, for others to agree on (`agree.ts`). */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Identity } from "../../../protocol/base/seams.ts";
import { loadConfig } from "../../config.ts";
import type { DataLook } from "../../data/preflight/look.ts";
import { loadPeerData } from "../../data/share.ts";
import type { ColumnFigures } from "../../data/statistics/statement.ts";
import { encodeStatistics, figuresOf } from "../../data/statistics/statement.ts";
import { configPath, findTask } from "../../disk/state-dir.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { loadIdentity } from "../../keys/keys.ts";
import { passphraseFrom } from "../../keys/passphrase.ts";
import { openSite, type SiteOptions } from "../../policy/site.ts";
import { settingsOf } from "../../settings/flags.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

interface StatisticsOptions extends SiteOptions {
  readonly task: string;
  readonly output: string;
  readonly passphraseFile?: string;
  readonly json?: boolean;
}

export async function run(options: StatisticsOptions): Promise<void> {
  const { data } = await loadConfig(configPath(options.state), process.env, settingsOf(options));
  const { task, taskId } = await findTask(options.state, options.task);
  if (task.privacy !== undefined)
    throw new HearsayError(
      "ERR_CONFIG",
      "the task hides data (privacy), and figures of columns have no noise: take mean and std from what is known of the quantities",
    );
  let figures: ColumnFigures[] = [];
  const all = { ...data, holdout: 0, share: undefined, holdoutPath: undefined };
  const examine = (look: DataLook) => {
    figures = figuresOf(look);
  };
  const site = await openSite(options);
  await site.read({ task, taskId, data, what: "describe" }, () => loadPeerData(all, task, { examine }));
  if (figures.length === 0)
    throw new HearsayError("ERR_CONFIG", "name a file with --data: a shipped set has figures of its own");
  const identity = await ownIdentity(options);
  await writeOutput(options.output, encodeStatistics(figures, identity), "--output");
  if (options.json) return printJson({ file: options.output, columns: figures, signer: identity?.peerId ?? null });
  print(
    `${facts([
      ["wrote", options.output],
      ["columns", `${figures.length}: number of readings, mean and spread of each; no row`],
      ["signed", identity?.peerId ?? "by nobody: there is no key yet in the state directory"],
    ])}\n\nGive it to whoever writes the task, who runs: hearsay data agree TASK FILE...\n`,
  );
}

/** No key is made for it: one without a log is no peer yet. */
async function ownIdentity(options: StatisticsOptions): Promise<Identity | undefined> {
  const path = join(options.state, "key");
  if (!existsSync(path)) return undefined;
  return (await loadIdentity(path, passphraseFrom(options))).identity;
}
