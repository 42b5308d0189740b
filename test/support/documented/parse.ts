/** Whether a command line that a page shows is one that this version takes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { COMMANDS, type Group, type Leaf } from "../../../node/command-list.ts";
import { TOP } from "../docs.ts";

const { scripts } = JSON.parse(readFileSync(join(TOP, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** A word of a shell: quoted, calculated, or plain. */
const WORD = /(?:"[^"]*"|'[^']*'|\$\(\([^)]*\)\)|[^\s'"])+/g;

/**
 * What is wrong with a line of a page, of which every `hearsay` and `npm run` is looked at; undefined where nothing is. Words in brackets may be left
 * out, and a bar stands between words of which one is taken.
 * @param isWhole false for a command that a sentence names: it may lack what it needs, or be a group.
 */
export async function faultOf(line: string, isWhole: boolean): Promise<string | undefined> {
  const plain = line.replace(/\[([^\]]*)\]/g, "$1").replace(/ > \S+/g, "");
  for (const part of plain.split(/ && |; /))
    for (const words of alternatives(wordsOf(part))) {
      const fault = await faultIn(words, isWhole);
      if (fault !== undefined) return fault;
    }
  return undefined;
}

function wordsOf(text: string): string[] {
  return (text.match(WORD) ?? []).map((word) => word.replace(/["']/g, ""));
}

/** `vertical offer | join` and `service install|status` are two commands. */
function alternatives(words: readonly string[]): string[][] {
  const joined = words.join(" ").replaceAll(" | ", "|").split(" ");
  const at = joined.findIndex((word) => /^[a-z]+(?:\|[a-z]+)+$/.test(word));
  if (at < 0) return [[...words]];
  return (joined[at] as string).split("|").map((one) => joined.with(at, one));
}

async function faultIn(words: readonly string[], isWhole: boolean): Promise<string | undefined> {
  const [program, ...rest] = words[0] === "sudo" ? words.slice(1) : words;
  if (program === "npm" && rest[0] === "run") return faultOfScript(rest.slice(1), isWhole);
  return program === "hearsay" ? faultOfCommand(rest, isWhole) : undefined;
}

/** A script that calls the command line takes what comes after `--`. */
async function faultOfScript([name = "", dashes, ...rest]: readonly string[], isWhole: boolean) {
  const script = scripts[name];
  if (script === undefined) return `package.json has no script ${name}`;
  const called = /cli\.ts (.*)$|cli\.js (.*)$/.exec(script);
  if (called === null || dashes !== "--") return undefined;
  return faultOfCommand([...(called[1] ?? called[2] ?? "").split(" "), ...rest], isWhole);
}

async function faultOfCommand(words: readonly string[], isWhole: boolean): Promise<string | undefined> {
  let listed: readonly (Leaf | Group)[] = COMMANDS;
  for (const [at, word] of words.entries()) {
    const entry = listed.find(({ name }) => name === word);
    if (entry === undefined) return at === 0 && word.startsWith("-") ? undefined : `there is no command ${word}`;
    if (!("commands" in entry)) return faultOfLeaf(entry, words.slice(at + 1), isWhole);
    listed = entry.commands;
  }
  return isWhole ? "it is a group of commands" : undefined;
}

async function faultOfLeaf(leaf: Leaf, rest: readonly string[], isWhole: boolean): Promise<string | undefined> {
  const command = new Command(leaf.name).exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  await (await leaf.load())(command);
  command.action(() => {});
  try {
    await command.parseAsync(rest, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const isIncomplete = /missing|Missing/.test(error.code); // an argument, an option, the value of one
    return error.code === "commander.helpDisplayed" || (isIncomplete && !isWhole) ? undefined : error.message;
  }
  return undefined;
}
