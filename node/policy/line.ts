/**
 * How good this machine's way to the outside is, in four coarse grades: what it says of itself where peers of one place elect who speaks for them (protocol/gateway/).
 *
 *     metered   somebody pays for its bytes: the setting `saving.link`, or NetworkManager (metered.ts)
 *     slow      a mobile modem, or a cable of less than 100 Mbit/s
 *     fast      a cable of 100 Mbit/s or more
 *     usual     anything else: Wi-Fi, or nobody knows
 *
 * It is that of the interface of the default route. What lies behind the router nobody here can see: an owner who knows better says `--gateway prefer` or `never`.
 */
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../protocol/base/seams.ts";
import { LINK_GRADES, type LinkGrade } from "../../protocol/gateway/beacon.ts";
import type { Config } from "../settings/table.ts";
import { type MeteredSources, readLink, routeDevice } from "./metered.ts";

export interface Line {
  /** As it was found last. */
  grade(): LinkGrade;
  /** Nothing is looked at any more. */
  stop(): void;
}

export interface LineSources extends MeteredSources {
  /** What Linux says of network interfaces. */
  readonly interfaces?: string;
}

/** Mbit/s from which a cable is fast. */
const FAST = 100;
const LOOK_EVERY_MS = 60_000;

/** @param link the setting: a machine is asked only where that says nothing. */
export async function readGrade(link: Config["saving"]["link"], sources: LineSources = {}): Promise<LinkGrade> {
  const found = link === "auto" ? await readLink(sources) : link;
  if (found === "metered") return LINK_GRADES.metered;
  const device = await routeDevice(sources.routes);
  if (device === undefined) return LINK_GRADES.usual;
  const folder = join(sources.interfaces ?? "/sys/class/net", device);
  const textOf = (file: string) => readFile(join(folder, file), "utf8").catch(() => "");
  if ((await textOf("uevent")).includes("DEVTYPE=wwan")) return LINK_GRADES.slow;
  const isRadio = await access(join(folder, "wireless")).then(
    () => true,
    () => false,
  );
  const speed = Number(await textOf("speed")); // -1, or nothing to read, where it has none
  if (isRadio || !(speed > 0)) return LINK_GRADES.usual;
  return speed >= FAST ? LINK_GRADES.fast : LINK_GRADES.slow;
}

/** Looks once before it is given, and every minute after that. */
export async function watchLine(
  link: Config["saving"]["link"],
  clock: Pick<Clock, "after">,
  sources: LineSources = {},
): Promise<Line> {
  let grade: LinkGrade = LINK_GRADES.usual;
  let cancel = () => {};
  let isStopped = false;
  const look = async () => {
    grade = await readGrade(link, sources);
    if (!isStopped) cancel = clock.after(LOOK_EVERY_MS, () => void look());
  };
  await look();
  return {
    grade: () => grade,
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
