/** Source `folder`: tables that are put into a folder, in order of their names; each may go on growing. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { openQuoteTeller } from "../follow/open-quote.ts";
import { formOf, type SourceRecord, TableRecords } from "../follow/table-records.ts";
import { Tail, type TailPosition } from "../follow/tail.ts";
import type { OpenSource, OpenSourceOptions, SourceKind } from "./source.ts";

interface FolderPosition {
  readonly files?: Readonly<Record<string, TailPosition>>;
}

class Folder implements OpenSource {
  readonly name: string;
  readonly #options: OpenSourceOptions;
  readonly #tellOpenQuote: ReturnType<typeof openQuoteTeller>;
  /** By name; of files that are gone nothing is kept. */
  #places: Map<string, TailPosition>;
  /** Tables of something else, by name: told once, and looked at again when they have changed. */
  #strange = new Map<string, { readonly inode: number; readonly size: number }>();

  constructor(options: OpenSourceOptions) {
    this.name = options.path;
    this.#options = options;
    this.#tellOpenQuote = openQuoteTeller(options.warn);
    this.#places = new Map(Object.entries(((options.past ?? {}) as FolderPosition).files ?? {}));
  }

  async take(maxRecords: number): Promise<{ records: SourceRecord[]; isMore: boolean }> {
    const names = await tablesIn(this.name);
    if (names.length > LIMITS.maxFollowedFiles) {
      const message = `${this.name}: ${names.length} tables, at most ${LIMITS.maxFollowedFiles} can be followed; move those away that were learned`;
      throw new HearsayError("ERR_DATA", message, { files: names.length });
    }
    this.#places = new Map([...this.#places].filter(([name]) => names.includes(name)));
    this.#strange = new Map([...this.#strange].filter(([name]) => names.includes(name)));
    const records: SourceRecord[] = [];
    for (const name of names) {
      if (records.length === maxRecords) return { records, isMore: true };
      records.push(...(await this.#read(name, maxRecords - records.length)));
    }
    return { records, isMore: records.length === maxRecords };
  }

  position(): FolderPosition {
    return { files: Object.fromEntries(this.#places) };
  }

  acknowledge(): void {}

  async close(): Promise<void> {}

  /** What is new in one file. Files that have not grown are not opened. */
  async #read(name: string, maxRecords: number): Promise<SourceRecord[]> {
    const path = join(this.name, name);
    const place = this.#places.get(name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || (place?.inode === found.ino && place.offset === found.size)) return [];
    const strange = this.#strange.get(name);
    if (strange?.inode === found.ino && strange.size === found.size) return [];
    const tail = new Tail(path, place);
    const records: SourceRecord[] = [];
    try {
      const head = place === undefined ? undefined : await formOf(path, this.#options.table);
      const table = new TableRecords(tail, this.#options.table, head);
      while (records.length < maxRecords) {
        const { records: some, didRead } = await table.take(maxRecords - records.length);
        if (!didRead) break;
        records.push(...some);
      }
      this.#tellOpenQuote(path, table.openQuote);
      const now = tail.position();
      if (now !== undefined) this.#places.set(name, now);
      return records;
    } catch (error) {
      if (!isHearsayError(error, "ERR_DATA")) throw error;
      this.#strange.set(name, { inode: found.ino, size: found.size });
      if (strange?.inode !== found.ino)
        this.#options.warn?.(`${path} is left out: ${error.message.replace(/^the stream: /, "")}`);
      return [];
    } finally {
      await tail.close();
    }
  }
}

async function tablesIn(path: string): Promise<string[]> {
  return (await readdir(path)).filter((name) => /^[^.].*\.[ct]sv$/i.test(name)).sort();
}

/** @throws HearsayError ERR_DATA where tables are there and each of them lacks a column: it is the task or an option that is wrong. */
async function refuseStrangers({ path, table }: OpenSourceOptions): Promise<void> {
  let fault: unknown;
  for (const name of (await tablesIn(path)).slice(0, LIMITS.maxFollowedFiles)) {
    try {
      await formOf(join(path, name), table);
      return;
    } catch (error) {
      if (!isHearsayError(error, "ERR_DATA")) throw error;
      fault ??= error;
    }
  }
  if (fault !== undefined) throw fault;
}

async function openFolder(options: OpenSourceOptions): Promise<OpenSource> {
  if (options.past === undefined) await refuseStrangers(options);
  return new Folder(options);
}

export const folder: SourceKind = {
  name: "folder",
  about: "the tables (.csv, .tsv) of a folder, in order of their names, and those that come",
  async isMeantBy(path) {
    const found = await stat(path).catch(() => undefined);
    return found?.isDirectory() ?? false;
  },
  open: openFolder,
};
