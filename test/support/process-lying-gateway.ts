/**
 * A process in place of `hearsay up`, with its options and a word more, the name of a lie (lies.ts): a real peer that would speak for its place, and releases
 * something else than its members have. It answers `hearsay status` as any other.
 */
import { Command } from "commander";
import { serveApi } from "../../node/api/api.ts";
import { up } from "../../node/commands/peer/cli.ts";
import { apiSource } from "../../node/commands/peer/up-api.ts";
import { createLogger } from "../../node/commands/peer/up-log.ts";
import { loadConfig } from "../../node/config.ts";
import { loadCheckedData } from "../../node/data/share.ts";
import { openTask } from "../../node/disk/state-dir.ts";
import { settingsOf } from "../../node/settings/flags.ts";
import { type RunningPeer, startPeer } from "../../node/start.ts";
import { narrator } from "../../node/terminal/up-narrator.ts";
import { LIES } from "./lies.ts";

interface UpOptions {
  readonly state: string;
  readonly task?: string;
  readonly seconds?: string;
}

const program = new Command();
const command = program.command("up").argument("<lie>");
await up(command);
command.action(live);
await program.parseAsync();

async function live(name: string, options: UpOptions): Promise<void> {
  const lie = LIES[name];
  if (lie === undefined) throw new Error(`there is no lie "${name}"`);
  const config = await loadConfig(undefined, process.env, settingsOf(options));
  const { task, taskId } = await openTask(options.state, options.task);
  const { train, holdout } = await loadCheckedData(config.data, task);
  let running: RunningPeer | undefined;
  const logger = await createLogger(config.logLevel, () => {
    const status = running?.peer.status();
    return status && { peer: status.peerId, cycle: status.cycle, seq: status.logSize - 1 };
  });
  const { listen, bootstrap, mdns, cluster, minCycleMs, maxOutbound, engine } = config;
  running = await startPeer({
    ...{ stateDir: options.state, task, train, ...(holdout && { holdout }), engine },
    ...{ listen, bootstrap, mdns, cluster, minCycleMs, maxOutbound, gateway: "prefer" },
    ...lie,
    observe: narrator(logger),
  });
  await serveApi(options.state, apiSource(running, taskId, { hasHoldout: holdout !== undefined }));
  if (options.seconds !== undefined) setTimeout(() => process.exit(), 1000 * Number(options.seconds)).unref();
  await running.done;
}
