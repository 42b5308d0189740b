/** Offers of an epoch: which are in its draw, and that no liar moves the epoch. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { nodeSecrecy } from "../../../node/secrecy.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { createOfferBook, type OfferBook } from "../../../protocol/cohort/offer-book.ts";
import { createLinks, type Offer } from "../../../protocol/cohort/offers.ts";

const TASK = nodeCrypto.sha256(Uint8Array.of(1));

/** Offers of one author, with a chain of its own. */
function authorOf(number: number): (epoch: number) => Offer {
  const links = createLinks(nodeCrypto, nodeSecrecy);
  const publicKey = nodeCrypto.sha256(new Uint8Array(new Uint32Array([number]).buffer));
  links(0);
  return (epoch) => ({ task: TASK, publicKey, epoch, link: links(epoch), maskKey: TASK, shareKey: TASK, sealed: TASK });
}

/** A book in epoch 1, with authors whose chains it knows. */
function known(count: number): { book: OfferBook; authors: ((epoch: number) => Offer)[] } {
  const book = createOfferBook(nodeCrypto);
  const authors = Array.from({ length: count }, (_, i) => authorOf(i));
  for (const offer of authors) book.hear(offer(0));
  book.next();
  return { book, authors };
}

describe("the offers of an epoch", () => {
  it("are in its draw where their chain was known before, and not in their first", () => {
    const { book, authors } = known(3);
    assert.deepEqual(
      authors.map((offer) => book.hear(offer(1))),
      ["drawn", "drawn", "drawn"],
    );
    assert.equal(book.hear(authorOf(9)(1)), "noted");
    assert.equal(book.ring(1).length, 3);
    assert.equal(book.ring(0).length, 0);
  });

  it("count once for each author, and never again once a later one was heard", () => {
    const { book, authors } = known(3);
    const [first] = authors as [(epoch: number) => Offer];
    book.hear(first(1));
    assert.equal(book.hear(first(1)), "again");
    assert.equal(book.hear(first(0)), "old");
    assert.equal(book.ring(1).length, 1);
  });

  it("count for nothing where the author left its chain: it may have chosen its lot", () => {
    const { book, authors } = known(3);
    const offer = (authors[0] as (epoch: number) => Offer)(1);
    assert.equal(book.hear({ ...offer, link: nodeSecrecy.random(32) }), "noted");
  });

  it("are bounded, and so is what is remembered of authors", () => {
    const { book, authors } = known(LIMITS.maxCohortOffers + 5);
    for (const offer of authors) book.hear(offer(1));
    assert.equal(book.ring(1).length, LIMITS.maxCohortOffers);
  });

  it("wait where they come a little early, and are forgotten two epochs later", () => {
    const { book, authors } = known(4);
    assert.equal(book.hear((authors[0] as (epoch: number) => Offer)(2)), "noted");
    book.next();
    assert.equal(book.ring(2).length, 1);
    book.next();
    book.next();
    assert.equal(book.ring(2).length, 0);
  });
});

describe("the epoch", () => {
  it("is that of most: liars who are fewer than half move nobody", () => {
    const { book, authors } = known(5);
    for (const offer of authors.slice(0, 2)) book.hear(offer(900));
    assert.equal(book.epoch(), 1);
  });

  it("is caught up with by whoever slept", () => {
    const { book, authors } = known(5);
    for (const offer of authors.slice(0, 3)) book.hear(offer(40));
    assert.equal(book.epoch(), 40);
    assert.equal(book.ring(40).length, 0, "what came before counts for the next draw");
  });

  it("never goes back", () => {
    const { book, authors } = known(3);
    for (let i = 0; i < 9; i++) book.next();
    for (const offer of authors) book.hear(offer(3));
    assert.equal(book.epoch(), 10);
  });
});
