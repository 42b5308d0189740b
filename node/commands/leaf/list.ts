/** `hearsay leaf list`: the enrolled devices. Withheld are answers that they should have had while the radio had to be silent (`leaf.dutyCycle`). */
import { enrolledLeaves } from "../../leaf/records.ts";
import { printJson, table } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

export async function run({ state, json = false }: { readonly state: string; readonly json?: boolean }): Promise<void> {
  const leaves = (await enrolledLeaves(state)).map(({ key: _, ...rest }) => rest);
  if (json) return printJson(leaves);
  if (leaves.length === 0) return print("no leaf is enrolled: see hearsay leaf enrol\n");
  const rows = leaves.map(({ leaf, name, heard, told, withheld }) => [
    ...[String(leaf), name],
    ...[heard, told, withheld].map(String),
  ]);
  print(`${table(["leaf", "name", "newest frame", "models told", "withheld"], rows)}\n`);
}
