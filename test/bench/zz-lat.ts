import { observePeers } from "./peers.ts"; import { sixMegabyteTask } from "./tasks.ts"; import { mkdtempSync } from "node:fs";
const r = await observePeers({ task: await sixMegabyteTask({ inboxSize: 1, quorum: 1 }), peers: 2, minCycleMs: 500, seconds: 15, directory: mkdtempSync("/tmp/zzlat-") });
console.log(r.map(x=>[x.published.length,x.merges.length]));
