/**
 * Resident memory of a whole peer (`hearsay up`, one process each, two peers that know each other): RSS as the operating system
 * counts it, in MiB, the median of samples of both. Idle: has trained once, and waits for an hour between two cycles; learning:
 * trains, publishes and merges in cycles of 200 ms. The model is the small one of the demo, so that this is the cost of the software.
 *
 * Compared: idle with learning, engine dense with tensorflow, and TypeScript as it lies here (Node strips the types at run time)
 * with the bundle that `npm run build` made; and all of them with a bare Node that does nothing.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { stringify } from "yaml";
import type { StatusReport } from "../../node/api/api.ts";
import { askApi } from "../../node/api/ask.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { figure, median, sleep } from "./statistics.ts";
import { digitsTask } from "./tasks.ts";

const SETTLE_MS = 2_500;
const SAMPLES = 10;
const SAMPLE_EVERY_MS = 150;
const START_TIMEOUT_MS = 40_000;
/** And if the benchmark itself is killed, none by more than this. */
const LIFETIME_SECONDS = 120;

const CYCLES_MS = { idle: 3_600_000, learning: 200 };
const SOURCES = { ts: "../../node/cli.ts", dist: "../../dist/cli/cli.js" };

/** No peer outlives an interrupted benchmark. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export const benchmark: Benchmark = {
  title: "resident memory of a peer process, MiB; ratio to a bare Node process",
  async run(scratch) {
    const taskFile = join(scratch, "task.yaml");
    await writeFile(taskFile, stringify(await digitsTask({ inboxSize: 1, quorum: 1 })));
    const bare = await bareNode();
    const rows: Row[] = [{ source: "-", engine: "bare Node", idleMiB: figure(bare) }];
    const notes: string[] = [];
    for (const [source, path] of Object.entries(SOURCES)) {
      const cli = fileURLToPath(new URL(path, import.meta.url));
      if (!(await exists(cli))) {
        notes.push(`${source}: not built; npm run build makes it`);
        continue;
      }
      for (const engine of ["dense", "tensorflow"]) {
        const measured = (state: keyof typeof CYCLES_MS) =>
          pair({
            cli,
            taskFile,
            engine,
            minCycleMs: CYCLES_MS[state],
            directory: join(scratch, source + engine + state),
          });
        const [idle, learning] = [await measured("idle"), await measured("learning")];
        rows.push({
          source,
          engine: learning.engine, // of tensorflow, the backend that a user gets here
          idleMiB: figure(idle.mebibytes),
          learningMiB: figure(learning.mebibytes),
          idleToBare: figure(idle.mebibytes / bare),
          learningToIdle: figure(learning.mebibytes / idle.mebibytes),
        });
      }
    }
    return { rows, notes };
  },
};

interface PairOptions {
  readonly cli: string;
  readonly taskFile: string;
  readonly engine: string;
  readonly minCycleMs: number;
  readonly directory: string;
}

/** Two peers that know each other, measured once both have trained and found each other. */
async function pair(options: PairOptions): Promise<{ engine: string; mebibytes: number }> {
  const children: ChildProcess[] = [];
  const start = async (name: string, bootstrap: readonly string[]) => {
    const state = `${options.directory}-${name}`;
    const child = spawn(process.execPath, [options.cli, ...upArguments(options, state, bootstrap)], {
      stdio: "ignore",
    });
    children.push(child);
    running.add(child);
    return { state, status: await statusOf(state, child, ({ counters }) => counters.published > 0) };
  };
  try {
    const first = await start("1", []);
    const second = await start("2", first.status.addresses);
    await statusOf(second.state, children[1] as ChildProcess, ({ neighbours }) => neighbours > 0);
    await sleep(SETTLE_MS);
    const samples: number[] = [];
    for (let i = 0; i < SAMPLES; i++) {
      for (const { pid } of children) samples.push(await residentMebibytes(pid));
      await sleep(SAMPLE_EVERY_MS);
    }
    return { engine: first.status.engine, mebibytes: median(samples) };
  } finally {
    await Promise.all(children.map(end));
  }
}

function upArguments(options: PairOptions, state: string, bootstrap: readonly string[]): string[] {
  return [
    ...["up", "--state", state, "--task", options.taskFile, "--dataset", "digits", "--engine", options.engine],
    ...["--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns", "--min-cycle", String(options.minCycleMs)],
    ...["--budget", "unlimited"],
    ...["--seconds", String(LIFETIME_SECONDS), "--log-level", "silent"],
    ...(bootstrap.length === 0 ? [] : ["--bootstrap", bootstrap.join(",")]),
  ];
}

async function statusOf(
  state: string,
  child: ChildProcess,
  holds: (status: StatusReport) => boolean,
): Promise<StatusReport> {
  for (const endMs = performance.now() + START_TIMEOUT_MS; performance.now() < endMs; await sleep(250)) {
    if (child.exitCode !== null) throw new Error(`a peer ended with ${child.exitCode}`);
    const status = (await (await askApi(state, "/status"))?.json()) as StatusReport | undefined;
    if (status !== undefined && holds(status)) return status;
  }
  throw new Error("a peer did not start");
}

async function bareNode(): Promise<number> {
  const child = spawn(process.execPath, ["--eval", "setTimeout(() => {}, 60_000)"], { stdio: "ignore" });
  await sleep(1_000);
  const mebibytes = await residentMebibytes(child.pid);
  await end(child);
  return mebibytes;
}

async function residentMebibytes(pid: number | undefined): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, "utf8").then(
    (status) => /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1],
    async () => (await promisify(execFile)("ps", ["-o", "rss=", "-p", String(pid)])).stdout, // no Linux
  );
  return Number(text) / 1024;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
  running.delete(child);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
