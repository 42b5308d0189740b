/** A command as people write it, in words. No shell reads it: nothing is expanded, and nothing is run but the program that it names. */
import { accessSync, constants, readFileSync } from "node:fs";

/**
 * Words are separated by spaces; in quotes a space stands for itself. A file of Python alone is given to python3, unless it is a program itself and says
 * which Python it wants.
 * @throws RangeError for a quote without an end, and for no word at all.
 */
export function commandWords(command: string | readonly string[]): readonly string[] {
  const words = typeof command === "string" ? split(command) : command;
  if (words.length === 0 || words[0] === "") throw new RangeError("names no program; give e.g. python train.py");
  const [file, ...others] = words as readonly [string, ...string[]];
  return others.length === 0 && file.endsWith(".py") && !isProgram(file) ? ["python3", file] : words;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return readFileSync(file, "latin1").startsWith("#!");
  } catch {
    return false;
  }
}

function split(text: string): string[] {
  const words: string[] = [];
  const pattern = /((?:[^\s"']|"[^"]*"|'[^']*')+)|(["'])/g;
  for (const [, word, quote] of text.matchAll(pattern)) {
    if (quote !== undefined) throw new RangeError(`has a ${quote} without its end`);
    words.push((word as string).replace(/"([^"]*)"|'([^']*)'/g, (_, double = "", single = "") => double + single));
  }
  return words;
}
