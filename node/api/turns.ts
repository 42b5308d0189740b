/**
 * Takes work one after the other, in the order of asking: fifty exports of a log at once would each take fifty times as long, and the time
 * that the peer needs. How many may wait is bounded.
 */
import { HearsayError } from "../../protocol/base/errors.ts";

export interface Turns {
  /**
   * Resolves when it is one's turn.
   * @throws HearsayError ERR_RATE where too many wait already.
   */
  take(): Promise<Turn>;
  /** The same for work that had a turn before: it is not refused half-way. */
  takeAgain(): Promise<Turn>;
  readonly idleMs: number;
}

export interface Turn {
  readonly ended: boolean;
  /** The next one's turn; said twice, it counts once. */
  end(): void;
}

export interface TurnsOptions {
  /** So many at once. */
  readonly atOnce: number;
  readonly maxWaiting: number;
  /** Whoever does not take a piece for so long loses the turn, and waits for another: others need not wait for a slow reader. */
  readonly idleMs: number;
}

export function createTurns(options: TurnsOptions): Turns {
  const waiting: ((turn: Turn) => void)[] = [];
  let taken = 0;

  function next(): void {
    if (taken >= options.atOnce) return;
    const give = waiting.shift();
    if (give === undefined) return;
    taken++;
    let ended = false;
    give({
      get ended() {
        return ended;
      },
      end() {
        if (ended) return;
        ended = true;
        taken--;
        next();
      },
    });
  }

  function takeAgain(): Promise<Turn> {
    return new Promise((resolve) => {
      waiting.push(resolve);
      next();
    });
  }

  return {
    idleMs: options.idleMs,
    takeAgain,
    async take() {
      if (taken >= options.atOnce && waiting.length >= options.maxWaiting) {
        const message = `this peer is at ${options.atOnce} of these already, and ${options.maxWaiting} wait: try again in a minute`;
        throw new HearsayError("ERR_RATE", message);
      }
      return takeAgain();
    },
  };
}

/** The pieces, taken while it is one's turn, which this ends. */
export async function* inTurns<T>(turns: Turns, first: Turn, pieces: AsyncIterable<T>): AsyncGenerator<T> {
  let turn = first;
  try {
    for await (const piece of pieces) {
      const idle = setTimeout(() => turn.end(), turns.idleMs);
      try {
        yield piece;
      } finally {
        clearTimeout(idle);
      }
      if (turn.ended) turn = await turns.takeAgain();
    }
  } finally {
    turn.end();
  }
}
