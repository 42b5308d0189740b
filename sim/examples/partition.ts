import { definePlugin, type Partition } from "hearsay/sim";

/** `growing:RATIO`: each peer has about RATIO times as many rows as the one before, drawn at random. */
const growing: Partition = {
  name: "growing",
  about: "quantity skew: each peer has RATIO times as many rows as the one before",
  number: { name: "RATIO", example: 1.1 },
  deal({ data, peers, rng, number }) {
    const sizes = [1];
    while (sizes.length < peers) sizes.push((sizes.at(-1) as number) * number);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const order = Array.from(rng.permutation(data.length));
    let reached = 0;
    return sizes.map((size, peer) => {
      const from = Math.round((reached / total) * data.length);
      reached += size;
      return order.slice(from, peer === peers - 1 ? data.length : Math.round((reached / total) * data.length));
    });
  },
};

export default definePlugin({ partitions: [growing] });
