/** A stream in the store: its rows, slot by slot, with where its source goes on, in one batch. So a process that is killed has all of a step, or takes it again. */
import type { Store, StoreChange } from "../../../protocol/base/seams.ts";
import { STORE } from "../../../protocol/base/store-layout.ts";
import type {
  KeptRow,
  StreamCounts,
  StreamMemory,
  StreamPast,
  WindowName,
} from "../../../protocol/learn/stream/stream.ts";

/** What makes earlier rows useless: another window, another task's columns. */
export interface StreamKind {
  readonly window: string;
  readonly source: string;
  readonly inputs: number;
  readonly targets: number;
}

interface SavedCounts extends StreamCounts {
  readonly kind: StreamKind;
}

const COUNTS = `${STORE.stream}counts`;
const ROWS: Readonly<Record<WindowName, string>> = {
  train: `${STORE.stream}train/`,
  holdout: `${STORE.stream}holdout/`,
};
/** Number and time of a row, before its values. */
const HEAD = 2;

export interface StreamStore {
  readonly memory: StreamMemory;
  /** Undefined where there is nothing, or of another kind, which is deleted. */
  readonly past: StreamPast | undefined;
}

export async function openStreamStore(store: Store, kind: StreamKind): Promise<StreamStore> {
  const memory: StreamMemory = {
    async save({ kept, freed, counts }) {
      const saved: SavedCounts = { ...counts, kind };
      await store.write([
        ...freed.map(({ window, slot }) => ({ key: keyOf(window, slot) })),
        ...kept.map((row) => ({ key: keyOf(row.window, row.slot), value: bytesOf(row) })),
        { key: COUNTS, value: Buffer.from(JSON.stringify(saved)) },
      ]);
    },
  };
  const counts = readCounts(await store.get(COUNTS));
  if (counts !== undefined && JSON.stringify(counts.kind) === JSON.stringify(kind))
    return { memory, past: { ...counts, rows: await readRows(store, kind) } };
  await forget(store);
  return { memory, past: undefined };
}

function readCounts(bytes: Uint8Array | undefined): SavedCounts | undefined {
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as SavedCounts;
  } catch {
    return undefined; // damaged: as good as nothing
  }
}

async function readRows(store: Store, { inputs, targets }: StreamKind): Promise<KeptRow[]> {
  const rows: KeptRow[] = [];
  for (const window of ["train", "holdout"] as const) {
    for await (const [key, bytes] of store.range(ROWS[window])) {
      const values = new Float64Array(Uint8Array.from(bytes).buffer);
      if (values.length !== HEAD + inputs + targets) continue;
      const [seq = 0, timeMs = 0] = values;
      const row = { timeMs, inputs: values.slice(HEAD, HEAD + inputs), targets: values.slice(HEAD + inputs) };
      rows.push({ window, slot: Number(key.slice(-SLOT_DIGITS)), seq, row });
    }
  }
  return rows.sort((a, b) => a.seq - b.seq);
}

async function forget(store: Store): Promise<void> {
  const gone: StoreChange[] = [];
  for await (const [key] of store.range(STORE.stream)) gone.push({ key });
  if (gone.length > 0) await store.write(gone);
}

const SLOT_DIGITS = 8;

function keyOf(window: WindowName, slot: number): string {
  return `${ROWS[window]}${String(slot).padStart(SLOT_DIGITS, "0")}`;
}

function bytesOf({ seq, row }: KeptRow): Uint8Array {
  return new Uint8Array(Float64Array.of(seq, row.timeMs, ...row.inputs, ...row.targets).buffer);
}
