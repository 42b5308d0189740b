/** Which unit a command of services is about. */
import { homedir } from "node:os";
import { join } from "node:path";
import { HearsayError } from "../../../protocol/base/errors.ts";

export interface ServiceOptions {
  readonly name: string;
  readonly system?: boolean;
  readonly json?: boolean;
}

export interface Unit {
  /** With its ending. */
  readonly name: string;
  readonly path: string;
  readonly isSystem: boolean;
}

/** @throws HearsayError ERR_CONFIG for a name that is none. */
export function unitOf({ name, system = false }: ServiceOptions): Unit {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name))
    throw new HearsayError("ERR_CONFIG", `--name ${name}: give letters, digits, points and hyphens`);
  const unit = `${name}.service`;
  const own = process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config");
  const folder = system ? "/etc/systemd/system" : join(own, "systemd/user");
  return { name: unit, path: join(folder, unit), isSystem: system };
}
