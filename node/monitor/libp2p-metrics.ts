/**
 * libp2p's own metrics (@libp2p/prometheus-metrics), in a registry beside ours. Their labels are names of protocols, kinds of errors and own addresses:
 * nothing that other peers choose. What it tells of the process and the disk is left out: ours are named as the conventions want.
 */
import type { ComponentLogger, Metrics } from "@libp2p/interface";
import { prometheusMetrics } from "@libp2p/prometheus-metrics";
import { Registry } from "prom-client";

export interface NetworkMetrics {
  readonly registry: Registry;
  /** Makes the component that libp2p is given. */
  readonly create: (components: { readonly logger: ComponentLogger }) => Metrics;
}

const OTHERS = ["nodejs_memory_usage_bytes", "nodejs_memory_total_bytes", "nodejs_fs_usage_bytes"];

export function createNetworkMetrics(): NetworkMetrics {
  const registry = new Registry();
  return {
    registry,
    create(components) {
      const metrics = prometheusMetrics({ registry, collectDefaultMetrics: false })(components);
      for (const name of OTHERS) registry.removeSingleMetric(name);
      return metrics;
    },
  };
}
