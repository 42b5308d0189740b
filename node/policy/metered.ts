/**
 * Whether somebody pays for the bytes of this machine's way to the Internet, as NetworkManager knows it of the interface of the default route: set by its owner, or guessed, as of a phone
 * that shares its line. Asked through its program `nmcli`: a bus is more than one question is worth.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

export type Link = "metered" | "unmetered";

export interface MeteredSources {
  /** The kernel's table of routes. */
  readonly routes?: string;
  /** What `nmcli -t -f GENERAL.DEVICE,GENERAL.METERED device show` prints. */
  readonly ask?: () => Promise<string>;
}

const WITHIN_MS = 5_000;
const DEFAULT_ROUTE = "00000000";

/** Undefined where nobody knows: no NetworkManager, no default route, or one that it does not manage. */
export async function readLink({ routes, ask = askNetworkManager }: MeteredSources = {}): Promise<Link | undefined> {
  const device = await routeDevice(routes);
  if (device === undefined) return undefined;
  return linkOf(device, await ask().catch(() => ""));
}

async function askNetworkManager(): Promise<string> {
  const words = ["-t", "-f", "GENERAL.DEVICE,GENERAL.METERED", "device", "show"];
  const { stdout } = await promisify(execFile)("nmcli", words, {
    timeout: WITHIN_MS,
    env: { ...process.env, LC_ALL: "C" },
  });
  return stdout;
}

/** The interface of the default route with the least metric; undefined where there is none. @param routes as of `MeteredSources`. */
export async function routeDevice(routes = "/proc/net/route"): Promise<string | undefined> {
  const table = await readFile(routes, "utf8").catch(() => "");
  const found = table
    .split("\n")
    .map((line) => line.split("\t").map((field) => field.trim()))
    .filter(([, destination, , , , , , mask]) => destination === DEFAULT_ROUTE && mask === DEFAULT_ROUTE)
    .sort((a, b) => Number(a[6]) - Number(b[6]));
  return found[0]?.[0];
}

/** Blocks of `GENERAL.DEVICE:eth0` and `GENERAL.METERED:no (guessed)`. */
function linkOf(device: string, printed: string): Link | undefined {
  let at: string | undefined;
  for (const line of printed.split("\n")) {
    const [, field, value = ""] = /^GENERAL\.(DEVICE|METERED):(.*)$/.exec(line.trim()) ?? [];
    if (field === "DEVICE") at = value;
    else if (field === "METERED" && at === device) {
      if (value.startsWith("yes")) return "metered";
      return value.startsWith("no") ? "unmetered" : undefined;
    }
  }
  return undefined;
}
