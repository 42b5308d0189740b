/** What commands of the command line share: options that occur in several, and how a command is called. */
import { type Command, Option } from "commander";

/** Adds options and help to a command, and says what it does. May load what it needs. */
export type Definition = (command: Command) => unknown;

export const stateOption = (): Option =>
  new Option("-s, --state <dir>", "state directory of the peer").default(".hearsay").env("HEARSAY_STATE");

export const jsonOption = (help = "print JSON"): Option => new Option("--json", help);

export const outputOption = (help: string): Option => new Option("-o, --output <file>", help);

export const modelOption = (): Option => new Option("--model <file>", "a model file instead of the peer's");

export const peersOption = (help: string): Option => new Option("--peers <n>", help);

export const pluginOption = (): Option =>
  new Option(
    "--plugin <file>",
    "add the attacks, rules, partitions, metrics, codecs, topologies and algorithms of a file; may be repeated",
  ).argParser((file: string, before: readonly string[] = []) => [...before, file]);

export const workersOption = (help = "threads (default: one for each core)"): Option =>
  new Option("--workers <n>", help);

export const generationOption = (): Option =>
  new Option("--generation <n>", "an earlier log of the key, where it had to begin another (default: the current one)");

/** That can be asked for with `lastOption`. */
export const MOST_SHOWN = 1e9;

export const lastOption = (help: string): Option => new Option("-n, --last <n>", help).default("20");

export const passphraseOption = (): Option =>
  new Option(
    "--passphrase-file <file>",
    "file with the passphrase of the key, where it has one (or HEARSAY_PASSPHRASE)",
  );

export const policyOption = (): Option =>
  new Option("--policy <file>", "a policy of this site, which restricts further (see hearsay policy show)");

/** Names of arguments that are files, beside options of the form `--x <file>`. */
const FILE_ARGUMENTS = new Set(["file", "files", "task"]);

/** The files that a command was given, each with what named it: `--task`, `<file>`. */
export function namedFiles(command: Command): { readonly option: string; readonly path: string }[] {
  const options = command.options.map((option): [string, unknown] => [
    /<file>/.test(option.flags) ? (option.long ?? option.flags) : "",
    command.getOptionValue(option.attributeName()),
  ]);
  const rest = command.registeredArguments.map((argument, i): [string, unknown] => [
    FILE_ARGUMENTS.has(argument.name()) ? `<${argument.name()}>` : "",
    command.processedArgs[i],
  ]);
  return [...options, ...rest].flatMap(([option, value]) =>
    option === "" ? [] : [value].flat().flatMap((path) => (typeof path === "string" ? [{ option, path }] : [])),
  );
}

/** Examples and notes below the options. */
export function notes(command: Command, text: string): Command {
  return command.addHelpText("after", `\n${text}\n`);
}

/** The action of a command: its file is loaded when it is called. */
export function calls(
  load: () => Promise<{ run(...args: never[]): Promise<void> }>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => (await load()).run(...(args as never[]));
}
