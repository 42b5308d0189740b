import { plainAggregator } from "../../../protocol/aggregate/registry.ts";
import { aggregatorConformance } from "../../conformance/aggregator.ts";

for (const d of [5, 203])
  aggregatorConformance(`plain, of ${d} parameters,`, d, async () => ({
    aggregator: plainAggregator,
    close: async () => {},
  }));
