/** Check `mdns`: whether peers of the local network can be found by multicast. */
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { type DoctorCheck, type DoctorFinding, ok, warning } from "../doctor-check.ts";

/** Of mDNS; asked on a port of its own, so that no other program hears it. */
const GROUP = "224.0.0.251";
const WITHIN_MS = 1_000;
const REMEDY = "name a peer with --bootstrap, or allow multicast (firewall, container network: host)";

export const mdns: DoctorCheck = {
  name: "mdns",
  about: "whether multicast works on an interface: a packet that does not leave the machine",
  withinMs: 3_000,
  async run({ config }) {
    if (!config.mdns) return [ok("off (--no-mdns): peers are found by --bootstrap and by others")];
    const found = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
      (list ?? [])
        .filter(({ family }) => family === "IPv4")
        .slice(0, 1)
        .map(({ address, internal }) => ({ name, ip: address, internal })),
    );
    const heard = await Promise.all(found.map(async (one) => ({ ...one, fault: await multicast(one.ip) })));
    return mdnsFindings(heard);
  },
};

export interface HeardOn {
  readonly name: string;
  readonly internal: boolean;
  readonly fault: string | undefined;
}

export function mdnsFindings(heard: readonly HeardOn[]): DoctorFinding[] {
  const good = heard.filter(({ fault, internal }) => fault === undefined && !internal);
  if (good.length > 0) return [ok(`multicast works on ${good.map(({ name }) => name).join(", ")}`)];
  const faults = heard.filter(({ internal }) => !internal).map(({ name, fault }) => `${name}: ${fault}`);
  const what =
    faults.length === 0
      ? "no interface but the loopback one has an address of IPv4, by which peers are looked for"
      : faults.join("; ");
  return [warning(`peers on the local network cannot be found: ${what}`, REMEDY)];
}

/** Sends one packet to the group and hears it: what was wrong, where it does not come. Its time to live is 0: no other machine gets it. */
function multicast(ip: string): Promise<string | undefined> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  return new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve("a packet to the group does not come back"), WITHIN_MS);
    socket.once("error", (error) => resolve(error.message));
    socket.once("message", () => resolve(undefined));
    socket.once("close", () => clearTimeout(timer));
    socket.bind(0, () => {
      try {
        socket.addMembership(GROUP, ip);
        socket.setMulticastInterface(ip);
        socket.setMulticastTTL(0);
        socket.setMulticastLoopback(true);
        socket.send("hearsay doctor", socket.address().port, GROUP);
      } catch (error) {
        resolve((error as Error).message);
      }
    });
  }).finally(() => socket.close());
}
