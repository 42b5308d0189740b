/** Appends to the log in argv[2] until it is killed; prints `seq id` of an entry once its append was acknowledged. */
import { writeSync } from "node:fs";
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { openStore } from "../../node/store.ts";
import { toHex } from "../../protocol/bytes.ts";
import { openLog } from "../../protocol/log/chain.ts";

const [directory = ""] = process.argv.slice(2);
const log = await openLog({
  store: await openStore(directory),
  identity: identityFromSeed(new Uint8Array(32).fill(1)),
  crypto: nodeCrypto,
  clock: { now: Date.now, after: () => () => {} },
  taskId: new Uint8Array(32).fill(0x7a),
  agent: "crash-child",
});
for (;;) {
  const age = log.head().seq;
  const params = nodeCrypto.sha256(log.head().id);
  const [train, resume] = await log.append(
    [
      { type: "train", body: { in: params, out: params, steps: 1, age } },
      { type: "resume", body: { params, age } },
    ],
    [{ key: "state", value: params }],
  );
  for (const entry of [train, resume]) if (entry !== undefined) writeSync(1, `${entry.seq} ${toHex(entry.id)}\n`);
}
