/**
 * The systemd unit of a peer. One text serves `hearsay service install` and the Debian package, so that both are sandboxed alike.
 *
 * The peer says when it learns (Type=notify) and every half minute that it is alive (WatchdogSec): one that hangs is ended and started again. It is not started
 * again after status 2: a configuration that is wrong stays wrong.
 */

/** Whose unit it is, and where the state lies. */
export type UnitPlace =
  /** Of the user who installs it, under the user's own systemd. */
  | { readonly kind: "user"; readonly stateDir: string }
  /** Of the machine, as this account. */
  | { readonly kind: "system"; readonly stateDir: string; readonly account: string }
  /** Of the machine, a template: `hearsay@NAME` has its state in /var/lib/hearsay/NAME, and an account of its own while it runs. */
  | { readonly kind: "template" };

export interface UnitOptions {
  readonly place: UnitPlace;
  /** The command and its first arguments, e.g. node and cli.js; absolute paths. */
  readonly command: readonly string[];
  /** What `up` is called with beside the state directory. */
  readonly args?: readonly string[];
  readonly memoryMax?: string;
  /** To which the kernel keeps the peer once it learns. */
  readonly memoryHigh?: string;
}

/** A peer that learns holds 128 MB, with the engine tensorflow 150; the rest is for its data and larger models. */
export const MEMORY_MAX = "1G";
/** From its start until it learns, else systemd ends it: a slow machine needs more than a minute. */
export const START_SECONDS = 300;
const WATCHDOG_SECONDS = 90;
/** `up` ends by itself before that, with its last words; the rest is for a machine that is busy. */
export const STOP_SECONDS = 15;

/** What a user's systemd can do too. */
const MODEST: readonly string[] = [
  "NoNewPrivileges=yes",
  "LockPersonality=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "UMask=0077",
];

/** Node makes machine code while it runs, so MemoryDenyWriteExecute has to stay off. */
const STRICT: readonly string[] = [
  "ProtectSystem=strict",
  "ProtectHome=read-only",
  "PrivateTmp=yes",
  "PrivateDevices=yes",
  "ProtectClock=yes",
  "ProtectHostname=yes",
  "ProtectControlGroups=yes",
  "ProtectKernelLogs=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelTunables=yes",
  "ProtectProc=invisible",
  "RestrictNamespaces=yes",
  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
  "SystemCallArchitectures=native",
  "SystemCallFilter=@system-service",
  "CapabilityBoundingSet=",
];

/** The text of a unit file. */
export function unitText({ place, command, args = [], memoryMax = MEMORY_MAX, memoryHigh }: UnitOptions): string {
  const stateDir = place.kind === "template" ? "/var/lib/hearsay/%i" : place.stateDir;
  const words = [...command, "up", "--state", stateDir, ...args].map((word, i) =>
    place.kind === "template" && word === stateDir ? word : unitWord(word, i === 0),
  );
  const lines = [
    "[Unit]",
    `Description=Hearsay peer on ${place.kind === "template" ? stateDir : stateDir.replaceAll("%", "%%")}`,
    ...(place.kind === "user" ? [] : ["Wants=network-online.target", "After=network-online.target time-sync.target"]),
    "StartLimitIntervalSec=600",
    "StartLimitBurst=20",
    "",
    "[Service]",
    "Type=notify",
    "NotifyAccess=all",
    `ExecStart=${words.join(" ")}`,
    ...accountLines(place),
    "Restart=always",
    "RestartSec=5",
    "RestartPreventExitStatus=2",
    `WatchdogSec=${WATCHDOG_SECONDS}`,
    `TimeoutStartSec=${START_SECONDS}`,
    `TimeoutStopSec=${STOP_SECONDS}`,
    ...memoryLines(memoryMax, memoryHigh),
    ...MODEST,
    ...(place.kind === "user" ? [] : STRICT),
    "",
    "[Install]",
    `WantedBy=${place.kind === "user" ? "default.target" : "multi-user.target"}`,
  ];
  return `${lines.join("\n")}\n`;
}

/**
 * A drop-in for a unit that is there already, such as `hearsay@NAME` of the Debian package: it holds a peer under the preset `tiny` to 64 MB once it learns. systemd
 * reads it from /etc/systemd/system/UNIT.service.d/.
 */
export function tinyMemoryText(): string {
  return [
    "# Holds a peer to 64 MB (61M) once it learns. It needs `preset: tiny` in the peer's config.yaml, and version 2 of cgroups.",
    "[Service]",
    ...memoryLines("128M", "61M"),
    "",
  ].join("\n");
}

function memoryLines(memoryMax: string, memoryHigh?: string): string[] {
  return [`MemoryMax=${memoryMax}`, ...(memoryHigh === undefined ? [] : [heldLine(memoryHigh)])];
}

/**
 * The bound of version 2 of cgroups that ends nothing: above it the kernel takes back pages, those of the program that rest above all. Not by `MemoryHigh=`, since
 * that holds from the first moment, and a start needs more. `+`: as root, where the unit is of the machine; the group of a user's unit is the user's own.
 */
function heldLine(bytes: string): string {
  const group = '"/sys/fs/cgroup$$(sed -n s/^0:://p /proc/self/cgroup)/memory.high"';
  return `ExecStartPost=-+/bin/sh -c 'echo ${bytes} > ${group}'`;
}

function accountLines(place: UnitPlace): string[] {
  if (place.kind === "template") return ["DynamicUser=yes", "StateDirectory=hearsay/%i", "StateDirectoryMode=0700"];
  if (place.kind === "user") return [];
  return [`User=${place.account}`, `ReadWritePaths=${unitWord(place.stateDir)}`];
}

/** A word of a command line in a unit; systemd replaces % and $ by itself, and a program's own path takes no $$. */
function unitWord(word: string, isProgram = false): string {
  const plain = word.replaceAll("%", "%%").replaceAll("$", isProgram ? "$" : "$$$$");
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : `"${plain.replace(/[\\"]/g, "\\$&")}"`;
}
