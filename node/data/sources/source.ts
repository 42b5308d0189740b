/** What a source of rows without end is. Each kind is one file of this folder; `registry.ts` lists them. */
import type { Store } from "../../../protocol/base/seams.ts";
import type { SourceRecord, TableRecordsOptions } from "../follow/table-records.ts";

export interface OpenSourceOptions {
  /** The setting `data.path`. */
  readonly path: string;
  readonly table: TableRecordsOptions;
  /** Columns by which a record without a header is read. */
  readonly columns: readonly string[];
  /** What has come and was not taken can lie here, below `STORE.stream`. */
  readonly store: Store;
  /** A file of certificates (PEM) that a server's is checked against, in place of the system's. */
  readonly ca?: string | undefined;
  /** `position` of a former life of the process; whatever else is there is as good as nothing. */
  readonly past?: unknown;
  readonly warn?: (message: string) => void;
}

export interface OpenSource {
  /** In words, for messages. */
  readonly name: string;
  /** At most so many records that have come, and whether more is there; never waits for more. @throws HearsayError ERR_DATA for what is no table of the task. */
  take(maxRecords: number): Promise<{ readonly records: readonly SourceRecord[]; readonly isMore: boolean }>;
  /** Behind what was taken, as JSON; undefined where it cannot go on after a restart. */
  position(): unknown;
  /** What was taken is on disk. */
  acknowledge(): void;
  close(): Promise<void>;
}

export interface SourceKind {
  readonly name: string;
  /** One line for people. */
  readonly about: string;
  /** Whether it is meant by this `data.path`. */
  isMeantBy(path: string): Promise<boolean>;
  open(options: OpenSourceOptions): Promise<OpenSource>;
}
