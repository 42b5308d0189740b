/**
 * Run by test/e2e/mdns.test.ts inside a network namespace: two peers with a task file (argv[2]), which listen on one address (argv[3]) and have no
 * address of each other. Prints one line of JSON, the statuses in which each had found and merged the other.
 */
import { networkInterfaces } from "node:os";
import { createLab } from "./process.ts";

const [, , task = "", listen = ""] = process.argv;
const interfaces = Object.keys(networkInterfaces());
if (interfaces.some((name) => !["lo", "near", "far"].includes(name)))
  throw new Error(`multicast could leave by ${interfaces.join(", ")}`);

const lab = await createLab("mdns");
try {
  const peers = ["1/2", "2/2"].map((share, i) => {
    return lab.startPeer({
      name: `peer${i}`,
      task,
      mdns: true,
      args: ["--dataset", "digits", "--share", share, "--listen", listen],
    });
  });
  const found = await Promise.all(
    peers.map((peer) =>
      peer.waitFor("a neighbour and a merge", (now) => now.neighbours === 1 && now.counters.merges > 0),
    ),
  );
  process.stdout.write(`${JSON.stringify({ interfaces, found })}\n`);
} finally {
  await lab.close();
}
