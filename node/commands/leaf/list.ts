/** `hearsay leaf list`: the enrolled devices. */
import { enrolledLeaves } from "../../leaf/records.ts";
import { printJson, table } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

export async function run({ state, json = false }: { readonly state: string; readonly json?: boolean }): Promise<void> {
  const leaves = (await enrolledLeaves(state)).map(({ leaf, name, heard, told }) => ({ leaf, name, heard, told }));
  if (json) return printJson(leaves);
  if (leaves.length === 0) return print("no leaf is enrolled: see hearsay leaf enrol\n");
  const rows = leaves.map(({ leaf, name, heard, told }) => [String(leaf), name, String(heard), String(told)]);
  print(`${table(["leaf", "name", "newest frame", "models told"], rows)}\n`);
}
