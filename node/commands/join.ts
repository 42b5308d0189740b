/** `hearsay join`: fetches the manifest of an invite from any peer that it names, and checks it by its hash. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { multiaddr } from "@multiformats/multiaddr";
import { stringify } from "yaml";
import { equalBytes, toHex } from "../../protocol/bytes.ts";
import { HearsayError, isHearsayError } from "../../protocol/errors.ts";
import { parseInvite } from "../../protocol/invite.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { decodeTask } from "../../protocol/manifest.ts";
import { pullBlob } from "../../protocol/peer/blobs.ts";
import { AGENT } from "../../protocol/peer/greet.ts";
import type { PeerId, Transport } from "../../protocol/seams.ts";
import { visible } from "../../protocol/visible.ts";
import { decodeHelloAnswer, encodeHelloRequest, HELLO_PROTOCOL, taskNames } from "../../protocol/wire/messages.ts";
import { wallClock } from "../clock.ts";
import { nodeCrypto } from "../crypto.ts";
import { loadOrCreateIdentity } from "../keys.ts";
import { startLibp2p } from "../libp2p.ts";
import { configPath, openTask, storeTask } from "../state-dir.ts";
import { createTransport } from "../transport.ts";
import { facts, printJson } from "./print.ts";
import { print } from "./terminal.ts";

const DIAL_TIMEOUT_MS = 10_000;

export async function run(text: string, options: { state: string; json?: boolean }): Promise<void> {
  const invite = parseInvite(text);
  const wanted = toHex(invite.task);
  const present = await openTask(options.state).catch(() => undefined);
  if (present !== undefined && present.taskId !== wanted) {
    throw new HearsayError(
      "ERR_STATE",
      `${options.state} belongs to task ${present.taskId}: use another --state for ${wanted}`,
    );
  }
  const manifest = await fetchManifest(invite.task, invite.addresses);
  const task = decodeTask(manifest);
  await storeTask(options.state, manifest);
  const config = configPath(options.state);
  const exists = existsSync(config);
  if (!exists) await writeFile(config, stringify({ bootstrap: invite.addresses }));

  if (options.json)
    return printJson({ taskId: wanted, name: task.name, state: options.state, config, configKept: exists });
  const output =
    task.output.kind === "classification"
      ? `one of ${task.output.classes.length} classes`
      : task.output.targets.map((target) => visible(target)).join(", ");
  print(
    `${facts([
      ["task", `${task.name}  ${wanted}`],
      ["learns", `${output} from ${task.input.shape.join(" x ")} numbers`],
      ["model", `${task.model.kind}, rule ${task.aggregation.rule}`],
      ["state", options.state],
    ])}\n\nNext: hearsay up --state ${options.state} --data FILE${exists ? `  (add the bootstrap addresses to ${config})` : ""}\n`,
  );
}

/**
 * Asks one address after the other; the manifest's hash was checked.
 * @throws HearsayError with what each of them said, under its code where all have the same one, else ERR_UNREACHABLE.
 */
async function fetchManifest(task: Uint8Array, addresses: readonly string[]): Promise<Uint8Array> {
  const scratch = await mkdtemp(join(tmpdir(), "hearsay-join-")); // an identity for this errand only
  const faults: HearsayError[] = [];
  const { privateKey } = await loadOrCreateIdentity(join(scratch, "key"));
  const { node, traffic } = await startLibp2p({ privateKey, listen: [], mdns: false, serviceTag: "", topics: [] });
  try {
    const transport = createTransport(node, traffic, () => {});
    for (const address of addresses) {
      try {
        const connection = await node.dial(multiaddr(address), { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) });
        return await askForManifest(transport, connection.remotePeer.toString(), task);
      } catch (error) {
        const message = `${address}: ${error instanceof Error ? error.message : String(error)}`;
        faults.push(new HearsayError(isHearsayError(error) ? error.code : "ERR_UNREACHABLE", message, {}, error));
      }
    }
  } finally {
    await node.stop();
    await rm(scratch, { recursive: true, force: true });
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
