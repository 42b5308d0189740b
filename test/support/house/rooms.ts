/**
 * The rooms of the house, from the ground up: each line names a room (one or more folders, or files without their ending) and what it may import
 * beside itself. A room may name only rooms of lines above its own, so that no arrow points up. The longest name that fits a file is its room; where a
 * part of a folder has a line of its own, above or below that of the folder, the rest of the folder may import it if it is lower.
 */
const GROUND =
  "node/clock node/closing node/crypto node/little-memory node/secrecy node/secret-rng node/shell node/task-document node/task-yaml node/time-zones";
const SETTLING = "protocol/aggregate/explain protocol/aggregate/rows/settle protocol/aggregate/rows/standard-passes";
const FAMILIES =
  "protocol/codec protocol/privacy protocol/cohort protocol/gateway protocol/leaf protocol/release protocol/learn protocol/aggregate protocol/wire protocol/membership protocol/traffic protocol/select protocol/log";
const BELOW_PEER = `protocol/base ${FAMILIES} protocol/task`;
const PEER_GROUND =
  "protocol/peer/heard protocol/peer/life protocol/peer/reports protocol/peer/services protocol/peer/stages protocol/peer/subject";
const PEER_PARTS = `${PEER_GROUND} protocol/peer/memory`;
const PARTS =
  "node/disk node/data node/exports node/engines node/settings node/config node/net node/keys node/api node/monitor node/observe node/terminal node/vertical node/release node/service node/leaf";
const DESK = `protocol ${GROUND} ${PARTS} node/task-cost node/policy node/doctor node/start node/start-options node/commands/options`;

