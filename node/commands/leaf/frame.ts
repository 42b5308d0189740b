/** `hearsay leaf frame`: gives the running peer what a radio has heard. */
import { fromHex, toHex } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { noPeerOn, tellApi } from "../../api/ask.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

interface FrameOptions {
  readonly state: string;
  readonly spreadingFactor?: string;
  readonly json?: boolean;
}

export async function run(hex: string, { state, spreadingFactor, json = false }: FrameOptions): Promise<void> {
  const frame = fromHex(hex.toLowerCase());
  if (frame === undefined) throw new HearsayError("ERR_CONFIG", `<hex> is "${hex}": give bytes in hexadecimal`);
  const at = spreadingFactor === undefined ? "" : `?spreadingFactor=${encodeURIComponent(spreadingFactor)}`;
  const response = await tellApi(state, `/leaves${at}`, frame);
  if (response === undefined) throw noPeerOn(state);
  const answer = toHex(new Uint8Array(await response.arrayBuffer()));
  if (json) printJson({ answer: answer === "" ? null : answer });
  else if (answer !== "") print(`${answer}\n`);
}
