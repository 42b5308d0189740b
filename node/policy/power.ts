/**
 * Whether a machine runs on its battery, as the kernel of Linux tells in /sys/class/power_supply (Documentation/ABI/testing/sysfs-class-power):
 *
 *     type      Mains or USB: a supply, with `online` 1 where it gives power; Battery: with `status`, e.g. Discharging
 *     scope     Device: the battery of a mouse or a headset, which says nothing of this machine
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const POWER_SUPPLIES = "/sys/class/power_supply";

export type Power = "mains" | "battery";

/** What the machine says; undefined where it says nothing, as one without a battery, or no Linux. */
export async function readPower(root: string = POWER_SUPPLIES): Promise<Power | undefined> {
  const names = await readdir(root).catch(() => []);
  const supplies = await Promise.all(names.map((name) => readSupply(join(root, name))));
  const own = supplies.filter(({ scope }) => scope !== "Device");
  if (own.some(({ type, online }) => (type === "Mains" || type.startsWith("USB")) && online !== "" && online !== "0"))
    return "mains";
  const batteries = own.filter(({ type }) => type === "Battery");
  if (batteries.length === 0) return undefined;
  return batteries.some(({ status }) => status === "Discharging") ? "battery" : "mains";
}

interface Supply {
  readonly type: string;
  readonly online: string;
  readonly status: string;
  readonly scope: string;
}

/** Empty for what is not there. */
async function readSupply(folder: string): Promise<Supply> {
  const read = async (name: string) => (await readFile(join(folder, name), "utf8").catch(() => "")).trim();
  const [type, online, status, scope] = await Promise.all(["type", "online", "status", "scope"].map(read));
  return { type: type ?? "", online: online ?? "", status: status ?? "", scope: scope ?? "" };
}
