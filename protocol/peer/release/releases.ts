/**
 * Releases of a task with release keys: the model that serves is not the model that learns. This joins what is known (release/book.ts), how it is passed on
 * (exchange.ts), bodies, and which release answers here (serving.ts).
 */
import { equalBytes, toHex } from "../../base/bytes.ts";
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import type { Metrics, Trainer } from "../../base/learning-seams.ts";
import type { Identity, PeerId, Store } from "../../base/seams.ts";
import { releasesOf } from "../../base/task.ts";
import { f32 } from "../../codec/f32.ts";
import { METRICS } from "../../learn/metrics/registry.ts";
import type { Log } from "../../log/stored/chain.ts";
import { createReleaseBook, type ReleaseBook } from "../../release/book.ts";
import { type Figure, payloadOf, RELEASE_NAME, read, type Statement, say } from "../../release/statements.ts";
import { peerIdFromPublicKey, publicKeyFromPeerId } from "../../wire/identity.ts";
import { wholeMinutes } from "../../wire/values.ts";
import type { BlobShelf } from "../inbound/blobs.ts";
import type { Reports } from "../reports.ts";
import type { RequestService } from "../services.ts";
import type { Subject } from "../subject.ts";
import { createReleaseBodies, type ReleaseBodies } from "./bodies.ts";
import { createExchange, type ExchangeComponents } from "./exchange.ts";
import { createLater, type Later } from "./later.ts";
import { createLibrary, type Library } from "./library.ts";
import { createServing, type ServedRelease, type Serving } from "./serving.ts";
import { type ReleaseStatus, statusOf } from "./status.ts";

/** What a peer is told by its owner, and tells, of releases. */
export interface ReleaseSite {
  /** Whether this peer is in the first ring of each rollout. */
  readonly isCanary: boolean;
  /** Another release answers from now on; undefined: none. */
  changed(release: ServedRelease | undefined): void;
}

/** The model that a release is made of. */
export interface Candidate {
  readonly params: Float32Array;
  /** In optimiser steps. */
  readonly age: number;
}

export interface Releases {
  readonly service: RequestService;
  /** A neighbour has come. */
  met(peer: PeerId): void;
  status(): ReleaseStatus;
  served(): ServedRelease | undefined;
  /**
   * The statement that gives the model that serves predictions here a name, for this key to sign; its body is on disk.
   * @throws HearsayError ERR_CONFIG for a name that is none, or is taken.
   */
  prepare(name: string, signer: Uint8Array, model: Candidate): Promise<Uint8Array>;
  /** Takes a statement that was signed on this machine; on disk when it resolves. @throws HearsayError ERR_CONFIG where nothing comes of it, or as `read`. */
  take(sealed: Uint8Array): Promise<void>;
  /** Takes an order for a later ring, that was signed on this machine, and holds it back (later.ts). @throws HearsayError ERR_CONFIG where it is none of a release key. */
  later(sealed: Uint8Array, everyMs: number): Promise<void>;
}

export interface ReleaseComponents extends ExchangeComponents {
  readonly identity: Identity;
  readonly store: Store;
  readonly log: Pick<Log, "state">;
  readonly trainer: Pick<Trainer, "evaluate">;
  readonly shelf: Pick<BlobShelf, "lend">;
  readonly subject: Subject;
  readonly identities: { isKnown(peer: PeerId): boolean };
  readonly reports: Pick<Reports, "count" | "tell">;
}

/** What the functions below share. */
interface Desk {
  readonly components: ReleaseComponents;
  readonly book: ReleaseBook;
  readonly library: Library;
  readonly bodies: ReleaseBodies;
  readonly serving: Serving;
  readonly later: Later;
  readonly codec: ReturnType<typeof f32.forLayout>;
  /** Statements in the order in which they came: each is on disk before the next. */
  keep(statements: readonly Statement[]): Promise<boolean>;
}

/** Opens what is known of releases; undefined where the task has no release keys. */
export async function openReleases(components: ReleaseComponents, site: ReleaseSite): Promise<Releases | undefined> {
  const { subject, crypto, store, identities, life } = components;
  const releases = releasesOf(subject.task);
  if (releases === undefined) return undefined;
  const keys = releases.keys.map((key) => publicKeyFromPeerId(key)).filter((key) => key !== undefined);
  const isKnown = (key: Uint8Array) => identities.isKnown(peerIdFromPublicKey(key));
  const book = createReleaseBook({ keys, threshold: releases.threshold }, isKnown);
  const library = createLibrary(store, crypto, subject.taskId);
  const { statements, served } = await library.load();
  for (const statement of statements) book.take(statement);
  const codec = f32.forLayout({ tensors: subject.task.tensors, task: toHex(subject.taskId) });
  const protocol = subject.names.blob;
  const options = { protocol, bodyBytes: codec.maxBytes, retry: () => serving.settle() };
  const bodies = createReleaseBodies({ ...components, library }, options);
  let keeping: Promise<unknown> = Promise.resolve();
  const keep = (some: readonly Statement[]) => {
    const kept = keeping.then(() => keepAll(desk, some));
    keeping = kept.catch(life.fail); // a disk that takes nothing ends the peer
    return kept;
  };
  const tell = () => exchange.tellAll();
  const serving = servingOf(components, { book, library, bodies, codec, before: served, site, keep, tell });
  const say = async (orders: readonly Statement[]) => {
    await keep(orders);
    tell();
  };
  const later = createLater({ ...components, book }, { held: await library.later(), keep: library.keepLater, say });
  const desk: Desk = { components, book, library, bodies, serving, later, codec, keep };
  const heard = async (some: readonly Statement[]) => {
    const isNews = await keep(some);
    if (isNews) tell();
    return isNews;
  };
  const has = () => book.all();
  const exchange = createExchange(components, { task: subject.taskId, protocol: subject.names.release, has, heard });
  serving.settle();
  return {
    service: exchange.service,
    met: exchange.ask,
    status: () => statusOf(desk, releases.threshold),
    served: serving.served,
    prepare: (name, signer, model) => prepareTag(desk, name, signer, model),
    async take(sealed) {
      const statement = read(sealed, subject.taskId, crypto);
      if (!(await keep([statement]))) throw new HearsayError("ERR_CONFIG", nothingNew(statement, desk));
      tell();
    },
    async later(sealed, everyMs) {
      const order = read(sealed, subject.taskId, crypto);
      if (order.kind !== "order" || !keys.some((key) => equalBytes(key, order.signer)))
        throw new HearsayError("ERR_CONFIG", nothingNew(order, desk));
      await later.hold(order, everyMs);
    },
  };
}

