/** `hearsay service uninstall`: stops the peer and takes its unit away. Its state stays. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { systemctl } from "../../service/systemctl.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { type ServiceOptions, unitOf } from "./place.ts";

export async function run(options: ServiceOptions): Promise<void> {
  const unit = unitOf(options);
  if (!existsSync(unit.path))
    throw new HearsayError("ERR_CONFIG", `there is no ${unit.path}: name what was installed, with --name and --system`);
  await systemctl(unit.isSystem, "disable", "--now", unit.name);
  await rm(unit.path);
  await systemctl(unit.isSystem, "daemon-reload");
  if (options.json) return printJson({ unit: unit.name, path: unit.path });
  print(`${unit.name} is gone; the state directory, with the key and the log, stays\n`);
}
