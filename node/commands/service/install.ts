/** `hearsay service install`: has systemd run the peer, from now on and after each start of the machine. */
import { userInfo } from "node:os";
import { dirname, resolve } from "node:path";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { openTask } from "../../disk/state-dir.ts";
import { writeWhole } from "../../disk/whole-file.ts";
import { makeDirectory, writingTo } from "../../disk/write-fault.ts";
import { systemctl, systemctlWithin } from "../../service/systemctl.ts";
import { MEMORY_MAX, START_SECONDS, type UnitPlace, unitText } from "../../service/unit.ts";
import { printJson } from "../../terminal/print.ts";
import { print, tell } from "../../terminal/terminal.ts";
import { type ServiceOptions, unitOf } from "./place.ts";

/** systemd gives a start up by itself, and systemctl says so: this is for a systemctl that hangs. */
const ANSWER_SECONDS = START_SECONDS + 60;

interface InstallOptions extends ServiceOptions {
  readonly state: string;
  readonly print?: boolean;
  readonly account?: string;
  readonly memoryMax?: string;
  readonly memoryHigh?: string;
}

export async function run(options: InstallOptions): Promise<void> {
  const unit = unitOf(options);
  const stateDir = resolve(options.state);
  const { memoryMax = MEMORY_MAX, memoryHigh } = options;
  const text = unitText({
    place: placeOf(options, stateDir),
    command: ownCommand(),
    memoryMax: asBytes("--memory-max", memoryMax),
    ...(memoryHigh !== undefined && { memoryHigh: asBytes("--memory-high", memoryHigh) }),
  });
  if (options.print) return print(text);
  await openTask(stateDir); // a service that could only fail is not installed
  await writingTo(unit.path, "the unit", async () => {
    await makeDirectory(dirname(unit.path));
    await writeWhole(unit.path, text, { mode: 0o644 });
  });
  await systemctl(unit.isSystem, "daemon-reload");
  await systemctlWithin(ANSWER_SECONDS, unit.isSystem, "enable", "--now", unit.name);
  if (options.json) return printJson({ unit: unit.name, path: unit.path, state: stateDir });
  print(
    `${unit.path} is installed, and the peer runs. Its log: journalctl ${unit.isSystem ? "" : "--user "}-u ${unit.name}\n`,
  );
  if (!unit.isSystem) tell("it ends when you log out, unless: loginctl enable-linger\n");
}

function placeOf({ system, account }: InstallOptions, stateDir: string): UnitPlace {
  if (!system) {
    if (account === undefined) return { kind: "user", stateDir };
    throw new HearsayError("ERR_CONFIG", "--account is of a unit of the machine: add --system");
  }
  return { kind: "system", stateDir, account: account ?? userInfo().username };
}

/** This command, as systemd finds it after a start of the machine. */
function ownCommand(): string[] {
  const script = resolve(process.argv[1] ?? "");
  if (script.includes("/_npx/"))
    throw new HearsayError(
      "ERR_CONFIG",
      "npx keeps this command in a cache that is emptied: install it first, with npm install -g hearsay",
    );
  return [process.execPath, script];
}

/** As systemd and the kernel read it. */
function asBytes(option: string, text: string): string {
  if (/^\d+[KMGT]?$/.test(text)) return text;
  throw new HearsayError("ERR_CONFIG", `${option} ${text}: give bytes, as 512M or 2G`);
}
