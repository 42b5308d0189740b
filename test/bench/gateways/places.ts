/**
 * Places for bench:gateways: each a bridge to which its machines (../outages/network.ts) have their cables, and one line from there to a bridge between the places.
 * What is counted is what passes on these lines, as the kernel counts it, whatever protocol it is of.
 */
import type { ChildProcess } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openStore } from "../../../node/disk/store.ts";
import { loadOrCreateIdentity } from "../../../node/keys/keys.ts";
import { hostOf, type Machine, machineOf, must, placeHost } from "../outages/network.ts";

export interface PlacesOptions {
  readonly places: number;
  readonly size: number;
  /** An empty directory for states and logs. */
  readonly directory: string;
  /** Arguments of `up` for all. */
  readonly args: readonly string[];
  /** Whether each is told who else is at its place. */
  readonly isTold: boolean;
  /** The command line. */
  readonly cli: string;
  /** What the first peer of the first place runs in place of the command line, and a word that it is told; none where left out. */
  readonly liar?: { readonly cli: string; readonly lie: string };
  readonly lookEveryMs: number;
}

/** A machine of a place, whose peer can be named before it runs. */
export interface Member extends Machine {
  readonly peerId: string;
}

export interface Places {
  /** By place. */
  readonly members: readonly (readonly Member[])[];
  /** That have left a place by its line so far. */
  bytesBetween(): number;
  close(): Promise<void>;
}

/** Peers of each place that those of others are told of: whoever takes over has somebody to dial. */
const TOLD_OUTSIDE = 2;
const PORT = 4001;
/** From start to start: two cores do not start all of them at once. */
const START_EVERY_MS = 700;

interface Site {
  readonly i: number;
  readonly place: number;
  readonly stateDir: string;
  readonly peerId: string;
  readonly address: string;
}

/** Lays all cables and starts all peers. Call it in a namespace of one's own, once. */
export async function openPlaces(options: PlacesOptions): Promise<Places> {
  const { places, size, directory } = options;
  must("ip link set lo up; ip link add wan type bridge; ip link set wan up");
  for (let place = 0; place < places; place++) layLine(place);
  const sites: Site[] = [];
  for (let i = 0; i < places * size; i++) sites.push(await prepare(i, Math.floor(i / size), directory));
  const children: ChildProcess[] = [];
  const members: Member[][] = Array.from({ length: places }, () => []);
  for (const site of sites) {
    const child = await placeHost(site.i, `place${site.place}`, options.lookEveryMs);
    children.push(child);
    const liar = site.i === 0 ? options.liar : undefined;
    const args = [...argumentsOf(site, sites, options), ...(liar ? [liar.lie] : [])];
    const { cli } = liar ?? options;
    const machine = machineOf(child, site.i, { stateDir: site.stateDir, args, cli });
    members[site.place]?.push({ ...machine, peerId: site.peerId });
    machine.start();
    await new Promise((resolve) => setTimeout(resolve, START_EVERY_MS));
  }
  return {
    members,
    bytesBetween: () => bytesBetween(places),
    async close() {
      await Promise.all(members.flat().map((machine) => machine.end("SIGKILL")));
      for (const child of children) child.kill();
      must(
        `ip link del wan; for place in $(seq 0 ${places - 1}); do ip link del line$place; ip link del place$place; done`,
      );
    },
  };
}

function layLine(place: number): void {
  must(`ip link add place${place} type bridge; ip link set place${place} up`);
  must(`ip link add line${place} type veth peer name wan${place}`);
  must(`ip link set line${place} master place${place} up; ip link set wan${place} master wan up`);
}

/** What comes in at the far end of each line is what its place has sent. */
function bytesBetween(places: number): number {
  let sum = 0;
  for (let place = 0; place < places; place++) {
    const [link] = JSON.parse(must(`ip -s -j link show wan${place}`)) as { stats64: { rx: { bytes: number } } }[];
    sum += link?.stats64.rx.bytes ?? 0;
  }
  return sum;
}

/** Its key, and the empty database that belongs to it. */
async function prepare(i: number, place: number, directory: string): Promise<Site> {
  const stateDir = join(directory, `peer${i}`);
  await mkdir(stateDir, { mode: 0o700 });
  const { identity } = await loadOrCreateIdentity(join(stateDir, "key"));
  await (await openStore(join(stateDir, "db"))).close();
  const { peerId } = identity;
  return { i, place, stateDir, peerId, address: `/ip4/${hostOf(i)}/tcp/${PORT}/p2p/${peerId}` };
}

function argumentsOf(own: Site, sites: readonly Site[], { args, isTold, places, size }: PlacesOptions): string[] {
  const here = sites.filter(({ i, place }) => place === own.place && i !== own.i);
  const told = sites.filter(({ i, place }) => place !== own.place && i % size < TOLD_OUTSIDE);
  return [
    ...[...args, "--listen", `/ip4/${hostOf(own.i)}/tcp/${PORT}`, "--share", `${own.i + 1}/${places * size}`],
    ...["--bootstrap", (isTold ? told : [...here, ...told]).map(({ address }) => address).join(",")],
    ...(isTold ? ["--cluster", here.map(({ address }) => address).join(",")] : []),
  ];
}
