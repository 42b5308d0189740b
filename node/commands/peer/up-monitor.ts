/** The metrics of `hearsay up`: loaded only where the setting `metrics` asks for them. */
import type { PeerEvent } from "../../../protocol/peer/reports.ts";
import type { ApiSource } from "../../api/api.ts";
import { wallClock } from "../../clock.ts";
import { createClosing } from "../../closing.ts";
import { createNetworkMetrics } from "../../monitor/libp2p-metrics.ts";
import { createMonitor } from "../../monitor/monitor.ts";
import { serveMonitor } from "../../monitor/serve.ts";
import { createTallies } from "../../monitor/tallies.ts";
import type { NetworkMeasures } from "../../net/libp2p.ts";
import { metricsAddress } from "../../settings/monitor.ts";
import type { RunningPeer } from "../../start.ts";

/** Before the peer starts: what its events and libp2p's measures go to. */
export interface UpMonitor {
  readonly observe: (event: PeerEvent) => void;
  readonly networkMetrics: NetworkMeasures;
  /** @throws HearsayError ERR_CONFIG where it cannot listen there. */
  serve(running: RunningPeer, source: Pick<ApiSource, "status">): Promise<ServedMonitor>;
}

export interface ServedMonitor {
  readonly address: string;
  close(): Promise<void>;
}

export interface UpMonitorOptions {
  readonly stateDir: string;
  readonly minCycleMs: number;
  /** As in the configuration. */
  readonly address: string;
}

export function createUpMonitor({ address, ...options }: UpMonitorOptions): UpMonitor {
  const tallies = createTallies(wallClock);
  const network = createNetworkMetrics();
  return {
    observe: tallies.observe,
    networkMetrics: network.create,
    async serve({ company }, { status }) {
      const monitor = createMonitor({ ...options, status, company, tallies, network, clock: wallClock });
      const closing = createClosing();
      closing.add("the metrics", monitor.stop);
      try {
        const server = await serveMonitor(monitor, metricsAddress(address));
        closing.add("the port of the metrics", server.close);
        return { address: server.address, close: closing.close };
      } catch (error) {
        await closing.close();
        throw error;
      }
    },
  };
}