const PLAN: readonly (readonly [room: string, mayImport: string])[] = [
  ["protocol/base", ""],
  // the families: they do not know each other, but for wire/, which membership/ and log/ speak
  ["protocol/codec", "protocol/base"],
  ["protocol/privacy", "protocol/base"],
  ["protocol/learn/data", "protocol/base"],
  ["protocol/learn/metrics", "protocol/base protocol/learn/data"],
  ["protocol/learn", "protocol/base protocol/learn/data protocol/learn/metrics"],
  ["protocol/learn/dense", "protocol/base protocol/learn"],
  ["protocol/learn/personal", "protocol/base protocol/learn"],
  ["protocol/aggregate/staleness", "protocol/base"],
  ["protocol/aggregate/rows", "protocol/base"],
  ["protocol/aggregate/kernels", "protocol/base protocol/aggregate/rows"],
  [SETTLING, "protocol/base protocol/aggregate/rows protocol/aggregate/kernels"],
  ["protocol/aggregate/pre", "protocol/base protocol/aggregate/rows"],
  ["protocol/aggregate/rules", `protocol/base protocol/aggregate/rows protocol/aggregate/pre ${SETTLING}`],
  ["protocol/aggregate/registry", "protocol/base protocol/aggregate"],
  ["protocol/wire", "protocol/base"],
  ["protocol/cohort", "protocol/base protocol/wire"],
  ["protocol/gateway", "protocol/base protocol/wire"],
  // devices that are no peers
  ["protocol/leaf", "protocol/base"],
  ["protocol/release", "protocol/base protocol/wire"],
  ["protocol/membership", "protocol/base protocol/wire"],
  ["protocol/traffic", "protocol/base protocol/wire"],
  ["protocol/select", "protocol/base"],
  // a conversation beside the loop, which no peer that learns alone loads
  ["protocol/vertical", "protocol/base protocol/wire"],
  ["protocol/log/tree", "protocol/base protocol/wire"],
  ["protocol/log/entry", "protocol/base protocol/wire protocol/log/tree"],
  ["protocol/log/export/withheld", "protocol/base protocol/wire protocol/log/tree protocol/log/entry"],
  [
    "protocol/log/verify",
    "protocol/base protocol/wire protocol/log/tree protocol/log/entry protocol/log/export/withheld",
  ],
  ["protocol/log/stored", "protocol/base protocol/wire protocol/log/tree protocol/log/entry protocol/log/verify"],
  ["protocol/log/export", "protocol/base protocol/wire protocol/log"],
  // what puts the families together
  ["protocol/task", `protocol/base ${FAMILIES}`],
  ["protocol/audit", BELOW_PEER],
  ["protocol/peer/heard", BELOW_PEER],
  [PEER_GROUND, `${BELOW_PEER} protocol/peer/heard`],
  ["protocol/peer/account/signed-state", BELOW_PEER],
  ["protocol/peer/memory", `${BELOW_PEER} protocol/peer/stages protocol/peer/account/signed-state`],
  ["protocol/peer/inbound", `${BELOW_PEER} ${PEER_PARTS}`],
  ["protocol/peer/account", `${BELOW_PEER} ${PEER_PARTS} protocol/peer/inbound`],
  ["protocol/peer/loop", `${BELOW_PEER} ${PEER_PARTS} protocol/peer/inbound protocol/peer/account`],
  [
    "protocol/peer/gateway",
    `${BELOW_PEER} ${PEER_PARTS} protocol/peer/inbound protocol/peer/account protocol/peer/loop`,
  ],
  ["protocol/peer/release", `${BELOW_PEER} ${PEER_PARTS} protocol/peer/inbound`],
  ["protocol/peer", `${BELOW_PEER} protocol/peer`],

  // what many rooms of node/ need
  [GROUND, "protocol"],
  ["node/disk", `protocol ${GROUND}`],
  ["node/data", `protocol ${GROUND} node/disk`],
  ["node/engines", `protocol ${GROUND}`],
  ["node/settings", `protocol ${GROUND} node/data node/engines`],
  ["node/exports", `protocol ${GROUND} node/disk node/engines`],
  ["node/config", `protocol ${GROUND} node/settings`],
  ["node/data/share", `protocol ${GROUND} node/disk node/data node/settings`],
  ["node/task-cost", `protocol ${GROUND} node/engines node/settings`],
  ["node/net", `protocol ${GROUND}`],
  ["node/vertical", `protocol ${GROUND} node/disk node/data node/settings node/net`],
  ["node/keys", `protocol ${GROUND} node/disk node/net`],
  ["node/api", `protocol ${GROUND} node/disk node/net`],
  ["node/monitor", `protocol ${GROUND} node/net node/api`],
  ["node/observe", `protocol ${GROUND} node/disk node/net`],
  // runs in a browser: of the rooms of node/ it takes types only, since a bundle for browsers finds nothing of Node
  ["node/page", "protocol node/observe node/net"],
  ["node/terminal", `protocol ${GROUND} node/disk`],
  ["node/release", `protocol ${GROUND} node/disk`],
  ["node/service", "protocol"],
  ["node/leaf", `protocol ${GROUND} node/disk node/settings`],
  ["node/policy", `protocol ${GROUND} ${PARTS} node/task-cost`],
  ["node/doctor", `protocol ${GROUND} ${PARTS} node/task-cost node/policy`],
  ["node/start node/start-learning node/start-options node/start-parts", `protocol ${GROUND} ${PARTS} node/policy`],
  // what programs of others import
  ["node/library node/library-options", "protocol node/settings node/start node/start-options"],
  // commands: those of one subject know each other, and two of them how logs are found
  ["node/commands/options", ""],
  ["node/commands/log", DESK],
  ["node/commands/key", DESK],
  ["node/commands/data/series-rows", DESK],
  ["node/commands/peer", `${DESK} node/commands/log node/commands/data/series-rows`],
  ["node/commands/privacy", `${DESK} node/commands/log`],
  ["node/commands/trainer", DESK],
  ["node/commands/leaf", DESK],
  ["node/commands/data", `${DESK} node/commands/data/series-rows`],
  ["node/commands/policy", DESK],
  ["node/commands/doctor", DESK],
  ["node/commands/release", DESK],
  ["node/commands/service", DESK],
  ["node/commands/vertical", DESK],
  ["node/commands/demo", `${DESK} node/commands/log node/page`],
  ["node/commands/sim", DESK],
  ["node/commands/config", `${DESK} node/commands/sim/json-schema node/commands/sim/plugins`],
  ["node/packaging", DESK],
  ["node/command-list", `${DESK} node/commands`],
  ["node/cli node/build", `${DESK} node/commands node/command-list`],

  ["sim/devices", "protocol"],
  ["sim/network", "protocol"],
  ["sim/seams", "protocol sim/devices sim/network"],
  ["sim/attacks", "protocol sim/devices sim/network sim/seams"],
  ["sim/algorithms", "protocol sim/devices sim/network sim/seams sim/attacks"],
  ["sim/run", "protocol sim/devices sim/network sim/seams sim/attacks sim/algorithms"],
  ["sim/plugins", "protocol sim/network sim/attacks sim/algorithms"],
  ["sim/compare", "protocol sim/seams sim/run"],
  ["sim/report", "protocol sim/seams sim/run"],
  ["sim/paper", "protocol sim"],
  // what programs and plugins of researchers import
  ["node/simulator", "protocol node/crypto node/secrecy node/commands/sim sim"],
  ["sim/examples", ""],

  ["test", "protocol node sim"],
];

