/** Commands as pages and help show them, for readers to copy. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { COMMANDS, type Group, type Leaf } from "../../../node/command-list.ts";
import { TOP } from "../docs.ts";

export interface Documented {
  /** A page and its line, or the command whose help shows it. */
  readonly where: string;
  /** What a reader types, without the words beside it. */
  readonly line: string;
}

/** Programs by which a line of an example begins; where one begins with another program, it is added here. */
const PROGRAMS = "hearsay|sudo|npm|npx|node|pip|prometheus|export [A-Z_]+=";
const EXAMPLE = new RegExp(`^(?:\\$ )?((?:${PROGRAMS})(?: |(?<==)).*)$`);
const PROSE = /`((?:sudo )?(?:hearsay|npm run) [^`]+)`/g;
const SHELLS = ["sh", "bash", "console", "shell"];

const PAGES = globSync(["*.md", "{node,protocol,sim,test}/**/*.md"], { cwd: TOP }).sort();

/** Every line of a shell that a page shows in a block of its own: indented by four, or fenced. */
export function examplesOfPages(): Documented[] {
  return PAGES.flatMap((page) =>
    codeLines(page).flatMap(({ text, number }) => {
      const line = withoutWords(EXAMPLE.exec(text)?.[1] ?? "");
      return line === "" ? [] : [{ where: `${page}:${number}`, line }];
    }),
  );
}

/** Commands that a page names within a sentence or a table. They need not be whole. */
export function commandsInProse(): Documented[] {
  return PAGES.flatMap((page) =>
    read(page).flatMap((text, at) =>
      [...text.matchAll(PROSE)].map(([, line = ""]) => ({ where: `${page}:${at + 1}`, line })),
    ),
  );
}

/** Of the help of every command, and of that of the whole. */
export async function examplesOfHelp(): Promise<Documented[]> {
  const helps = [...(await helpOfCommands()), { where: "hearsay --help", help: read("node/cli.ts").join("\n") }];
  return helps.flatMap(({ where, help }) =>
    help.split("\n").flatMap((text) => {
      const line = withoutWords(/^ {2}\$ (.*)$/.exec(text)?.[1] ?? "");
      return line === "" ? [] : [{ where, line }];
    }),
  );
}

/** A command with its options, as `hearsay PATH` has it; it does nothing. */
export interface Called {
  readonly path: string;
  readonly command: Command;
}

/** Every command, and every group. */
export async function allCommands(): Promise<Called[]> {
  const all: Called[] = [];
  const add = async (listed: readonly (Leaf | Group)[], before: string): Promise<void> => {
    for (const entry of listed) {
      const command = new Command(entry.name).description(entry.about);
      const path = `${before} ${entry.name}`;
      all.push({ path, command });
      if ("commands" in entry) {
        command.addHelpText("after", entry.examples ?? "");
        await add(entry.commands, path);
      } else await (await entry.load())(command);
    }
  };
  await add(COMMANDS, "hearsay");
  return all;
}

async function helpOfCommands(): Promise<{ where: string; help: string }[]> {
  return (await allCommands()).map(({ path, command }) => {
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    return { where: `${path} --help`, help };
  });
}

/** Lines of code, without their indentation. Fenced blocks of other languages hold none of a shell. */
function codeLines(page: string): { readonly text: string; readonly number: number }[] {
  let fence: string | undefined;
  return read(page).flatMap((text, at) => {
    const mark = /^\s*```(\w*)/.exec(text);
    if (mark !== null) {
      fence = fence === undefined ? (mark[1] ?? "") : undefined;
      return [];
    }
    const isCode = fence === undefined ? text.startsWith("    ") : SHELLS.includes(fence);
    return isCode ? [{ text: text.trim(), number: at + 1 }] : [];
  });
}

/** Two blanks, or a #, begin what is said about the command. */
function withoutWords(line: string): string {
  return line.split(/ {2,}| #/)[0]?.trim() ?? "";
}

function read(page: string): string[] {
  return readFileSync(join(TOP, page), "utf8").split("\n");
}
