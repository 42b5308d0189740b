/** One process of test/e2e/fork.test.ts: a real peer that does not listen to what others know of its log. */
import type { DataConfig } from "../../node/config.ts";
import { loadPeerData } from "../../node/data/share.ts";
import { startPeer } from "../../node/start.ts";
import { parseTask } from "../../protocol/manifest.ts";
import { forgetful } from "./transports.ts";

export interface ForgetfulAssignment {
  readonly stateDir: string;
  /** The manifest as people write it. */
  readonly task: unknown;
  readonly data: DataConfig;
  readonly bootstrap: readonly string[];
  readonly minCycleMs: number;
  /** Nobody can call it, and it calls nobody but the first of `bootstrap`. */
  readonly oneNeighbour: boolean;
}

/** Its models, as they are published, and the end of it. */
export type ForgetfulReport =
  | { readonly kind: "published"; readonly model: string }
  | { readonly kind: "ended"; readonly code: string };

async function live({
  stateDir,
  task: source,
  data,
  bootstrap,
  minCycleMs,
  oneNeighbour,
}: ForgetfulAssignment): Promise<void> {
  const task = parseTask(source);
  const { train, holdout } = await loadPeerData(data, task);
  const { done } = await startPeer({
    stateDir,
    task,
    train,
    ...(holdout && { holdout }),
    engine: "auto",
    listen: oneNeighbour ? [] : ["/ip4/127.0.0.1/tcp/0"],
    bootstrap,
    mdns: false,
    minCycleMs,
    maxOutbound: oneNeighbour ? 1 : 8,
    wrapTransport: forgetful,
    observe(event) {
      if (event.kind === "published") say({ kind: "published", model: Buffer.from(event.model).toString("hex") });
    },
  });
  await done;
}

function say(report: ForgetfulReport): void {
  if (process.connected) process.send?.(report);
}

process.once("message", (assignment: ForgetfulAssignment) => {
  live(assignment).catch((error: unknown) => {
    const { code = String(error) } = error as { code?: string };
    say({ kind: "ended", code });
    process.disconnect?.();
  });
});
process.on("disconnect", () => process.exit(0)); // no peer outlives the test
