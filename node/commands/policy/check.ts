/** `hearsay policy check FILE`: whether a policy is right, and else every fault of it. */
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { readPolicy } from "../../policy/load-policy.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

export async function run(file: string, options: { readonly json?: boolean }): Promise<void> {
  try {
    const { policy } = await readPolicy(file, true);
    if (options.json) printJson({ file, policy, faults: [] });
    else print(`${file} is right\n`);
  } catch (error) {
    if (options.json && isHearsayError(error, "ERR_POLICY"))
      printJson({ file, faults: error.details.faults ?? [{ path: "", message: error.message }] });
    throw error; // with what is wrong
  }
}
