/**
 * What the page shows, gathered once for all pages that are open: the history in bounded memory, and how things stand, every second while somebody looks. Nobody
 * looking, it takes a sample now and then and nothing else.
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Clock } from "../../protocol/base/seams.ts";
import type { StreamStatus } from "../../protocol/learn/stream/stream.ts";
import type { RememberedMerge } from "../../protocol/peer/memory/history.ts";
import type { PeerStatus } from "../../protocol/peer/status.ts";
import type { Alone } from "./alone.ts";
import type { PageEventName, PageEvents, PageFacts, PageNow, PageSample } from "./messages.ts";
import { createSamples } from "./samples.ts";

export type Tell = <Name extends PageEventName>(event: Name, data: PageEvents[Name]) => void;

/** What the board itself adds. */
type Added = "atMs" | "status" | "own" | "alone" | "stream";

export interface BoardParts {
  readonly clock: Clock;
  readonly facts: PageFacts;
  status(): PeerStatus;
  /** What is remembered, oldest first. */
  merges(): Promise<readonly RememberedMerge[]>;
  standing(): Omit<PageNow, Added>;
  /** The figure of the serving model on the hold-out; null before there is one. */
  figure(): Promise<number | null>;
  readonly alone?: Alone;
  /** Where rows are followed. */
  readonly stream?: () => StreamStatus;
  /** Of one training. */
  readonly stepsOfCycle: number;
}

export interface Board {
  /** Tells a page all there is, and then what comes; the returned function ends that. @throws HearsayError ERR_RATE where too many pages are open. */
  open(tell: Tell): Promise<() => void>;
  /** Tells that the peer stops. */
  close(): void;
}

/** A page is some kB a second on loopback, and a person has two eyes. */
export const MOST_PAGES = 8;
const LOOK_EVERY_MS = 1_000;

export function startBoard(parts: BoardParts): Board {
  const board = new RunningBoard(parts);
  board.look();
  return board;
}

class RunningBoard implements Board {
  readonly #parts: BoardParts;
  readonly #pages = new Set<Tell>();
  readonly #samples = createSamples<PageSample>();
  #own: number | null = null;
  /** Merges and cycle up to which pages were told. */
  #told = { merges: -1, cycle: -1 };
  #isClosed = false;
  #stopClock = () => {};

  constructor(parts: BoardParts) {
    this.#parts = parts;
  }

  async open(tell: Tell): Promise<() => void> {
    if (this.#pages.size >= MOST_PAGES)
      throw new HearsayError("ERR_RATE", `${MOST_PAGES} pages of this peer are open: close one`);
    const close = () => void this.#pages.delete(tell);
    this.#pages.add(tell);
    try {
      tell("facts", this.#parts.facts);
      tell("samples", this.#samples.all());
      tell("now", this.#now());
      tell("merges", await this.#parts.merges());
    } catch (error) {
      close();
      throw error;
    }
    return close;
  }

  close(): void {
    this.#isClosed = true;
    this.#stopClock();
    this.#tellAll("ended", { atMs: this.#parts.clock.now() });
    this.#pages.clear();
  }

  /** Looks now, and again and again. */
  look(): void {
    const again = () => {
      if (!this.#isClosed) this.#stopClock = this.#parts.clock.after(LOOK_EVERY_MS, () => this.look());
    };
    void this.#lookOnce().then(again, again); // what cannot be read now is read the next time
  }

  async #lookOnce(): Promise<void> {
    const { clock } = this.#parts;
    if (this.#samples.isDue(clock.monotonicMs())) await this.#sample();
    if (this.#pages.size === 0 || this.#isClosed) return;
    void this.#parts.alone?.advance(this.#ownSteps());
    await this.#tellMerges();
    this.#tellAll("now", this.#now());
  }

  async #sample(): Promise<void> {
    const { clock, alone } = this.#parts;
    this.#own = await this.#parts.figure();
    const { cycle, bytesIn, bytesOut, neighbours } = this.#parts.status();
    const prequential = this.#parts.stream?.().prequential.value ?? undefined;
    const sample = {
      atMs: clock.now(),
      cycle,
      own: this.#own,
      alone: alone?.now().figure ?? null,
      bytesIn,
      bytesOut,
      neighbours,
      ...(prequential !== undefined && { prequential }),
    };
    const isThinned = this.#samples.add(sample, clock.monotonicMs());
    if (isThinned) this.#tellAll("samples", this.#samples.all());
    else this.#tellAll("sample", sample);
  }

  async #tellMerges(): Promise<void> {
    const { merges } = this.#parts.status().counters;
    if (merges === this.#told.merges) return;
    const all = await this.#parts.merges();
    const fresh = all.filter(({ cycle }) => cycle > this.#told.cycle);
    this.#told = { merges, cycle: all.at(-1)?.cycle ?? -1 };
    if (fresh.length > 0) this.#tellAll("merges", fresh);
  }

  #ownSteps(): number {
    return this.#parts.status().cycle * this.#parts.stepsOfCycle;
  }

  #now(): PageNow {
    const { alone, clock, stream } = this.#parts;
    return {
      ...this.#parts.standing(),
      atMs: clock.now(),
      status: this.#parts.status(),
      own: this.#own,
      ...(stream && { stream: stream() }),
      alone: alone === undefined ? null : { ...alone.now(), of: this.#ownSteps() },
    };
  }

  #tellAll<Name extends PageEventName>(event: Name, data: PageEvents[Name]): void {
    for (const tell of this.#pages) tell(event, data);
  }
}
