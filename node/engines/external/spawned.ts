/** A trainer in a process of its own, which is started with a command, speaks on its standard streams, and ends with the peer. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fault } from "./body.ts";
import { createChannel } from "./channel.ts";
import type { Attached, TrainerHost } from "./host.ts";
import { createSaid, type Said } from "./said.ts";

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Of the end of its input, a trainer hears that it shall end; then it is told by a signal, then it is killed. */
const HEARS_END_MS = 300;
const HEARS_SIGNAL_MS = 700;
/** What it said last comes after its end. */
const LAST_WORDS_MS = 200;

/** @param say hears what it prints on standard error. */
export function spawnedTrainer(words: readonly string[], say: (line: string) => void): TrainerHost {
  const [program = "", ...args] = words;
  const what = words.join(" ");
  const running = new Set<Attached>();
  const killAll = () => {
    for (const { pid } of running) signal(pid, "SIGKILL");
  };
  process.on("exit", killAll); // whatever ends the peer
  return {
    what,
    async open() {
      const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], detached: true, env: environment() });
      const attached = attach(child, createSaid(say));
      running.add(attached);
      void attached.channel.lost.then(() => attached.end()).then(() => running.delete(attached));
      return attached;
    },
    async close() {
      await Promise.all([...running].map((attached) => attached.end()));
      process.off("exit", killAll);
    },
  };
}

/** That of the peer, without its secret. */
function environment(): NodeJS.ProcessEnv {
  const { HEARSAY_PASSPHRASE: _, ...others } = process.env;
  return others;
}

function attach(child: Child, said: Said): Attached {
  const channel = createChannel(child.stdout, child.stdin);
  child.stderr.on("data", (chunk: Uint8Array) => said.push(chunk));
  const exited = new Promise<void>((resolve) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      channel.fail(
        fault(
          `cannot be started: ${error.code === "ENOENT" ? `there is no such program (${child.spawnfile})` : error.message}`,
        ),
      );
      if (child.pid === undefined) resolve();
    });
    child.on("exit", (code, name) => {
      const how = name === null ? `with status ${code}` : `by ${name}`;
      void Promise.race([once(child.stderr, "close"), sleep(LAST_WORDS_MS)]).then(() => {
        channel.fail(fault(`ended ${how}${lastOf(said)}`));
        resolve();
      });
    });
  });
  let ending: Promise<void> | undefined;
  return {
    channel,
    ...(child.pid !== undefined && { pid: child.pid }),
    end() {
      ending ??= endInTime(child, channel.finish, exited);
      return ending;
    },
  };
}

async function endInTime(child: Child, finish: () => void, exited: Promise<void>): Promise<void> {
  finish();
  const isOver = (withinMs: number) => Promise.race([exited.then(() => true), sleep(withinMs, false)]);
  if (!(await isOver(HEARS_END_MS))) {
    signal(child.pid, "SIGTERM");
    await isOver(HEARS_SIGNAL_MS);
  }
  signal(child.pid, "SIGKILL"); // what it started, too
}

/** To the group of a process that leads one. */
function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // it has ended
  }
}

function lastOf(said: Said): string {
  const lines = said.last();
  return lines.length === 0 ? "" : `; it said last: ${lines.join(" / ")}`;
}
