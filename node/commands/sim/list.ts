/** `hearsay sim list`: what scenarios can name. */
import { SETS } from "../../data/shipped/registry.ts";
import { onOutput } from "../../terminal/colours.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

interface Entry {
  readonly name: string;
  readonly about: string;
  readonly source: string;
  /** Option -> default; an option without one is null. */
  readonly options: Readonly<Record<string, unknown>>;
}

type Named = Pick<import("../../../sim/attacks/attack.ts").Attack, "name" | "about" | "source" | "options">;

export async function run(options: { readonly json?: boolean }): Promise<void> {
  const { ALGORITHMS } = await import("../../../sim/algorithms/registry.ts");
  const { ATTACKS } = await import("../../../sim/attacks/registry.ts");
  const algorithms = [...ALGORITHMS.values()].map(entryOf);
  const attacks = [...ATTACKS.values()].map(entryOf);
  const sets = [...SETS.values()].map(({ name, about }) => ({ name, about }));
  if (options.json) return printJson({ algorithms, attacks, sets });
  const parts = [
    section("Algorithms", "algorithm: NAME, or { kind: NAME, ...options }", algorithms.map(describe)),
    section("Attacks", "attack: { kind: NAME, share: 0.2, ...options }", attacks.map(describe)),
    section(
      "Data",
      "data: { set: NAME }, or a file that hearsay up --data reads, with the whole task under task:",
      sets.map(({ name, about }) => `  ${onOutput.bold(name)}  ${about}`),
    ),
  ];
  print(`${parts.join("\n\n")}\n`);
}

function entryOf({ name, about, source, options }: Named): Entry {
  const parsed = options.safeParse({});
  return { name, about, source, options: parsed.success ? (parsed.data as Entry["options"]) : {} };
}

function describe({ name, about, source, options }: Entry): string {
  const defaults = Object.entries(options).map(([option, value]) => `${option}: ${JSON.stringify(value)}`);
  const lines = [`  ${onOutput.bold(name)}  ${about}`, onOutput.dim(`      ${source}`)];
  if (defaults.length > 0) lines.push(`      ${onOutput.cyan(defaults.join(", "))}`);
  return lines.join("\n");
}

function section(title: string, usage: string, lines: readonly string[]): string {
  return [`${onOutput.bold(onOutput.underline(title))}  ${onOutput.dim(usage)}`, ...lines].join("\n");
}
