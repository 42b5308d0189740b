/** `hearsay open`: the page of the running peer, in a browser. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { pageAddressesOf } from "../../api/ask.ts";
import { shellOption } from "../../shell.ts";
import { openInBrowser } from "../../terminal/browser.ts";
import { printJson } from "../../terminal/print.ts";
import { print, tell } from "../../terminal/terminal.ts";

interface OpenOptions {
  readonly state: string;
  readonly print?: boolean;
  readonly json?: boolean;
}

export async function run({ state, print: printOnly, json }: OpenOptions): Promise<void> {
  const addresses = await pageAddressesOf(state);
  const up = `hearsay up ${shellOption("--state", state)}`;
  if (addresses === undefined)
    throw new HearsayError("ERR_STATE", `no peer runs on ${state}, or one of an older version: start it with ${up}`);
  if (addresses === null)
    throw new HearsayError("ERR_STATE", `the peer on ${state} serves no page (--no-page): start it again with ${up}`);
  const { address, once } = addresses;
  if (json) return printJson({ address });
  print(`${address}\n`);
  if (printOnly || (await openInBrowser(once))) return;
  tell("no browser was found here: open the address above in a browser of this machine\n");
}
