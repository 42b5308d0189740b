/** `hearsay export`: the peer's model as a file for other programs. */
import { dirname, extname, join } from "node:path";
import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { formatBytes } from "../../../protocol/base/figures.ts";
import { pruned, type Thinned, thinned } from "../../../protocol/learn/smaller.ts";
import { spentPrivacy } from "../../api/spent-privacy.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { EXPORT_FORMATS, type ExportFormat } from "../../exports/registry.ts";
import { printJson } from "../../terminal/print.ts";
import { spentText } from "../../terminal/privacy-words.ts";
import { print } from "../../terminal/terminal.ts";
import { openModel } from "./model.ts";

interface ExportOptions {
  readonly state: string;
  /** Where it is left out, that of the name of the file. */
  readonly format?: string;
  readonly prune?: string;
  readonly pruneUnits?: string;
  readonly output?: string;
  readonly json?: boolean;
}

export async function run({ state, format: name, output, json, ...smaller }: ExportOptions): Promise<void> {
  const format = formatOf(name, output);
  const share = { weights: shareOf("--prune", smaller.prune), units: shareOf("--prune-units", smaller.pruneUnits) };
  const { metadata, ...opened } = await openModel({ state });
  const { task, params } = prunedBy(share, opened);
  const facts = {
    peerId: metadata.peer ?? "",
    cycle: Number(metadata.cycle ?? 0),
    age: Number(metadata.age ?? 0),
  };
  const spent = await spentPrivacy(state, task); // read after the model, so that nothing in the model cost more
  const files = await format.encode(params, task, metadata.task ?? "", { ...facts, spent });
  const path = output ?? format.file;
  for (const { beside, bytes } of files.toReversed())
    await writeOutput(beside === "" ? path : join(dirname(path), beside), bytes, "--output");
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  const size = { bytes, parameters: params.length };
  if (json) printJson({ file: path, format: format.name, ...size, ...facts, ...(spent && { privacy: spent }) });
  else {
    const budget = spent === undefined ? "" : `; ${spentText(spent)}`;
    print(
      `${path}: ${format.name}, ${counted(params.length, "parameter")}, ${formatBytes(bytes)}, age ${counted(facts.age, "step")}${budget}\n`,
    );
  }
}

/** @throws HearsayError ERR_CONFIG where no format has this name. */
function formatOf(name: string | undefined, output = ""): ExportFormat {
  const all = [...EXPORT_FORMATS.values()];
  const byFile = all.find(({ file }) => extname(file) === extname(output).toLowerCase()) ?? all[0];
  const format = name === undefined ? byFile : EXPORT_FORMATS.get(name);
  if (format !== undefined) return format;
  const known = all.map((one) => `  ${one.name.padEnd(12)} ${one.about}`);
  throw new HearsayError("ERR_CONFIG", `--format ${name}: there is no such format; there are\n${known.join("\n")}`);
}

interface Shares {
  readonly weights: number;
  readonly units: number;
}

/** Units go first: of what is left, weights. */
function prunedBy({ weights, units }: Shares, model: Thinned): Thinned {
  const { task, params } = units > 0 ? thinned(units, model.params, model.task) : model;
  return { task, params: weights > 0 ? pruned(weights, params, task.tensors) : params };
}

/** 0 where nothing is asked. @throws HearsayError ERR_CONFIG */
function shareOf(option: string, text = "0"): number {
  const share = Number(text);
  if (text.trim() !== "" && share >= 0 && share < 1) return share;
  throw new HearsayError("ERR_CONFIG", `${option} ${text}: give the share that goes, from 0 to below 1, such as 0.5`);
}
