/** Bytes of a table that go on coming: a file that grows, standard input. What was looked at and not consumed is there again at the next look. */

export interface FeedLook {
  /** From where the last record ended. */
  readonly bytes: Buffer;
  /** They are the first of a file: a header may come. */
  readonly isFresh: boolean;
  /** No byte follows these: a line without an end is whole. */
  readonly isEnd: boolean;
}

export interface ByteFeed {
  /** In words, for messages. */
  readonly name: string;
  /** At most so many bytes; none where nothing has come. */
  look(maxBytes: number): Promise<FeedLook>;
  /** So many of them are done with. */
  consume(bytes: number): void;
  /** Where it goes on after a restart; undefined where it cannot. */
  position(): unknown;
  close(): Promise<void>;
}
