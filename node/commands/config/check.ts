/** `hearsay config check [FILE]`: whether a configuration is right, and else every fault of it. */
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { checkConfigFile } from "../../config.ts";
import { configPath } from "../../disk/state-dir.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

interface CheckOptions {
  readonly state: string;
  readonly json?: boolean;
}

export async function run(given: string | undefined, options: CheckOptions): Promise<void> {
  const file = given ?? configPath(options.state);
  try {
    const { settings, preset } = await checkConfigFile(file);
    if (options.json) return printJson({ file, settings, ...(preset !== undefined && { preset }), faults: [] });
    const count = `${settings} setting${settings === 1 ? "" : "s"}`;
    print(`${file} is right: ${count}${preset === undefined ? "" : `, preset ${preset}`}\n`);
  } catch (error) {
    if (options.json && isHearsayError(error, "ERR_CONFIG"))
      printJson({ file, faults: error.details.faults ?? [{ path: "", message: error.message }] });
    throw error; // with what is wrong, and status 2
  }
}
