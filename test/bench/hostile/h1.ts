/** H1: what strangers write below a checkpoint, and what becomes of the writer's log. */
import { nodeCrypto } from "../../../node/crypto.ts";
import { utf8 } from "../../../protocol/base/bytes.ts";
import { writeJsonl } from "../../../protocol/log/export/jsonl.ts";
import { openStoredExport } from "../../../protocol/log/export/stored-export.ts";
import { verifyStoredLog } from "../../../protocol/log/stored/stored.ts";
import { cosign, readCheckpoint, signCheckpoint } from "../../../protocol/log/tree/checkpoint.ts";
import { encodeLogRequest, LOG_PROTOCOL } from "../../../protocol/wire/log-messages.ts";
import { verify } from "../../protocol/log/export/support.ts";
import { collect } from "../../protocol/log/support.ts";
import { blobTask } from "../../support/blobs.ts";
import { createCrowd, identityOf } from "../../support/crowd.ts";
import type { HostileRow } from "./row.ts";

const STRANGERS = [60, 61, 62, 63];

export const row: HostileRow = {
  id: "H1",
  attack: "strangers cosign with several lines, forged names, a time of 2^52 s",
  before:
    "own export, stored log and remote audit fail; log verify throws RangeError; three forged names fill the seats",
  async measure() {
    const crowd = createCrowd({ task: blobTask({ aggregation: { rule: "median" } }) });
    const { peer, identity, peerId, store } = await crowd.join(0);
    const strangers = STRANGERS.map((n) => [crowd.joinTransport(identityOf(n).peerId), identityOf(n)] as const);
    await crowd.run(65_000);
    const { size } = peer.log.state();
    const own = readCheckpoint(signCheckpoint(peer.log.state(), identity, nodeCrypto));
    let [brought, refused] = [0, 0];
    for (const [transport, by] of strangers) {
      const line = (seconds: number) => cosign(own, by, seconds, nodeCrypto);
      const forged = line(60).replace(by.peerId, identityOf(1).peerId);
      for (const bad of [forged + line(60), forged, line(2 ** 52), line(60).repeat(2)]) {
        const request = encodeLogRequest({ what: "cosign", logId: peer.log.logId, size, line: bad });
        brought++;
        transport.request(peerId, LOG_PROTOCOL, request).catch(() => refused++);
      }
    }
    await crowd.run(100);
    const { header, entries } = await openStoredExport(store, nodeCrypto);
    const file = utf8((await collect(writeJsonl(header, entries(), nodeCrypto))).join(""));
    const { ok } = await verify(file, nodeCrypto);
    const stored = await verifyStoredLog(store, { crypto: nodeCrypto });
    const seats = peer.log.cosigned()?.signatures.length ?? 1;
    return `${refused} of ${brought} lines refused, ${seats - 1} seats taken; export ${ok ? "holds" : "fails"}, stored log ${stored.ok ? "holds" : "fails"}`;
  },
};
