/** Check `ports`: whether the peer can listen where it is told to. */
import { createServer } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";
import { type DoctorCheck, type DoctorFinding, failure, ok } from "../doctor-check.ts";
import type { Surroundings } from "../surroundings.ts";

export const ports: DoctorCheck = {
  name: "ports",
  about: "whether the addresses to listen on are free, or taken by the peer itself",
  withinMs: 3_000,
  async run(around) {
    return Promise.all(around.config.listen.map((address) => tryToListen(address, around)));
  },
};

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program has the port: end it, or choose another one with --listen",
  EADDRNOTAVAIL: "no interface of this machine has the address: name one that it has, or 0.0.0.0, with --listen",
  EACCES: "ports below 1024 need a right of their own: choose another one with --listen",
};

async function tryToListen(address: string, { running }: Surroundings): Promise<DoctorFinding> {
  const [host, port] = multiaddr(address).getComponents();
  const code = await bind(host?.value ?? "", Number(port?.value));
  if (code === undefined) return ok(`${address} can be listened on`);
  if (code === "EADDRINUSE" && running?.addresses.some((one) => one.includes(`/tcp/${port?.value}`)))
    return ok(`${address} is taken by the peer that runs`);
  return failure(`cannot listen on ${address}: ${code}`, REMEDIES[code] ?? "choose another one with --listen");
}

/** The code of the error; undefined where it worked. The port is free again at once. */
function bind(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
