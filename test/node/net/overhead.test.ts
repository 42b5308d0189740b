import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { observe } from "../../bench/overhead.ts";
import { digitsTask } from "../../bench/tasks.ts";

/** Of Noise and yamux, for each message. */
const FRAMING = 30;

/** `npm run bench -- --only overhead` tells what each byte is for, those too that depend on the time: pings, peer exchange. */
it("over real sockets a pulled int8 body of 2,410 parameters takes a brief, a request, a proof and a signature of 14 % together, framing included", async () => {
  const scratch = await mkdtemp(join(tmpdir(), "hearsay-overhead-"));
  try {
    const task = parseTask({ ...(await digitsTask({ inboxSize: 2, quorum: 2 })), codec: "int8" });
    const { ledger, bodyBytes } = await observe(task, scratch, { numPeers: 3, cycles: 5, minCycleMs: 200 });
    const mean = (name: string) => (ledger[name]?.bytes ?? 0) / (ledger[name]?.count ?? 0) + FRAMING;
    const [announcement, request, model] = ["announcements", "requests", "models"].map((kind) => mean(`link: ${kind}`));
    const overhead = (announcement as number) + (request as number) + (model as number) - bodyBytes;
    assert.ok(
      overhead <= 0.14 * bodyBytes,
      `${overhead / bodyBytes}: ${announcement} + ${request} + ${model}, of which ${bodyBytes} are the body`,
    );
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
});
