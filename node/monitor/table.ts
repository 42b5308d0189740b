/** Every metric that Hearsay has of its own, a row each. One more is a row in one of the lists; `/metrics`, the README (`npm run docs`) and the test that both agree follow. */
import type { Metric } from "./metric.ts";
import { ACCOUNT } from "./rows-account.ts";
import { LEARNING } from "./rows-learning.ts";
import { MACHINE } from "./rows-machine.ts";
import { NETWORK } from "./rows-network.ts";
import { RELEASES } from "./rows-releases.ts";

export const METRIC_ROWS: readonly Metric[] = [...LEARNING, ...NETWORK, ...ACCOUNT, ...RELEASES, ...MACHINE];
