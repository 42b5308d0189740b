/**
 * Where documented commands run: a folder with the files that pages name, made anew for each command, and the peers that they talk of. anna and ben learn
 * from each other; cara has, and was stopped; dora has learned digits.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { parse } from "yaml";
import { TOP } from "../docs.ts";
import { type Installed, installBundle } from "../installed.ts";
import { createLab, type Finished, type Lab, type PeerProcess, sourceEnvironment } from "../process.ts";
import { namedFiles } from "./files.ts";

/** What a folder has as `.hearsay` and as task.yaml. */
const SCENES = {
  /** The peer runs. */
  running: { state: "anna", task: "task.yaml" },
  stopped: { state: "cara", task: "task.yaml" },
  /** It has joined, and never ran. */
  joined: { state: "joined", task: "task.yaml" },
  fresh: { task: "task.yaml" },
  empty: {},
  digits: { state: "dora", task: "digits.yaml" },
  "fresh digits": { task: "digits.yaml" },
  /** The task is that of train.py. */
  program: { task: "program.yaml" },
} as const satisfies Readonly<Record<string, { readonly state?: string; readonly task?: string }>>;

export type Scene = keyof typeof SCENES;

/** State directories that examples name, and whose they are. */
const NAMED_STATES = { peer: "cara", p1: "dora" } as const;

const LONGEST_MS = 120_000;
const CLIENT = join(TOP, "node/clients/python");

/** A peer that runs. */
export interface Neighbour {
  readonly id: string;
  readonly address: string;
}

export interface Sandbox {
  /** Of anna. */
  readonly invite: string;
  readonly anna: Neighbour;
  readonly ben: Neighbour;
  /** Runs a line of bash in a folder of its own. */
  run(scene: Scene, line: string): Promise<Finished>;
  close(): Promise<void>;
}

