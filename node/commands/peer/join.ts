/** `hearsay join`: fetches the manifest of an invite from any peer that it names, checks it by its hash, shows what it will cost, and asks. */

import { existsSync } from "node:fs";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { multiaddr } from "@multiformats/multiaddr";
import { stringify } from "yaml";
import { bytesToFloats, equalBytes, toHex } from "../../../protocol/base/bytes.ts";
import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";
import { formatBytes } from "../../../protocol/base/figures.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import type { PeerId, Transport } from "../../../protocol/base/seams.ts";
import { numParams, type Task } from "../../../protocol/base/task.ts";
import { visible } from "../../../protocol/base/visible.ts";
import { AGENT } from "../../../protocol/peer/inbound/greet.ts";
import { pullBlob } from "../../../protocol/peer/inbound/pull-blob.ts";
import { cautionsOf } from "../../../protocol/task/cautions.ts";
import { type Invite, parseInvite } from "../../../protocol/task/invite.ts";
import { decodeTask } from "../../../protocol/task/manifest.ts";
import { givenStart, startOf } from "../../../protocol/task/start.ts";
import { decodeHelloAnswer, encodeHelloRequest, HELLO_PROTOCOL, taskNames } from "../../../protocol/wire/messages.ts";
import { wallClock } from "../../clock.ts";
import { nodeCrypto } from "../../crypto.ts";
import { makePrivateDirectory } from "../../disk/private-directory.ts";
import { storeStart } from "../../disk/start-file.ts";
import { configPath, openTask, storeTask } from "../../disk/state-dir.ts";
import { writeWhole } from "../../disk/whole-file.ts";
import { startLibp2p } from "../../net/libp2p.ts";
import { createTransport } from "../../net/transport.ts";
import { openSite, type SiteOptions } from "../../policy/site.ts";
import { linkBudgets } from "../../settings/budget.ts";
import { DEFAULTS } from "../../settings/table.ts";
import { shellOption } from "../../shell.ts";
import { costOf, type TaskCost } from "../../task-cost.ts";
import { confirm, somebodyIsThere } from "../../terminal/confirm.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print, tell } from "../../terminal/terminal.ts";

const DIAL_TIMEOUT_MS = 10_000;
/** Of a task of strangers, which may have 65,536 of 1,024 characters. */
const NAMES_SHOWN = 8;
const NAME_SHOWN = 40;

interface JoinOptions extends SiteOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `parts`: an invite that was broken over lines, and not quoted, comes as several arguments. */
export async function run(parts: readonly string[], { state, policy, yes, json }: JoinOptions): Promise<void> {
  const invite = readInvite(parts.join(""));
  const wanted = toHex(invite.task);
  const present = await openTask(state).catch(() => undefined);
  if (present !== undefined && present.taskId !== wanted) {
    throw new HearsayError(
      "ERR_STATE",
      `${state} belongs to task ${present.taskId}: use another --state for ${wanted}`,
    );
  }
  const asks = yes !== true && present === undefined;
  if (asks && (json === true || !somebodyIsThere())) {
    throw new HearsayError(
      "ERR_CONFIG",
      "join shows what the task will cost and asks before it saves it, and there is no terminal to ask at: give --yes",
    );
  }
  const manifest = await fetchManifest(invite.task, invite.addresses);
  const task = decodeTask(manifest);
  (await openSite({ state, policy })).allow({ task, taskId: wanted, what: "learn" });
  for (const caution of cautionsOf(task)) tell(`${caution}\n`);
  const cost = withinBudget(costOf(task));
  if (json !== true)
    print(`${facts([["task", `${task.name}  ${wanted}`], ...taskRows(task, cost), ...costRows(cost)])}\n`);
  if (asks && !(await confirm(`Save this task in ${state}?`))) {
    throw new HearsayError("ERR_CONFIG", "nothing was saved");
  }
  const tightened = await makePrivateDirectory(state);
  if (tightened !== undefined) tell(`${tightened}\n`);
  const start = await fetchStart(invite, task);
  await storeTask(state, manifest);
  if (start !== undefined) await storeStart(state, task, start);
  const config = configPath(state);
  const configKept = existsSync(config);
  if (!configKept) await writeWhole(config, stringify({ bootstrap: invite.addresses }), { mode: 0o600 });
  if (json === true) return printJson({ taskId: wanted, name: task.name, state, config, configKept, cost });
  const add = configKept ? `  (add the bootstrap addresses to ${config})` : "";
  const trains = task.model.kind === "external" ? "--trainer COMMAND" : "--data FILE";
  print(`\nSaved in ${state}. Next: hearsay up ${shellOption("--state", state)} ${trains}${add}\n`);
}

/** @throws HearsayError ERR_INVITE, also for an address that is none. */
function readInvite(text: string): Invite {
  const invite = parseInvite(text);
  for (const address of invite.addresses) {
    try {
      multiaddr(address);
    } catch (cause) {
      const message = `the invite was cut short or changed on its way: ${address} is no multiaddr; copy it whole`;
      throw new HearsayError("ERR_INVITE", message, { address }, cause);
    }
  }
  return invite;
}

