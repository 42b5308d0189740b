/** What the local interface of a running peer tells (api/api.ts). */
import { fromHex, toHex } from "../../../protocol/base/bytes.ts";
import type { Metrics } from "../../../protocol/base/learning-seams.ts";
import type { PeerId } from "../../../protocol/base/seams.ts";
import type { OutputSpec } from "../../../protocol/base/task.ts";
import type { Leaves } from "../../../protocol/leaf/leaves.ts";
import { writeJsonl } from "../../../protocol/log/export/jsonl.ts";
import { openStoredExport } from "../../../protocol/log/export/stored-export.ts";
import { storedGenerations } from "../../../protocol/log/stored/records.ts";
import { rememberedMerges } from "../../../protocol/peer/memory/history.ts";
import { tally } from "../../../protocol/peer/memory/tally.ts";
import type { Releases } from "../../../protocol/peer/release/releases.ts";
import { formatInvite } from "../../../protocol/task/invite.ts";
import { publicKeyFromPeerId } from "../../../protocol/wire/identity.ts";
import type { ApiSource, Comparison, StatusReport } from "../../api/api.ts";
import { createEffort, takenByProcess } from "../../api/effort.ts";
import { partsAt } from "../../api/my-part.ts";
import type { PageSource } from "../../api/page.ts";
import { listPeers } from "../../api/peer-list.ts";
import type { ReleaseSource } from "../../api/release-routes.ts";
import { worstClassOf } from "../../api/worst-class.ts";
import { nodeCrypto } from "../../crypto.ts";
import type { RunningPeer } from "../../start.ts";
import { createGauge } from "../../terminal/gauge.ts";

/** Who looks on for the page, and for people who ask. */
export interface Looking {
  /** What the page is told. */
  readonly page: PageSource;
  /** Of the link to a peer, bytes a second. */
  speedOf(peer: PeerId): number | undefined;
  compared(): Comparison | undefined;
}

interface SourceOptions {
  /** Whether there are figures to be measured. */
  readonly hasHoldout: boolean;
  /** Of the task: with it the class that is guessed worst is told by its name. */
  readonly output?: OutputSpec | undefined;
  /** Where some are enrolled. */
  readonly leaves?: Pick<Leaves, "receive"> | undefined;
  /** Where there is a page. */
  readonly looking?: Looking | undefined;
  /** Of a core at work, where the owner says it. */
  readonly watts?: number | undefined;
}

export function apiSource(
  running: RunningPeer,
  taskId: string,
  { hasHoldout, output, leaves, looking, watts }: SourceOptions,
): ApiSource {
  const { peer, store, archive, remote } = running;
  const startedMs = performance.now();
  const effortAt = createEffort({ taken: takenByProcess, startCycle: peer.status().cycle, watts });
  const figures = createGauge(() => peer.evaluate("holdout"));
  const { releases } = peer;
  return {
    remote,
    ...(looking && { page: looking.page }),
    ...(leaves && { leafFrame: leaves.receive }),
    compared: () => looking?.compared() ?? null,
    ...(releases && { releases: releaseSource(peer, releases) }),
    generations: () => storedGenerations(store),
    async status() {
      const { seq, id } = peer.log.head();
      const status = peer.status();
      return {
        ...status,
        addresses: running.addresses(),
        invite: inviteTo(running.addresses(), taskId),
        head: { seq, id: toHex(id) },
        uptimeSeconds: Math.round((performance.now() - startedMs) / 1000),
        effort: effortAt(status.cycle),
        archive: archive?.summary() ?? null,
        budget: running.budget(),
        ...(running.stream && { stream: running.stream() }),
        silence: running.company.silence(status.cycle),
        turnedAway: running.turnedAway(),
        ...figuresTold(hasHoldout ? await figures() : null, output),
      };
    },
    merges: () => rememberedMerges(store),
    async parts() {
      const here = running.company.peers(peer.status().cycle).filter(({ routes }) => routes.length > 0);
      const me = publicKeyFromPeerId(peer.status().peerId) ?? new Uint8Array();
      const names = new Map(here.map(({ peer, name }) => [peer, name]));
      return (await partsAt(remote, me, [...names.keys()])).map((part) => {
        const name = names.get(part.peer);
        return name === undefined ? part : { ...part, name };
      });
    },
    async peers() {
      const merges = await rememberedMerges(store);
      const { cycle, cluster } = peer.status();
      const speedOf = looking?.speedOf ?? (() => undefined);
      const looks = { speedOf, askingOf: peer.askingOf, place: cluster };
      const peers = listPeers(running.company.peers(cycle), tally(merges), looks);
      return { cycle, merges: merges.length, peers };
    },
    async log(generation) {
      const { header, entries } = await openStoredExport(store, nodeCrypto, generation);
      return writeJsonl(header, entries(), nodeCrypto);
    },
  };
}

function figuresTold(holdout: Metrics | null, output?: OutputSpec): Pick<StatusReport, "holdout" | "worstClass"> {
  const worstClass = output && worstClassOf(output, holdout);
  return worstClass === undefined ? { holdout } : { holdout, worstClass };
}

function releaseSource(peer: RunningPeer["peer"], { prepare, take, later }: Releases): ReleaseSource {
  return {
    take,
    later,
    prepare: (name, signer) => prepare(name, signer, { params: peer.serving(), age: peer.status().age }),
  };
}

/** Those that others than this machine can reach. */
function outsideOf(addresses: readonly string[]): string[] {
  return addresses.filter((address) => !/^\/ip4\/127\.|^\/ip6\/::1\//.test(address));
}

/** What `hearsay up` prints for others; that nobody else can use it, where that is so. */
export function inviteNote(addresses: readonly string[], taskId: string): string {
  const line = `hearsay join '${inviteTo(addresses, taskId)}'`;
  if (outsideOf(addresses).length > 0) return `invite others with:\n  ${line}\n`;
  return `invite others on this machine with (hearsay doctor tells what it takes to be reached from elsewhere):\n  ${line}\n`;
}

/** An invite with the addresses that others can reach, or those of this machine where there are no other. */
export function inviteTo(addresses: readonly string[], taskId: string): string {
  const outside = outsideOf(addresses);
  return formatInvite({
    task: fromHex(taskId) ?? new Uint8Array(),
    addresses: outside.length > 0 ? outside : addresses,
  });
}
