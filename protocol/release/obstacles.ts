/** What keeps the release that an order names from answering on a peer, and how people are told. */
export const OBSTACLES = {
  "no tag": "the release of the order is not known here yet",
  "no body": "its model has not come yet",
  "gate failed": "a gate does not hold on the own hold-out",
} as const;

export type Obstacle = keyof typeof OBSTACLES;
