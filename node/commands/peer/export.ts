/** `hearsay export`: the peer's model as a safetensors file, readable wherever the format is. */
import { formatBytes } from "../../../protocol/base/figures.ts";
import { spentPrivacy } from "../../api/spent-privacy.ts";
import { encodeModel } from "../../disk/model-file.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { printJson } from "../../terminal/print.ts";
import { spentText } from "../../terminal/privacy-words.ts";
import { print } from "../../terminal/terminal.ts";
import { openModel } from "./model.ts";

export async function run(options: { state: string; output: string; json?: boolean }): Promise<void> {
  const { task, params, metadata } = await openModel({ state: options.state });
  const facts = {
    peerId: metadata.peer ?? "",
    cycle: Number(metadata.cycle ?? 0),
    age: Number(metadata.age ?? 0),
  };
  const spent = await spentPrivacy(options.state, task); // read after the model, so that nothing in the model cost more
  const file = encodeModel(params, task, metadata.task ?? "", { ...facts, spent });
  await writeOutput(options.output, file);
  const size = { bytes: file.length, parameters: params.length };
  if (options.json) printJson({ file: options.output, ...size, ...facts, ...(spent && { privacy: spent }) });
  else {
    const budget = spent === undefined ? "" : `; ${spentText(spent)}`;
    print(
      `${options.output}: ${params.length} parameters, ${formatBytes(file.length)}, age ${facts.age} steps${budget}\n`,
    );
  }
}
