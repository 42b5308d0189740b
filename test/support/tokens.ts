/**
 * TypeScript source as tokens, comments left out: what the architecture test needs to know an import from a text that looks
 * like one. Not a parser. It relies on how this code base is written (biome sees to that) where the grammar needs more than the
 * token before to tell a regular expression from a division: `)`, `]` and `}` end an operand.
 */

export interface Token {
  readonly kind: "name" | "string" | "template" | "number" | "regex" | "symbol";
  /** As written; of a string what stands between the quotes, of a template one piece of its text. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

const SPACE = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const STRING = /"((?:[^"\\\n]|\\[\s\S])*)"|'((?:[^'\\\n]|\\[\s\S])*)'/y;
const NAME = /#?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const NUMBER = /0[xXbBoO][\da-fA-F_]+n?|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?n?/y;
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const SYMBOL = /\?\.(?!\d)|=>|\.\.\.|[-+*/%&|^!~<>=?:;,.(){}[\]@]/y;
/** The text of a template up to its end or the next expression. */
const TEMPLATE = /((?:[^`\\$]|\\[\s\S]|\$(?!\{))*)(`|\$\{)/y;

/** After these words an expression begins, so a slash opens a regular expression. */
const OPERATORS = new Set(
  "await case default delete do else extends in instanceof new of return throw typeof void yield".split(" "),
);
const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** Throws SyntaxError where the text cannot be read to its end, or its brackets do not match. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  /** Brackets that are open: what closes each. "`" stands for the brace of an expression inside a template. */
  const open: string[] = [];
  let at = source.startsWith("#!") ? source.indexOf("\n") : 0;
  let line = 1;
  let afterOperand = false;

  function take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const match = pattern.exec(source) ?? undefined;
    at += match?.[0].length ?? 0;
    return match;
  }

  function push(kind: Token["kind"], text: string, whole: string, operand: boolean): void {
    tokens.push({ kind, text, line });
    line += whole.split("\n").length - 1;
    afterOperand = operand;
  }

  function template(): void {
    const piece = take(TEMPLATE);
    if (piece === undefined) throw new SyntaxError(`line ${line}: a template without an end`);
    const [whole, text = "", end] = piece;
    push("template", text, whole, end === "`");
    if (end === "${") open.push("`");
  }

  function symbol(text: string): void {
    if (text in CLOSING) open.push(CLOSING[text] as string);
    else if (")]}".includes(text)) {
      const expected = open.pop();
      if (expected === "`" && text === "}") {
        template();
        return;
      }
      if (expected !== text) throw new SyntaxError(`line ${line}: "${text}" closes nothing`);
    }
    push("symbol", text, text, ")]}".includes(text));
  }

  while (at < source.length) {
    const space = take(SPACE);
    if (space !== undefined) line += space[0].split("\n").length - 1;
    if (at >= source.length) break;
    if (source[at] === "`") {
      at++;
      template();
      continue;
    }
    const regex = !afterOperand && source[at] === "/" ? take(REGEX) : undefined;
    const string = regex ?? take(STRING);
    const word = string ?? take(NAME);
    const number = word ?? take(NUMBER);
    const match = number ?? take(SYMBOL);
    if (match === undefined)
      throw new SyntaxError(`line ${line}: ${JSON.stringify(source.slice(at, at + 10))} is no token`);
    const [whole] = match;
    if (regex !== undefined) push("regex", whole, whole, true);
    else if (string !== undefined) push("string", string[1] ?? string[2] ?? "", whole, true);
    else if (word !== undefined) push("name", whole, whole, !OPERATORS.has(whole));
    else if (number !== undefined) push("number", whole, whole, true);
    else symbol(whole);
  }
  if (open.length > 0) throw new SyntaxError(`${open.length} brackets are not closed`);
  return tokens;
}
