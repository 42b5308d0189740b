/**
 * Everything that a peer keeps in its store: one prefix for each kind of record. What a record holds stands in the file that writes it.
 *
 *     log/            entries, tiles, head and checkpoints of all generations       log/stored/records.ts
 *     model/          parameters, age and cycle, the model for predictions          peer/loop/state.ts
 *     why/            the last 256 merges, for people                               peer/memory/history.ts
 *     witness/        of each author the newest log head that was proved            peer/account/heads.ts
 *     evidence/       evidence against keys                                         peer/account/evidence-book.ts
 *     book/           peers that were reached, and their addresses                  membership/stored-book.ts
 *     node/           what the host knows of the place of the store                 node/disk/place.ts
 */
export const STORE = {
  log: "log/",
  model: "model/",
  why: "why/",
  witness: "witness/",
  evidence: "evidence/",
  book: "book/",
  node: "node/",
} as const;
