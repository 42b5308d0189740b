/** A network of a few peers for the page to show, from an installed bundle: what the test looks at, and what the pictures of the README are taken of. */
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { TEMPLATES } from "../../node/data/templates.ts";
import type { RunningPeer } from "../../node/start.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import { type Installed, installBundle } from "./installed.ts";
import { startLiar } from "./liar.ts";
import { createLab, type Lab, type PeerProcess } from "./process.ts";

export interface PageNetwork {
  readonly lab: Lab;
  /** Files of the page, as built. */
  readonly folder: string;
  /** The first one is looked at. */
  readonly peers: readonly PeerProcess[];
  readonly liar: RunningPeer;
  /** Of the page of the first peer, with its key. */
  address(): Promise<string>;
  close(): Promise<void>;
}

export interface PageNetworkOptions {
  /** Beside the liar. */
  readonly honest: number;
  readonly minCycleMs: number;
}

/** Unlike data, so that a peer alone does worse. */
const PARTITION = "dirichlet:0.3";

export async function startPageNetwork({ honest, minCycleMs }: PageNetworkOptions): Promise<PageNetwork> {
  const installed: Installed = await installBundle();
  const lab = await createLab("page", { cli: installed.cli });
  const inboxSize = Math.min(8, honest);
  const source = { ...parse(TEMPLATES.digits.yaml), aggregation: { inboxSize, quorum: Math.min(3, inboxSize) } };
  const file = await lab.writeTask("task.yaml", source);
  const share = (i: number) => `${i + 1}/${honest + 1}`;
  const start = (i: number, bootstrap: readonly string[]) =>
    lab.startPeer({
      name: `peer${i}`,
      task: file,
      bootstrap,
      minCycleMs,
      args: ["--dataset", "digits", "--share", share(i), "--partition", PARTITION],
    });
  const first = start(0, []);
  const bootstrap = [await first.address()];
  const peers = [first, ...Array.from({ length: honest - 1 }, (_, i) => start(i + 1, bootstrap))];
  const liar = await startLiar({
    ...{ stateDir: lab.path("liar"), task: parseTask(source), share: share(honest), bootstrap, minCycleMs },
  });
  return {
    ...{ lab, peers, liar, folder: join(dirname(installed.cli), "page") },
    async address() {
      const { stdout, stderr, code } = await lab.run(["open", "--print", "--state", first.stateDir]);
      if (code !== 0) throw new Error(stderr);
      return stdout.trim();
    },
    async close() {
      await liar.stop();
      await lab.close();
      await installed.remove();
    },
  };
}
