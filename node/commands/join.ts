/** `hearsay join`: fetches the manifest of an invite from any peer that it names, and checks it by its hash. */
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { multiaddr } from "@multiformats/multiaddr";
import { stringify } from "yaml";
import { toHex } from "../../protocol/bytes.ts";
import { HearsayError } from "../../protocol/errors.ts";
import { parseInvite } from "../../protocol/invite.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { pullBlob } from "../../protocol/peer/blobs.ts";
import { decodeTask } from "../../protocol/task.ts";
import { taskNames } from "../../protocol/wire/messages.ts";
import { wallClock } from "../clock.ts";
import { nodeCrypto } from "../crypto.ts";
import { loadOrCreateIdentity } from "../keys.ts";
import { startLibp2p } from "../libp2p.ts";
import { configPath, openTask, storeTask } from "../state-dir.ts";
import { createTransport } from "../transport.ts";
import { facts, printJson } from "./print.ts";

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
  const { manifest, faults } = await fetchManifest(invite.task, invite.addresses);
  if (manifest === undefined) {
    throw new HearsayError(
      "ERR_UNREACHABLE",
      `no peer of the invite gave the task:\n${faults.map((fault) => `  ${fault}`).join("\n")}`,
    );
  }
  const task = decodeTask(manifest);
  await storeTask(options.state, manifest);
  const config = configPath(options.state);
  const exists = await access(config).then(
    () => true,
    () => false,
  );
  if (!exists) await writeFile(config, stringify({ bootstrap: invite.addresses }));

  if (options.json)
    return printJson({ taskId: wanted, name: task.name, state: options.state, config, configKept: exists });
  const output =
    task.output.kind === "classification"
      ? `one of ${task.output.classes.length} classes`
      : task.output.targets.join(", ");
  process.stdout.write(
    `${facts([
      ["task", `${task.name}  ${wanted}`],
      ["learns", `${output} from ${task.input.shape.join(" x ")} numbers`],
      ["model", `${task.model.kind}, rule ${task.aggregation.rule}`],
      ["state", options.state],
    ])}\n\nNext: hearsay up --state ${options.state} --data FILE${exists ? `  (add the bootstrap addresses to ${config})` : ""}\n`,
  );
}

/** Asks one address after the other; the manifest's hash was checked. */
async function fetchManifest(
  task: Uint8Array,
  addresses: readonly string[],
): Promise<{ manifest?: Uint8Array; faults: string[] }> {
  const scratch = await mkdtemp(join(tmpdir(), "hearsay-join-")); // an identity for this errand only
  const faults: string[] = [];
  const { privateKey } = await loadOrCreateIdentity(join(scratch, "key"));
  const { node, traffic } = await startLibp2p({ privateKey, listen: [], mdns: false, serviceTag: "" });
  try {
    const transport = createTransport(node, traffic, () => {});
    const modules = { transport, crypto: nodeCrypto, clock: wallClock };
    for (const address of addresses) {
      try {
        const connection = await node.dial(multiaddr(address), { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) });
        const peer = connection.remotePeer.toString();
        const manifest = await pullBlob(modules, peer, taskNames(task).blob, {
          hash: task,
          maxBytes: LIMITS.maxManifestBytes,
          signal: AbortSignal.timeout(LIMITS.requestTimeoutMs),
        });
        return { manifest, faults };
      } catch (error) {
        faults.push(`${address}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return { faults };
  } finally {
    await node.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}
