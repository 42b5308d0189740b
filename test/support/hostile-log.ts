/** The log of a hostile peer, in memory: as long as nobody looks for the lies in it, it holds. Its tree is the plain one of protocol/log/tree/merkle.ts. */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Crypto, Identity } from "../../protocol/base/seams.ts";
import type { PublishBody } from "../../protocol/log/entry/bodies.ts";
import { createEntry, type Entry, logIdOf } from "../../protocol/log/entry/entry.ts";
import { checkpointSignature } from "../../protocol/log/tree/checkpoint.ts";
import {
  append,
  consistencyProof,
  type Frontier,
  inclusionProof,
  leafHash,
  rootOf,
  type TreeNode,
} from "../../protocol/log/tree/merkle.ts";
import type { AnnouncementDraft } from "../../protocol/wire/announcement.ts";
import { decodeLogRequest, encodeEntriesAnswer, encodeProveAnswer } from "../../protocol/wire/log-messages.ts";

/** What an announcement says of the log. */
type Place = Pick<AnnouncementDraft, "seq" | "entry" | "root" | "note">;

export interface HostileLog {
  /** Appends a publish entry. */
  publish(body: PublishBody): Place;
  /** The place of an entry that is not there. */
  pretend(): Place;
  /** Answers `prove` and `entries` honestly. */
  answer(request: Uint8Array): Promise<Uint8Array>;
}

export function createHostileLog(
  identity: Identity,
  task: Uint8Array,
  crypto: Crypto,
  { agent, generation = 0 }: { readonly agent: string; readonly generation?: number },
): HostileLog {
  const logId = logIdOf(identity.publicKey, task, crypto, generation);
  const entries: Entry[] = [];
  const nodes: TreeNode[] = [];
  let frontier: Frontier = [];

  const nodeAt = async (level: number, index: number) => {
    const node = nodes.find((one) => one.level === level && one.index === index);
    if (node === undefined) throw new RangeError(`no node ${level}/${index}`);
    return node.hash;
  };

  function add(statement: Parameters<typeof write>[0]): Entry {
    const entry = write(statement);
    const grown = append(frontier, entries.length, leafHash(entry.signed.subarray(64), crypto), crypto);
    entries.push(entry);
    nodes.push(...grown.completed);
    frontier = grown.frontier;
    return entry;
  }

  function write(statement: Pick<Entry, "type" | "body">): Entry {
    const prev = entries.at(-1)?.id ?? new Uint8Array(32);
    return createEntry({ logId, seq: entries.length, prev, tsMs: 0, ...statement } as Entry, identity, crypto);
  }

  function placeOf({ seq, id }: Pick<Entry, "seq" | "id">): Place {
    const root = rootOf(frontier, crypto);
    return { seq, entry: id, root, note: checkpointSignature({ logId, size: seq + 1, root }, identity) };
  }

  add({ type: "genesis", body: { task, peer: identity.publicKey, agent, ...(generation > 0 && { generation }) } });
  return {
    publish: (body) => placeOf(add({ type: "publish", body })),
    pretend: () => placeOf({ seq: entries.length, id: crypto.sha256(Uint8Array.of(entries.length)) }),
    async answer(bytes) {
      const request = decodeLogRequest(bytes);
      if (request.what === "entries") {
        const page = entries.slice(request.from, request.from + request.limit).map(({ signed }) => signed);
        return encodeEntriesAnswer({ size: entries.length, entries: page });
      }
      const entry = request.what === "prove" ? entries[request.seq] : undefined;
      if (request.what !== "prove" || entry === undefined) throw new HearsayError("ERR_NOT_FOUND", "no such entry");
      const size = request.seq + 1;
      return encodeProveAnswer({
        entry: entry.signed,
        inclusion: await inclusionProof(request.seq, size, nodeAt, crypto),
        consistency: await consistencyProof(request.old, size, nodeAt, crypto),
        wanted: false,
      });
    },
  };
}
