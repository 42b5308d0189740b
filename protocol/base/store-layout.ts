/**
 * Everything that a peer keeps in its store: one prefix for each kind of record, and what the record is. Records in brackets are strict DAG-CBOR arrays
 * that begin with their version; `wire/records.ts` encodes and decodes them by their form (RECORDS).
 *
 *     key                      record                                                    written by
 *     log/current              [1, generation] or [1, generation, after]                 log/stored/records.ts
 *     log/.../e/<seq>          signature | entry                                         log/stored/target.ts
 *     log/.../t/<level>/<i>    256 hashes of the tree                                    log/stored/target.ts
 *     log/.../head             [1, seq, id]                                              log/stored/target.ts
 *     log/.../checkpoint       [1, size, root, signature]                                log/stored/target.ts
 *     log/.../cosigned         a note, as text                                           log/stored/chain.ts
 *     model/counts             [1, age, cycle]                                           peer/loop/state.ts
 *     model/params, /serving   float32 parameters, little-endian                         peer/loop/state.ts
 *     model/personal           float32 numbers: what stays with this peer of its model   peer/loop/state.ts
 *     why/<slot>               [1, cycle, tsMs, rule, parents]                           peer/memory/history.ts
 *     reputation/<peer id>     [1, policy, sum, weight, cycle, at]                       peer/memory/reputations.ts
 *     witness/<peer id>        [1, sealed announcement, since, begun]                    peer/account/heads.ts
 *     evidence/<peer id>       evidence as it is gossiped (log/entry/evidence.ts)        peer/account/evidence-book.ts
 *     book/<peer id>           DAG-CBOR list of addresses, without a version             membership/stored-book.ts
 *     node/place               text: numbers of files                                    node/disk/place.ts
 *     privacy/spent            [1, spent, steps that no announcement tells of, 0 or 1]   peer/loop/ledger.ts
 *     stream/counts            JSON: kind, next row, place, error, detector, lags         node/data/follow/stream-store.ts
 *     stream/client            text: name of the session at a broker                     node/data/sources/mqtt.ts
 *     stream/waiting/<number>  a message of a broker that was not taken yet               node/data/sources/mqtt.ts
 *     stream/<window>/<slot>   float64: number, time, inputs, targets of a row           node/data/follow/stream-store.ts
 *     gateway/liars            [1, public keys of gateways that lied]                    peer/gateway/liars.ts
 *     traffic/<kind of link>   [1, bytes left, at ms of the wall clock]                  traffic/meter.ts
 *     release/statement/<id>   a statement as it came (release/statements.ts)            peer/release/library.ts
 *     release/body/<hash>      parameters by the codec f32                               peer/release/library.ts
 *     release/served           [1, ids of the releases that were served last]            peer/release/library.ts
 *     release/later            [1, ms between rings, since ms, orders that wait]          peer/release/library.ts
 *
 * `log/...` is `log/` for generation 0, and `log/g/<generation>/` for those after it.
 */
import { LIMITS } from "./limits.ts";

export const STORE = {
  log: "log/",
  model: "model/",
  why: "why/",
  reputation: "reputation/",
  witness: "witness/",
  evidence: "evidence/",
  book: "book/",
  node: "node/",
  privacy: "privacy/",
  gateway: "gateway/",
  traffic: "traffic/",
  release: "release/",
  stream: "stream/",
} as const;

/** The form of a record. */
export interface RecordForm {
  readonly version: number;
  /** Numbers of fields after the version that such a record may have. */
  readonly lengths: readonly number[];
  /** Longer bytes are not looked at. */
  readonly maxBytes: number;
}

/** By the key, or what it begins with. */
export const RECORDS = {
  "log/current": { version: 1, lengths: [1, 2], maxBytes: 256 },
  "log/head": { version: 1, lengths: [2], maxBytes: 256 },
  "log/checkpoint": { version: 1, lengths: [3], maxBytes: 256 },
  "model/counts": { version: 1, lengths: [2], maxBytes: 64 },
  /** With as many parents as a log entry can have. */
  "why/": { version: 1, lengths: [4], maxBytes: 16_384 },
  "privacy/spent": { version: 1, lengths: [3], maxBytes: 512 },
  "release/served": { version: 1, lengths: [1], maxBytes: 256 },
  "release/later": { version: 1, lengths: [3], maxBytes: 65_536 },
  "reputation/": { version: 1, lengths: [5], maxBytes: 128 },
  /** With as many keys as a cluster has members. */
  "gateway/liars": { version: 1, lengths: [1], maxBytes: 2048 },
  "traffic/": { version: 1, lengths: [2], maxBytes: 64 },
  "witness/": { version: 1, lengths: [3], maxBytes: 2 * LIMITS.maxAnnouncementBytes },
} as const satisfies Record<string, RecordForm>;
