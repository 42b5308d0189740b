/** Source `-`: a table on standard input. Whoever writes it waits while a training takes longer than the rows. */
import type { Readable } from "node:stream";
import { LIMITS } from "../../../protocol/base/limits.ts";
import type { ByteFeed, FeedLook } from "../follow/byte-feed.ts";
import { openQuoteTeller } from "../follow/open-quote.ts";
import { TableRecords } from "../follow/table-records.ts";
import type { OpenSource, OpenSourceOptions, SourceKind } from "./source.ts";

/** The bytes of a stream, of which no more than a record and a chunk are held. */
class StreamFeed implements ByteFeed {
  readonly name = "standard input";
  readonly #input: Readable;
  #held: Buffer = Buffer.alloc(0);
  #isFresh = true;
  #isEnd = false;

  constructor(input: Readable) {
    this.#input = input;
    input.on("data", (chunk: Buffer | string) => {
      this.#held = Buffer.concat([this.#held, Buffer.from(chunk)]);
      if (this.#held.length >= LIMITS.maxStreamRowCharacters) input.pause();
    });
    input.once("end", () => {
      this.#isEnd = true;
    });
    input.once("error", () => {
      this.#isEnd = true;
    });
  }

  async look(): Promise<FeedLook> {
    return { bytes: this.#held, isFresh: this.#isFresh, isEnd: this.#isEnd };
  }

  consume(bytes: number): void {
    if (bytes > 0) this.#isFresh = false;
    this.#held = this.#held.subarray(bytes);
    if (this.#held.length < LIMITS.maxStreamRowCharacters) this.#input.resume();
  }

  position(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    this.#input.pause();
    this.#input.removeAllListeners("data");
  }
}

/** @param input a table, as bytes or text. */
export function openStream(input: Readable, { table, warn }: Pick<OpenSourceOptions, "table" | "warn">): OpenSource {
  const feed = new StreamFeed(input);
  const records = new TableRecords(feed, table);
  const tellOpenQuote = openQuoteTeller(warn);
  return {
    name: feed.name,
    async take(maxRecords) {
      const taken = [];
      for (let isMore = true; isMore && taken.length < maxRecords; ) {
        const some = await records.take(maxRecords - taken.length);
        taken.push(...some.records);
        isMore = some.didRead;
      }
      tellOpenQuote(feed.name, records.openQuote);
      return { records: taken, isMore: taken.length === maxRecords };
    },
    position: () => undefined,
    acknowledge() {},
    close: () => feed.close(),
  };
}

export const standardInput: SourceKind = {
  name: "-",
  about: "a table on standard input; what had not come at a stop is lost, and what had been taken is kept",
  isMeantBy: async (path) => path === "-",
  open: async (options) => openStream(process.stdin, options),
};
