/** What a trainer prints on standard error, as lines for the log of the peer: each of bounded length, and so many in a while. */
import { StringDecoder } from "node:string_decoder";
import { visible } from "../../../protocol/base/visible.ts";

const MOST_CHARACTERS = 1000;
/** Lines in a window; a bar of progress prints hundreds. */
const MOST_LINES = 100;
const WINDOW_MS = 10_000;
/** The last lines say why a process ended. */
const KEPT_LINES = 5;

export interface Said {
  push(chunk: Uint8Array): void;
  /** The last lines, whether they were told or not. */
  last(): readonly string[];
}

export function createSaid(tell: (line: string) => void, nowMs: () => number = () => performance.now()): Said {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let kept: string[] = [];
  let windowMs = nowMs();
  let told = 0;
  let silent = 0;

  function line(text: string): void {
    const shown = visible(text.trimEnd().slice(0, MOST_CHARACTERS));
    if (shown === "") return;
    kept = [...kept, shown].slice(-KEPT_LINES);
    if (nowMs() - windowMs >= WINDOW_MS) {
      if (silent > 0) tell(`(and ${silent} more lines)`);
      windowMs = nowMs();
      told = silent = 0;
    }
    if (told < MOST_LINES) tell(shown);
    else silent++;
    told++;
  }

  return {
    push(chunk) {
      // what a bar of progress overwrites is a line of its own
      const lines = (rest + decoder.write(Buffer.from(chunk))).split(/\r\n|[\r\n]/);
      rest = (lines.pop() as string).slice(0, MOST_CHARACTERS);
      for (const one of lines) line(one);
    },
    last() {
      if (rest !== "") line(rest);
      rest = "";
      return kept;
    },
  };
}
