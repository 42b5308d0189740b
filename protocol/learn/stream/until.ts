/**
 * Conditions on the figures of a peer, as people write them: when it is to stop.
 *
 *     rmse < 3 for 1h                      accuracy >= 95 % and prequential > 0.9 for 30m
 *     no better for 2h                     the best figure so far is so old: an early stop
 *     rmse < 3 or no better for 1d
 *
 * A condition is clauses with `and` and `or`, of which `and` binds first. With `for` a clause has to hold so long without a break. A figure that is not
 * known breaks it.
 */

import { durationMs } from "../../base/duration.ts";
import { HearsayError } from "../../base/errors.ts";
import type { Clock } from "../../base/seams.ts";

/** One clause. */
export type Clause =
  | {
      readonly kind: "figure";
      readonly figure: string;
      readonly op: Operator;
      readonly value: number;
      readonly forMs: number;
    }
  | { readonly kind: "no-better"; readonly forMs: number };

type Operator = "<" | "<=" | ">" | ">=";

/** One of these has to hold whole. */
export type Condition = readonly (readonly Clause[])[];

/** Figures now, by name; one that is not known is left out. */
export type Figures = Readonly<Record<string, number | undefined>>;

export interface Until {
  /** Whether it holds now. Called every few seconds: what holds between two looks is not seen. */
  look(figures: Figures): boolean;
}

export interface UntilOptions {
  /** The names that a clause may have. */
  readonly figures: readonly string[];
  /** Those among them that lie between 0 and 1. */
  readonly shares?: readonly string[];
  /** The figure of `no better`, and whether less is better. */
  readonly best: { readonly figure: string; readonly lowerIsBetter: boolean };
}

/** A figure is better that is so much better, of itself: noise is none. */
const BETTER_BY = 0.001;
const TOKEN = /\s*(<=|>=|<|>|[A-Za-z][\w-]*|\d+(?:\.\d+)?(?:[smhd](?!\w))?|%|\S)/y;

interface Token {
  readonly text: string;
  /** Characters before it. */
  readonly at: number;
}

class Reader {
  readonly #tokens: readonly Token[];
  readonly #length: number;
  #next = 0;

  constructor(text: string) {
    this.#length = text.length;
    const tokens: Token[] = [];
    TOKEN.lastIndex = 0;
    for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
      const [all, token = ""] = found;
      tokens.push({ text: token, at: found.index + all.length - token.length });
    }
    this.#tokens = tokens;
  }

  /** Takes the next token if it is this. */
  takes(text: string): boolean {
    if (this.#tokens[this.#next]?.text !== text) return false;
    this.#next++;
    return true;
  }

  /** Takes the next token, of which `read` makes something. @throws HearsayError ERR_CONFIG, with its place, where it makes nothing. */
  take<T>(what: string, read: (text: string, next: string | undefined) => T | undefined): T {
    const token = this.#tokens[this.#next];
    const value = token && read(token.text, this.#tokens[this.#next + 1]?.text);
    if (value === undefined) throw this.refuse(what);
    this.#next++;
    return value;
  }

  get isAtEnd(): boolean {
    return this.#next === this.#tokens.length;
  }

  refuse(what: string): HearsayError {
    const token = this.#tokens[this.#next];
    const at = (token?.at ?? this.#length) + 1;
    const found = token === undefined ? "the end" : `"${token.text}"`;
    return new HearsayError("ERR_CONFIG", `--until: at character ${at}: ${found} in place of ${what}`, { at });
  }
}

/**
 * Reads a condition. @throws HearsayError ERR_CONFIG with the place of what cannot be read (`details.at`, from 1), or of a figure of `shares`, which lie
 * between 0 and 1, that is held against more.
 * @example
 * import { parseUntil } from "hearsay/protocol/learn/stream/until";
 * parseUntil("rmse < 3 for 1h", ["rmse"]); // -> [[{ kind: "figure", figure: "rmse", op: "<", value: 3, forMs: 3600000 }]]
 */
export function parseUntil(text: string, figures: readonly string[], shares: readonly string[] = []): Condition {
  const reader = new Reader(text);
  const whole: Clause[][] = [[clauseOf(reader, figures, shares)]];
  while (!reader.isAtEnd) {
    if (reader.takes("and")) whole.at(-1)?.push(clauseOf(reader, figures, shares));
    else if (reader.takes("or")) whole.push([clauseOf(reader, figures, shares)]);
    else throw reader.refuse('"and", "or" or the end');
  }
  return whole;
}

function clauseOf(reader: Reader, figures: readonly string[], shares: readonly string[]): Clause {
  if (reader.takes("no")) {
    reader.take('"better"', (word) => (word === "better" ? true : undefined));
    reader.take('"for"', (word) => (word === "for" ? true : undefined));
    return { kind: "no-better", forMs: spanOf(reader) };
  }
  const names = `${figures.join(", ")} or "no better"`;
  const figure = reader.take(`a figure: ${names}`, (word) => (figures.includes(word) ? word : undefined));
  const op = reader.take("<, <=, > or >=", (word) => (/^[<>]=?$/.test(word) ? (word as Operator) : undefined));
  const isShare = shares.includes(figure);
  const wanted = isShare ? "a share of 1, such as 0.9 or 90 %" : "a number";
  const value = reader.take(wanted, (word, next) => {
    const number = /^\d+(?:\.\d+)?$/.test(word) ? Number(word) / (next === "%" ? 100 : 1) : undefined;
    return isShare && number !== undefined && number > 1 ? undefined : number;
  });
  reader.takes("%");
  return { kind: "figure", figure, op, value, forMs: reader.takes("for") ? spanOf(reader) : 0 };
}

function spanOf(reader: Reader): number {
  return reader.take("a time span such as 45s, 30m, 12h or 7d", durationMs);
}

const HOLDS: Readonly<Record<Operator, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/** Looks again and again whether a condition holds. @throws HearsayError ERR_CONFIG as `parseUntil`. */
export function createUntil(
  text: string,
  clock: Pick<Clock, "monotonicMs">,
  { figures, shares, best }: UntilOptions,
): Until {
  const condition = parseUntil(text, figures, shares);
  /** Since when each clause holds. */
  const since = new Map<Clause, number>();
  let top: { readonly value: number; readonly atMs: number } | undefined;

  const holds = (clause: Clause, now: Figures, nowMs: number): boolean => {
    if (clause.kind === "no-better") return top !== undefined && nowMs - top.atMs >= clause.forMs;
    const value = now[clause.figure];
    if (value === undefined || !HOLDS[clause.op](value, clause.value)) {
      since.delete(clause);
      return false;
    }
    const begun = since.get(clause) ?? nowMs;
    since.set(clause, begun);
    return nowMs - begun >= clause.forMs;
  };

  return {
    look(now) {
      const nowMs = clock.monotonicMs();
      const value = now[best.figure];
      if (value !== undefined && isBetter(value, top?.value, best.lowerIsBetter)) top = { value, atMs: nowMs };
      // each clause is looked at, so that none misses a break
      return condition
        .map((clauses) => clauses.map((clause) => holds(clause, now, nowMs)).every(Boolean))
        .some(Boolean);
    },
  };
}

function isBetter(value: number, before: number | undefined, lowerIsBetter: boolean): boolean {
  if (before === undefined) return true;
  const gain = lowerIsBetter ? before - value : value - before;
  return gain > BETTER_BY * Math.abs(before);
}
