/** Check `config`: whether the configuration is right. */
import { existsSync } from "node:fs";
import { unknownVariables } from "../../settings/nearest.ts";
import { type DoctorCheck, failure, ok, warning } from "../doctor-check.ts";

export const configFile: DoctorCheck = {
  name: "config",
  about: "the configuration: file, variables and flags",
  withinMs: 2_000,
  async run({ configFile: file, configFault, environment }) {
    if (configFault !== undefined)
      return [failure(configFault.message, "hearsay config check names every fault of the file")];
    const unknown = unknownVariables(environment).map((name) =>
      warning(`no setting reads ${name}`, "mend its name, or unset it: hearsay config show has all variables"),
    );
    return [ok(existsSync(file) ? `${file} is right` : `no ${file}: defaults and flags hold`), ...unknown];
  },
};
