/**
 * Run by test/e2e/liveness.test.ts inside a network namespace, with a task file (argv[2]): one peer here, one in a namespace of its own, a virtual cable
 * between them. Pulls the cable, plugs it in again, then gives one end another address. Prints one line of JSON: after how many seconds each was noticed.
 */
import { spawn, spawnSync } from "node:child_process";
import { createLab, type PeerProcess, sleep } from "./process.ts";

const [, , task = ""] = process.argv;
const OUTAGE_MS = 10_000;
const HERE = "10.9.8.1";
const THERE = "10.9.8.2";

function must(command: string): void {
  const { status, stderr } = spawnSync("sh", ["-ec", command], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}

const seconds = (fromMs: number) => Math.round((performance.now() - fromMs) / 100) / 10;

async function merges(peer: PeerProcess): Promise<number> {
  return (await peer.status()).counters.merges;
}

/** Seconds until a peer has merged twice more, after `act`. */
async function untilMerges(peer: PeerProcess, act: () => void): Promise<number> {
  const before = await merges(peer);
  act();
  const fromMs = performance.now();
  await peer.waitFor("merges again", ({ counters }) => counters.merges >= before + 2);
  return seconds(fromMs);
}

const [HOLD, ...ARGUMENTS] = ["unshare", "--net", "sleep", "600"] as const;
const holder = spawn(HOLD, ARGUMENTS, { stdio: "ignore" }); // the other namespace lives as long
const lab = await createLab("cable-inside");
try {
  await sleep(500);
  const inside = `nsenter --net=/proc/${holder.pid}/ns/net --`;
  must("ip link set lo up; ip link add near type veth peer name far");
  must(`ip link set far netns ${holder.pid}; ${inside} ip link set lo up`);
  must(`ip address add ${HERE}/24 dev near; ip link set near up`);
  must(`${inside} ip address add ${THERE}/24 dev far; ${inside} ip link set far up`);

  const data = (share: string) => ["--dataset", "digits", "--share", share];
  const near = lab.startPeer({ name: "near", task, args: [...data("1/2"), "--listen", `/ip4/${HERE}/tcp/4101`] });
  const bootstrap = [await near.address()];
  lab.startPeer({
    name: "far",
    task,
    bootstrap,
    args: [...data("2/2"), "--listen", "/ip4/0.0.0.0/tcp/4102"],
    through: ["nsenter", `--net=/proc/${holder.pid}/ns/net`, "--"],
  });
  await near.waitFor("merges", ({ counters }) => counters.merges >= 3);
  await sleep(2_000); // for the address book

  // the other end of the cable: this one sees its link go, but keeps its address
  must(`${inside} ip link set far down`);
  const pulledMs = performance.now();
  await near.waitFor("it is noticed", ({ neighbours }) => neighbours === 0);
  const noticed = seconds(pulledMs);
  await sleep(OUTAGE_MS);
  const resumed = await untilMerges(near, () => must(`${inside} ip link set far up`));
  const resumedElsewhere = await untilMerges(near, () => {
    must(`${inside} ip address add 10.9.8.3/24 dev far; ${inside} ip address del ${THERE}/24 dev far`);
    must(`${inside} ip address add 10.9.8.3/24 dev far 2>/dev/null || true`); // goes with the first where it was secondary
  });
  process.stdout.write(`${JSON.stringify({ noticed, resumed, resumedElsewhere })}\n`);
} finally {
  await lab.close();
  holder.kill("SIGKILL");
}