interface ServingNeeds extends Pick<Desk, "book" | "library" | "bodies" | "codec" | "keep"> {
  readonly before: readonly Uint8Array[];
  readonly site: ReleaseSite;
  /** Others lack what is new here. */
  tell(): void;
}

function servingOf(components: ReleaseComponents, needs: ServingNeeds): Serving {
  const { identity, subject, trainer } = components;
  const { book, library, bodies, codec, before, site, keep, tell } = needs;
  return createServing(
    { ...components, book, library },
    {
      publicKey: identity.publicKey,
      isCanary: site.isCanary,
      before,
      changed(release, why) {
        site.changed(release);
        if (why === "again") return;
        const named = release === undefined ? null : { id: release.id, name: release.name };
        components.reports.tell({ kind: "serves", release: named, isBack: why === "back" });
      },
      metrics: metricsOf(subject.task.output.kind),
      bodyOf: bodies.bodyOf,
      decode: codec.decode,
      evaluate: (params) => trainer.evaluate(params, "holdout"),
      async vote(gate, passes) {
        const sealed = say("vote", subject.taskId, { gate: gate.id, passes }, identity);
        await keep([read(sealed, subject.taskId, components.crypto)]);
        tell();
      },
    },
  );
}

/** Names that may stand in a gate of a task of this kind. */
export function metricsOf(kind: "classification" | "regression"): string[] {
  return ["loss", ...[...METRICS.values()].filter((metric) => metric.kind === kind).map(({ name }) => name)];
}

/** Whether one of them was new. */
async function keepAll({ book, library, serving, later }: Desk, statements: readonly Statement[]): Promise<boolean> {
  let isNews = false;
  for (const statement of statements) {
    const { isNew, dropped } = book.take(statement);
    if (!isNew) continue;
    isNews = true;
    await library.keep(statement, dropped);
  }
  if (isNews) {
    serving.settle();
    later.look();
  }
  return isNews;
}

async function prepareTag(
  { components, book, bodies, codec }: Desk,
  name: string,
  signer: Uint8Array,
  { params, age }: Candidate,
): Promise<Uint8Array> {
  const { subject, crypto, identity, log, clock, trainer } = components;
  if (!RELEASE_NAME.test(name))
    throw new HearsayError("ERR_CONFIG", `"${name}" is no name of a release: 1 to 32 letters, digits, points, hyphens`);
  if (book.tags().some((tag) => tag.name === name))
    throw new HearsayError("ERR_CONFIG", `there is a release ${name} already; choose another name`);
  const body = codec.encode(params);
  const model = crypto.sha256(body);
  await bodies.add(model, body);
  const { generation, size, root, signature } = log.state();
  const figures = await figuresOf(() => trainer.evaluate(params, "holdout"));
  const tsMs = wholeMinutes(clock.now());
  const place = [identity.publicKey, generation, size, root, signature] as const;
  const says = { name, model, bytes: body.length, age, tsMs, log: place, figures };
  return payloadOf("tag", subject.taskId, signer, says);
}

/** Of a hold-out, where there is one. */
async function figuresOf(evaluate: () => Promise<Metrics>): Promise<Figure[]> {
  try {
    const { numExamples: _, worstClassIndex: _index, worstClassRows: _rows, ...figures } = await evaluate();
    const entries = Object.entries(figures).filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
    return entries.map(([name, value]): Figure => [name, Math.round(1e6 * value)]);
  } catch (error) {
    if (isHearsayError(error, "ERR_DATA")) return [];
    throw error;
  }
}

function nothingNew({ kind, signer }: Statement, { book, components }: Desk): string {
  const { releases } = components.subject.task;
  const peer = peerIdFromPublicKey(signer);
  if (kind !== "vote" && releases?.keys.includes(peer) !== true)
    return `${peer} is no release key of this task: sign with one of ${releases?.keys.join(", ")}`;
  const serial = book.standing()?.order.serial ?? 0;
  return `this peer knows that ${kind} already, or a newer one (order ${serial} holds)`;
}
