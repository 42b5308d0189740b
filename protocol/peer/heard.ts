/** What an author has told last, and how it came. */
import type { Announcement } from "../wire/announcement.ts";

/** When and how something of an author came. */
export interface Seen {
  /** On the receiver's clock. */
  readonly firstSeenMs: number;
  /** Own cycle in which it came: staleness is counted from here. */
  readonly firstSeenCycle: number;
  /** Own cycle in which its author was heard of again after it had been silent for long; undefined where it never was. */
  readonly returnedCycle: number | undefined;
  /** Whether the one before it had come not long before. */
  readonly isSteady: boolean;
}

/**
 * An announcement with what this peer alone knows of it. It refers to the announcement, and copies nothing: in a process of many peers all that heard it hold the
 * same one, and there are more of these values than of any other.
 */
export class Heard implements Announcement, Seen {
  readonly firstSeenMs: number;
  readonly firstSeenCycle: number;
  readonly returnedCycle: number | undefined;
  readonly isSteady: boolean;
  /** Not signed. */
  readonly isBrief: boolean;
  readonly #told: Announcement;

  constructor(told: Announcement, { firstSeenMs, firstSeenCycle, returnedCycle, isSteady }: Seen, isBrief: boolean) {
    this.#told = told;
    this.firstSeenMs = firstSeenMs;
    this.firstSeenCycle = firstSeenCycle;
    this.returnedCycle = returnedCycle;
    this.isSteady = isSteady;
    this.isBrief = isBrief;
  }

  get task() {
    return this.#told.task;
  }
  get author() {
    return this.#told.author;
  }
  get publicKey() {
    return this.#told.publicKey;
  }
  get generation() {
    return this.#told.generation;
  }
  get seq() {
    return this.#told.seq;
  }
  get entry() {
    return this.#told.entry;
  }
  get root() {
    return this.#told.root;
  }
  get note() {
    return this.#told.note;
  }
  get model() {
    return this.#told.model;
  }
  get bytes() {
    return this.#told.bytes;
  }
  get age() {
    return this.#told.age;
  }
  get mass() {
    return this.#told.mass;
  }
  get spent() {
    return this.#told.spent;
  }
  get tsMs() {
    return this.#told.tsMs;
  }
  get sealed() {
    return this.#told.sealed;
  }
}