/** @param python what `python` is; nothing where none here can import numpy. */
export async function openSandbox(python: string | undefined): Promise<Sandbox> {
  const installed = await installBundle();
  const modules = join(dirname(installed.cli), "../../..");
  await symlink(join(TOP, "node_modules/zod"), join(modules, "zod")); // plugins ask for it
  await rm(join(modules, "linkedom")); // to draw would take most of the time of a small simulation
  const lab = await createLab("documented", { cli: installed.cli });
  const close = async () => {
    await lab.close();
    await installed.remove();
  };
  try {
    await furnishDesk(lab, installed, python);
    const [anna, ben] = await startPeers(lab);
    const { invite } = JSON.parse(await must(lab, "hearsay status --json --state ../anna"));
    await fillDesk(lab, invite, python !== undefined);
    let runs = 0;
    const run = (scene: Scene, line: string) => {
      const folder = lab.path(`run-${++runs}`);
      furnish(lab, folder, scene, line);
      return shell(lab, folder, line);
    };
    return { invite, anna: await neighbourOf(anna), ben: await neighbourOf(ben), run, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function neighbourOf(peer: PeerProcess): Promise<Neighbour> {
  return { id: (await peer.status()).peerId, address: await peer.address() };
}

/** The commands, the files, and the task with a release key. */
async function furnishDesk(lab: Lab, { cli }: Installed, python: string | undefined): Promise<void> {
  for (const folder of ["bin", "desk/sim"]) mkdirSync(lab.path(folder), { recursive: true });
  const node = `exec '${process.execPath}' '${cli}' "$@"`;
  // what would go on for ever ends after a second
  const programs = { hearsay: `[ "$1" = up ] && set -- "$@" --seconds 1\n${node}` };
  const withPython = python && { python: `PYTHONPATH='${CLIENT}/src' exec '${python}' "$@"` };
  for (const [name, script] of Object.entries({ ...programs, ...withPython }))
    chmodSync(await lab.write(`bin/${name}`, `#!/bin/sh\n${script}\n`), 0o755);
  for (const [name, content] of Object.entries(namedFiles())) await lab.write(`desk/${name}`, content);
  chmodSync(lab.path("desk/train.py"), 0o755);
  cpSync(join(TOP, "sim/examples"), lab.path("desk/sim/examples"), { recursive: true });
  const { peerId } = JSON.parse(await must(lab, "hearsay key new release.key --json"));
  await must(lab, "hearsay init --data flowers.csv --label species --peers 3 --name flowers");
  const source = parse(readFileSync(lab.path("desk/task.yaml"), "utf8"));
  await lab.writeTask("desk/task.yaml", { ...source, releases: { keys: [peerId] } });
  await must(lab, "hearsay init --output digits.yaml");
}

async function startPeers(lab: Lab): Promise<[anna: PeerProcess, ben: PeerProcess]> {
  const start = (name: string, bootstrap: readonly string[], task: string, data: readonly string[]) =>
    lab.startPeer({
      name,
      task: lab.path(task),
      bootstrap,
      minCycleMs: 1500,
      args: ["--name", `the shed of ${name}`, ...data],
    });
  const flowers = ["desk/task.yaml", ["--data", lab.path("desk/flowers.csv")]] as const;
  const dora = start("dora", [], "desk/digits.yaml", ["--dataset", "digits", "--share", "1/4"]);
  const anna = start("anna", [], ...flowers);
  const address = await anna.address();
  const [ben, cara] = [start("ben", [address], ...flowers), start("cara", [address], ...flowers)];
  for (const peer of [anna, ben, cara]) await peer.waitFor("it merges", ({ counters }) => counters.merges >= 3);
  await dora.waitFor("it has trained", ({ cycle }) => cycle >= 2);
  await Promise.all([cara.stop(), dora.stop()]);
  return [anna, ben];
}

/** What earlier commands have left, as one example after the other takes it for given. */
async function fillDesk(lab: Lab, invite: string, withPython: boolean): Promise<void> {
  const signed = "--state ../anna --key release.key";
  const lines = [
    `hearsay join '${invite}' --yes --state ../joined`,
    'echo "data: { path: mine.csv }" >> ../joined/config.yaml',
    "hearsay log export --state ../anna -o monday.car",
    `hearsay tag v6 ${signed} && hearsay rollout v6 ${signed}`,
    ...["a", "b", "c"].map((site) => `hearsay data statistics --task task.yaml --data mine.csv -o site-${site}.json`),
    "hearsay sim run scenario.yaml --out A && for name in median median-1f0c77aa-s1 before; do cp -r A $name; done",
    "hearsay sim run scenario.yaml --set task.aggregation.rule=median --out B",
    "for name in krum krum-90aa2b11-s1 after; do cp -r B $name; done",
    "hearsay sim sweep scenario.yaml --grid task.aggregation.rule=median,mean --seeds 1,2 --workers 1 --out sweep",
    ...[1, 2].map((part) => `hearsay sim sweep matrix.yaml --shard ${part}/8 --workers 1 --out shard-${part}`),
    "cp ../anna/model.safetensors personal.safetensors",
    "hearsay sim run mia.yaml --models --out out && cp -r out/models models",
    ...(withPython ? ["hearsay init --trainer 'python train.py' -o program.yaml"] : []),
    "hearsay log export --state ../anna -o friday.car --bodies && cp friday.car audit.car",
    "hearsay log export --state ../anna -o audit.jsonl",
  ];
  for (const line of lines) await must(lab, line);
  const [header = "{}"] = readFileSync(lab.path("desk/audit.jsonl"), "utf8").split("\n");
  await lab.write("desk/note.txt", JSON.parse(header).checkpoint);
}

function furnish(lab: Lab, folder: string, scene: Scene, line: string): void {
  cpSync(lab.path("desk"), folder, { recursive: true });
  const { state, task }: { readonly state?: string; readonly task?: string } = SCENES[scene];
  if (task === undefined) rmSync(join(folder, "task.yaml"));
  else if (task !== "task.yaml") copyFileSync(join(folder, task), join(folder, "task.yaml"));
  const path = join(folder, ".hearsay");
  if (scene === "running") symlinkSync(lab.path("anna"), path);
  else if (state !== undefined) cpSync(lab.path(state), path, { recursive: true });
  for (const [name, of] of Object.entries(NAMED_STATES))
    if (line.includes(`--state ${name}`) || line.includes(`--state ./${name}`))
      cpSync(lab.path(of), join(folder, name), { recursive: true });
}

/** On the desk itself. */
async function must(lab: Lab, line: string): Promise<string> {
  const { code, stdout, stderr } = await shell(lab, lab.path("desk"), line);
  if (code !== 0) throw new Error(`${line}\n${stdout}${stderr}`);
  return stdout;
}

async function shell(lab: Lab, folder: string, line: string): Promise<Finished> {
  const { DISPLAY: _, WAYLAND_DISPLAY: __, ...environment } = sourceEnvironment();
  const env = {
    ...environment,
    ...{ PATH: `${lab.path("bin")}:${environment.PATH}`, HOME: folder, NODE_COMPILE_CACHE: lab.path("compiled") },
    ...{ HEARSAY_LISTEN: "/ip4/127.0.0.1/tcp/0", HEARSAY_MDNS: "false", HEARSAY_MIN_CYCLE_MS: "500" },
    JOB_COMPLETION_INDEX: "0",
  };
  const child = spawn("bash", ["-e", "-c", line], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: LONGEST_MS,
  });
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { stdout, stderr, code, signal };
}