export interface Room {
  readonly names: readonly string[];
  readonly mayImport: readonly string[];
  /** Its place from the ground. */
  readonly floor: number;
}

const words = (text: string) => text.split(" ").filter((word) => word !== "");

export const ROOMS: readonly Room[] = PLAN.map(([names, mayImport], floor) => ({
  names: words(names),
  mayImport: words(mayImport),
  floor,
}));

/** Whether a file lies in a folder, or is the file, that a name stands for. */
export function isIn(path: string, name: string): boolean {
  return path.startsWith(`${name}/`) || path === `${name}.ts`;
}

/** Undefined for a file in no room. */
export function roomOf(path: string): Room | undefined {
  let [best, length] = [undefined as Room | undefined, 0];
  for (const room of ROOMS)
    for (const name of room.names) if (name.length > length && isIn(path, name)) [best, length] = [room, name.length];
  return best;
}

/** The one door between node/ and sim/: files of these rooms may `import()` from sim/, so that a peer does not load it. */
export const DOOR = { from: "node/commands", to: "sim" };

/**
 * Packages, those of Node among them, and who may import them; the first line that fits counts. protocol/ has pure ones only, sim/ also some that compute
 * or draw and touch nothing outside; what node/ is made of has one place each.
 */
export const PACKAGES: readonly (readonly [packages: RegExp, rooms: string])[] = [
  [/^(?:@ipld\/dag-cbor|@ipld\/car\/decoder|multiformats|zod|@noble\/[a-z0-9-]+)(?:\/|$)/, "protocol node sim"],
  [/^hearsay\/sim$/, "sim/examples"],
  [/^(?:tinyqueue|yaml|csv-parse|linkedom|@observablehq\/plot)(?:\/|$)/, "node sim"],
  [/^(?:libp2p|@chainsafe\/libp2p-[a-z]+)(?:\/|$)/, "node/net"],
  [/^node:(?:process|console)$/, "node/terminal"],
  [/^level$/, "node/disk"],
  [/^fastify$/, "node/api"],
  [/^(?:prom-client|@libp2p\/prometheus-metrics)$/, "node/monitor"],
  [/^(?:preact|preact-render-to-string)$/, "node/page node/commands/demo"],
  [/^(?:preact|uplot)(?:\/|$)/, "node/page"],
  [/^@tensorflow\//, "node/engines"],
  [/^(?:node-seal|libsodium-wrappers-sumo)$/, "node/vertical"],
  [/^/, "node"],
];

/** Files that load what a user names: the only import() of something else than a plain text. */
export const LOADERS: readonly string[] = ["node/commands/sim/plugin-file"];

/** Names of the host that files outside node/ use all the same: how virtual time lets promises settle, and fast comparisons of bytes. */
export const HOST_USES: Readonly<Record<string, string>> = {
  "sim/seams/clock.ts": "process setImmediate",
  "sim/seams/crypto.ts": "Buffer",
};

/** Who may say something to a terminal: all others do it by node/terminal/, which lets nothing of strangers through that a terminal would obey. */
export const SPEAKERS = [
  "node/cli",
  "node/keys/passphrase",
  "node/terminal/terminal",
  "node/terminal/output",
  "node/terminal/colours",
];

/** Wiring and lifecycle only: the file that grows into a giant in every project of this field. */
export const MAX_FILE_LINES: Readonly<Record<string, number>> = { "protocol/peer/peer.ts": 200 };

/** Who may ask the host about time zones: windows of local time mean what the owner's clock shows. */
export const ZONES: readonly string[] = ["node/time-zones"];

export const MAX_FUNCTION_LINES = 60;

/** Files that may hold a longer function, with the reason. A file that no longer needs it is a fault: the list may only shrink. */
export const EXCUSED: Readonly<Record<string, string>> = {};
