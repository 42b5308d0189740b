/** What the checks of the doctor look at: state directory, configuration, task, and the peer that runs, where one does. Each is read once. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isHearsayError } from "../../protocol/base/errors.ts";
import type { Store } from "../../protocol/base/seams.ts";
import type { StatusReport } from "../api/api.ts";
import { askApi } from "../api/ask.ts";
import { type EffectiveConfig, loadEffective } from "../config.ts";
import { configPath, databasePath, findTask, type OpenTask, openTask, taskPath } from "../disk/state-dir.ts";
import { openStoreToRead } from "../disk/store-copy.ts";
import { openBook } from "../net/book.ts";
import { type Answer, probe } from "../net/probe.ts";
import { type Config, DEFAULTS } from "../settings/table.ts";

/** What is at hand before a peer starts. */
export type AtHand = Pick<Surroundings, "stateDir" | "config" | "task" | "running" | "directory">;

export interface WhereToLook {
  readonly stateDir: string;
  readonly configFile?: string | undefined;
  readonly taskFile?: string | undefined;
  /** Settings by path, from flags. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Surroundings {
  readonly stateDir: string;
  readonly configFile: string;
  /** What holds, or the defaults where `configFault` says that it is wrong. */
  readonly config: Config;
  readonly configFault: Error | undefined;
  readonly environment: WhereToLook["environment"];
  /** Undefined where there is none yet. */
  readonly task: OpenTask | undefined;
  /** Of the peer that runs; undefined where none does. */
  readonly running: StatusReport | undefined;
  /** The nearest directory that exists: the state directory, or one above it. */
  readonly directory: string;
  /** Gives the database of a peer that does not run to `use`, one check at a time; undefined where there is none. */
  withStore<T>(use: (store: Store) => Promise<T>): Promise<T | undefined>;
  /** What known peers answer to a short dial: once, for all checks. */
  neighbours(): Promise<readonly Answer[]>;
}

/** @throws HearsayError where the task is not readable. */
export async function look(where: WhereToLook): Promise<Surroundings> {
  const { stateDir, environment } = where;
  const configFile = where.configFile ?? configPath(stateDir);
  const [effective, running, task] = await Promise.all([
    loadEffective(configFile, environment, where.flags).catch((error: Error) => error),
    statusOf(stateDir),
    taskIn(where),
  ]);
  const isRight = !(effective instanceof Error);
  const store = sharedStore(stateDir, running !== undefined);
  const around: Omit<Surroundings, "neighbours"> = {
    stateDir,
    configFile,
    environment,
    task,
    running,
    withStore: store,
    config: isRight ? (effective as EffectiveConfig).config : DEFAULTS,
    configFault: isRight ? undefined : effective,
    directory: nearestDirectory(stateDir),
  };
  let asked: Promise<readonly Answer[]> | undefined;
  return {
    ...around,
    neighbours() {
      asked ??= knownAddresses(around).then((addresses) => probe(addresses, task?.taskId));
      return asked;
    },
  };
}

/** For the quick checks, of a peer that is about to start: everything is at hand. */
export function aboutToStart(stateDir: string, config: Config, task: OpenTask): AtHand {
  return { stateDir, config, task, running: undefined, directory: nearestDirectory(stateDir) };
}

/** A peer that hangs is none that answers. */
async function statusOf(stateDir: string): Promise<StatusReport | undefined> {
  const response = await askApi(stateDir, "/status", STATUS_WITHIN_MS).catch(() => undefined);
  return (await response?.json()) as StatusReport | undefined;
}

const STATUS_WITHIN_MS = 2_000;

async function taskIn({ stateDir, taskFile }: WhereToLook): Promise<OpenTask | undefined> {
  if (existsSync(taskPath(stateDir))) return openTask(stateDir); // never stored here: the doctor changes nothing
  return taskFile === undefined ? undefined : findTask(stateDir, taskFile);
}

/** LevelDB opens a database once at a time. */
function sharedStore(stateDir: string, isRunning: boolean): Surroundings["withStore"] {
  let turn: Promise<unknown> = Promise.resolve();
  return async (use) => {
    if (isRunning) return undefined;
    const mine = turn.then(async () => {
      const store = await openThere(stateDir);
      if (store === undefined) return undefined;
      try {
        return await use(store);
      } finally {
        await store.close();
      }
    });
    turn = mine.catch(() => {});
    return mine;
  };
}

async function openThere(stateDir: string): Promise<Store | undefined> {
  let path: string;
  try {
    path = databasePath(stateDir);
  } catch (error) {
    if (isHearsayError(error, "ERR_STATE")) return undefined;
    throw error;
  }
  return openStoreToRead(path);
}

function nearestDirectory(stateDir: string): string {
  let at = resolve(stateDir);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}

/** Peers that are dialled: enough for an opinion. */
const MOST = 8;
/** Nobody is called so: the book leaves its owner out. */
const NOBODY = "";

/** Configured peers, and those of the address book of a peer that does not run. */
async function knownAddresses({ config, withStore }: Pick<Surroundings, "config" | "withStore">): Promise<string[]> {
  const remembered = await withStore(async (store) => {
    const due = (await openBook(store, NOBODY)).due();
    return due.map(({ address }) => address);
  });
  return [...new Set([...config.bootstrap, ...(remembered ?? [])])].slice(0, MOST);
}
