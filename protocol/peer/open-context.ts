/** Makes what the parts of a peer share, and opens its log. */

import type { PeerId } from "../base/seams.ts";
import type { Task } from "../base/task.ts";
import { codecOf } from "../codec/registry.ts";
import { openLog } from "../log/stored/chain.ts";
import { taskNames } from "../wire/messages.ts";
import { createCounters, createParamsHash, type PeerContext, type PeerModules } from "./context.ts";
import { AGENT } from "./inbound/greet.ts";
import { createBudget } from "./memory/budget.ts";
import { createIdentities } from "./memory/identities.ts";

export interface ContextOptions {
  readonly task: Task;
  /** SHA-256 of the manifest's canonical bytes. */
  readonly taskId: Uint8Array;
  readonly explain: boolean;
  /** Peers that the configuration names. */
  readonly configured: readonly PeerId[];
  readonly signal: AbortSignal;
  readonly fail: (error: unknown) => void;
}

/** @throws HearsayError ERR_LOG_CHAIN. */
export async function openContext(options: ContextOptions, modules: PeerModules): Promise<PeerContext> {
  const { task, taskId, explain, configured, signal, fail } = options;
  const { clock, crypto, identity, store, transport } = modules;
  const codec = codecOf(task, taskId);
  const identities = modules.identities ?? createIdentities(configured);
  return {
    ...modules,
    task,
    taskId,
    names: taskNames(taskId),
    codec,
    hashOf: createParamsHash(crypto),
    log: await openLog({ store, identity, crypto, clock, taskId, agent: AGENT }),
    identities,
    budget: createBudget({ clock, transport, standing: identities }),
    explain,
    counters: createCounters(),
    signal,
    fail,
  };
}