/** Without other settings the budget holds. */
function withinBudget(cost: TaskCost): TaskCost {
  const [limit] = linkBudgets(DEFAULTS.budget).map((link) => link.limit);
  if (limit === undefined) return cost;
  const bytesPerDay = (limit.bytes * 86_400_000) / limit.perMs;
  return { ...cost, networkBytesPerDay: Math.min(cost.networkBytesPerDay, bytesPerDay) };
}

function taskRows({ output, input, model, aggregation }: Task, cost: TaskCost): [string, string][] {
  const classes = output.kind === "classification" ? output.classes : output.targets;
  const some = classes.slice(0, NAMES_SHOWN).map((name) => visible(name).slice(0, NAME_SHOWN));
  const names = `${some.join(", ")}${classes.length > NAMES_SHOWN ? ", ..." : ""}`;
  const what =
    output.kind === "classification" ? `one of ${counted(classes.length, "class", "classes")} (${names})` : names;
  return [
    ["learns", `${what} from ${input.shape.join(" x ")} numbers`],
    ["rule", aggregation.rule],
    ["model", `${model.kind} of ${formatBytes(cost.modelBytes)}, engine ${cost.engine}`],
  ];
}

function costRows(cost: TaskCost): [string, string][] {
  return [
    ["memory", `about ${formatBytes(cost.memoryBytes)}, and the data`],
    ["network", `at most ${formatBytes(cost.networkBytesPerDay)} a day, of models in and out`],
    [
      "disk",
      `at most ${formatBytes(cost.diskBytesPerDay)} written a day; ${formatBytes(cost.archiveBytes)} kept for audits, and a log that grows by at most ${formatBytes(cost.logBytesPerDay)} a day`,
    ],
    [
      "privacy",
      "none yet: data stay here, but models tell of them, and the log tells others when this peer runs and with whom",
    ],
    ["", "network and log: half as much at twice minCycleMs (config.yaml, see node/README.md)"],
  ];
}

/** The parameters with which the task begins, where it names them. @throws as `fetchManifest`. */
async function fetchStart({ task: id, addresses }: Invite, task: Task): Promise<Float32Array | undefined> {
  const hash = givenStart(task);
  if (hash === undefined) return undefined;
  const maxBytes = 4 * numParams(task);
  const withinMs = Math.max(LIMITS.requestTimeoutMs, (1000 * maxBytes) / LIMITS.minBytesPerSecond);
  const bytes = await fetchFirst(addresses, async (transport, peer) => {
    await askForManifest(transport, peer, id); // a newcomer that has not greeted is asked for nothing
    const wanted = { hash, maxBytes, expectedBytes: maxBytes, signal: AbortSignal.timeout(withinMs) };
    return pullBlob({ transport, crypto: nodeCrypto, clock: wallClock }, peer, taskNames(id).blob, wanted);
  });
  return startOf(task, bytesToFloats(bytes), nodeCrypto);
}

/** The manifest of a task; its hash was checked. @throws as `fetchFirst`. */
function fetchManifest(task: Uint8Array, addresses: readonly string[]): Promise<Uint8Array> {
  return fetchFirst(addresses, (transport, peer) => askForManifest(transport, peer, task));
}

/**
 * Asks one address after the other.
 * @throws HearsayError with what each of them said, under its code where all have the same one, else ERR_UNREACHABLE.
 */
async function fetchFirst(
  addresses: readonly string[],
  ask: (transport: Transport, peer: PeerId) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const faults: HearsayError[] = [];
  const privateKey = await generateKeyPair("Ed25519"); // an identity for this errand only
  const { node, traffic } = await startLibp2p({ privateKey, listen: [], mdns: false, serviceTag: "", topics: [] });
  try {
    const transport = createTransport(node, traffic);
    for (const address of addresses) {
      try {
        const connection = await node.dial(multiaddr(address), { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) });
        return await ask(transport, connection.remotePeer.toString());
      } catch (error) {
        const message = `${address}: ${error instanceof Error ? error.message : String(error)}`;
        faults.push(new HearsayError(isHearsayError(error) ? error.code : "ERR_UNREACHABLE", message, {}, error));
      }
    }
  } finally {
    await node.stop();
  }
  const [code = "ERR_UNREACHABLE", ...others] = new Set(faults.map((fault) => fault.code));
  const list = faults.map(({ message }) => `  ${message}`).join("\n");
  throw new HearsayError(
    others.length === 0 ? code : "ERR_UNREACHABLE",
    `no peer of the invite gave the task:\n${list}`,
  );
}

async function askForManifest(transport: Transport, peer: PeerId, task: Uint8Array): Promise<Uint8Array> {
  const greeting = encodeHelloRequest({ task, agent: AGENT });
  const theirs = decodeHelloAnswer(await transport.request(peer, HELLO_PROTOCOL, greeting)).task;
  if (!equalBytes(theirs, task)) {
    throw new HearsayError("ERR_OTHER_TASK", `it works on another task, ${toHex(theirs)}; ask for a new invite`);
  }
  return pullBlob({ transport, crypto: nodeCrypto, clock: wallClock }, peer, taskNames(task).blob, {
    hash: task,
    maxBytes: LIMITS.maxManifestBytes,
    signal: AbortSignal.timeout(LIMITS.requestTimeoutMs),
  });
}
