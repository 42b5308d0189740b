import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { observe } from "../../bench/overhead.ts";
import { digitsTask } from "../../bench/tasks.ts";

/** Of a body of 2.4 kB. `npm run bench -- --only overhead` tells what each byte is for. */
const MOST_PERCENT = 26;

it(`over real sockets, announcement, proof, requests and framing of a merged model take at most ${MOST_PERCENT} % of an int8 body of 2,410 parameters`, async () => {
  const scratch = await mkdtemp(join(tmpdir(), "hearsay-overhead-"));
  try {
    const task = parseTask({ ...(await digitsTask({ inboxSize: 3, quorum: 3 })), codec: "int8" });
    const { wireBytes, merged, bodyBytes } = await observe(task, scratch, { numPeers: 4, cycles: 6, minCycleMs: 250 });
    assert.ok(merged >= 36, `${merged} models merged`);
    const percent = (100 * (wireBytes / merged - bodyBytes)) / bodyBytes;
    assert.ok(percent <= MOST_PERCENT, `${percent.toFixed(1)} %`);
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
});
