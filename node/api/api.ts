/**
 * The peer's local interface: HTTP on 127.0.0.1, a random port, and a token that only the owner of the state directory can read
 * (`api.json`, mode 0600). `hearsay status`, `hearsay why` and `hearsay log` ask it (ask.ts) while the peer holds the database.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Metrics } from "../../protocol/base/learning-seams.ts";
import type { StreamStatus } from "../../protocol/learn/stream/stream.ts";
import type { RememberedMerge } from "../../protocol/peer/memory/history.ts";
import type { PeerStatus } from "../../protocol/peer/status.ts";
import { createClosing } from "../closing.ts";
import type { ArchiveSummary } from "../disk/archive.ts";
import { writeWhole } from "../disk/whole-file.ts";
import type { Silence } from "../net/company.ts";
import type { LinkReport } from "../net/metering.ts";
import type { TurnedAwayCounts } from "../net/turned-away.ts";
import { API_FILE, type ApiFile } from "./ask.ts";
import type { Effort } from "./effort.ts";
import { listenLazily } from "./lazy-server.ts";
import type { TakesFrame } from "./leaf-route.ts";
import type { PartAt } from "./my-part.ts";
import type { PageSource } from "./page.ts";
import { pageAddress } from "./page-address.ts";
import type { PeerList } from "./peer-list.ts";
import type { ReleaseSource } from "./release-routes.ts";
import type { RemoteLogs } from "./remote-log.ts";
import { newToken } from "./tokens.ts";
import type { WorstClass } from "./worst-class.ts";

/** What `hearsay status` shows. */
export interface StatusReport extends PeerStatus {
  readonly addresses: readonly string[];
  readonly invite: string;
  /** The last entry of the log; `id` in hexadecimal. */
  readonly head: { readonly seq: number; readonly id: string };
  readonly uptimeSeconds: number;
  /** What a cycle costs this machine. */
  readonly effort: Effort;
  /** What is kept for audits. */
  readonly archive: ArchiveSummary | null;
  /** What is left of each budget; empty where nothing is limited. */
  readonly budget: readonly LinkReport[];
  /** Of the serving model on the hold-out, a moment ago; null without a hold-out, and before the first figures. */
  readonly holdout: Metrics | null;
  /** The class that it guesses worst there; left out of a regression, and where the trainer does not tell. */
  readonly worstClass?: WorstClass;
  /** Of rows that go on coming; left out where they do not. */
  readonly stream?: StreamStatus;
  /** Known peers that do not take part, and for how long. */
  readonly silence: Silence;
  /** Connections that came in since the start and of which nothing came. */
  readonly turnedAway: TurnedAwayCounts;
}

/** With what the serving model can be compared on the hold-out. */
export interface Comparison {
  /** The figure that is compared. */
  readonly metric: {
    readonly name: string;
    readonly label: string;
    readonly lowerIsBetter: boolean;
    readonly isShare: boolean;
  };
  /** Of the commonest class, or of the mean, of the own rows; null where nobody knows. */
  readonly naive: number | null;
  /** The best so far of a model that was trained on the own rows alone (observe/alone.ts), and how many steps it took; null where there is none. */
  readonly alone: { readonly figure: number | null; readonly steps: number } | null;
  /** Why there is none. */
  readonly noAlone?: string;
}

export interface ApiSource {
  status(): Promise<StatusReport>;
  /** What `hearsay why` tells of, oldest first. */
  merges(): Promise<readonly RememberedMerge[]>;
  /** What others made of this peer's models, as their logs say. */
  parts(): Promise<readonly PartAt[]>;
  /** Null where nobody looks on: without a page, and without a hold-out. */
  compared(): Comparison | null;
  /** What `hearsay peers` shows. */
  peers(): Promise<PeerList>;
  /** The log of a generation, of the current one unless told, as JSONL in pieces. @throws HearsayError ERR_STATE where there is none. */
  log(generation?: number): Promise<AsyncIterable<string>>;
  /** Of which the database holds a log, ascending. */
  generations(): Promise<readonly number[]>;
  /** What others are asked for in an audit. */
  readonly remote: RemoteLogs;
  /** Takes a frame of a leaf; resolves to what is to be sent back. Left out where no leaf is enrolled. */
  readonly leafFrame?: TakesFrame;
  /** Left out where the task has no release keys. */
  readonly releases?: ReleaseSource;
  /** What the page shows; left out where none is served. */
  readonly page?: PageSource;
}

export interface Api {
  /** Of the page, with its key in the fragment, which a browser sends to nobody; undefined where none is served. */
  readonly pageAddress?: string;
  close(): Promise<void>;
}

/** Listens, and writes where. What answers is loaded with the first question (routes.ts). */
export async function serveApi(stateDir: string, source: ApiSource): Promise<Api> {
  const tokens = { owner: newToken(), page: newToken() };
  const server = await listenLazily(async (url) => (await import("./routes.ts")).openRoutes(source, { url, tokens }));
  const { url } = server;
  const path = join(stateDir, API_FILE);
  const closing = createClosing();
  closing.add("the file of the local interface", () => rm(path, { force: true }));
  closing.add("the local interface", server.close);
  try {
    await writeWhole(path, JSON.stringify({ url, token: tokens.owner } satisfies ApiFile), {
      mode: 0o600,
      sync: false,
    });
  } catch (error) {
    await closing.close().catch(() => {}); // the first error says more
    throw error;
  }
  return { ...closing, ...(source.page && { pageAddress: pageAddress(url, tokens.page) }) };
}
