/**
 * Orders for later rings, signed at once and given to one peer. It holds them back, and says each when its time has come: after the ring before it has stood for so
 * long, and while nine in ten votes on the gates are yes. So a rollout needs nobody at a terminal, and no key on a device. Any other order ends it.
 */

import { equalBytes } from "../../base/bytes.ts";
import { HearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import { createOneByOne, type OneByOne } from "../../base/one-by-one.ts";
import type { Clock } from "../../base/seams.ts";
import type { ReleaseBook } from "../../release/book.ts";
import { agree, describeRing } from "../../release/rings.ts";
import type { Says, Statement } from "../../release/statements.ts";
import type { Life } from "../life.ts";

/** An order that is held back. */
export interface LaterStatus {
  readonly serial: number;
  readonly ring: string;
  /** `votes`: until nine in ten are yes; `keys`: until the order before it holds. */
  readonly waitsFor: "time" | "keys" | "votes" | "the one before";
  /** When it will be said, by the clock of this machine; null where nobody knows yet. */
  readonly atMs: number | null;
}

/** As it lies on the disk. */
export interface LaterOrders {
  readonly everyMs: number;
  /** Since when the order before the first of these has stood here, ms of the wall clock; null where it does not. */
  readonly sinceMs: number | null;
  readonly orders: readonly Statement<"order">[];
}

export interface Later {
  /**
   * Puts an order behind those that are held, if it goes on where they end, else in their place; on disk when it resolves. @throws HearsayError ERR_CONFIG
   * for too many.
   */
  hold(order: Statement<"order">, everyMs: number): Promise<void>;
  /** Something new is known: looks whether one is due, or whether they are over. */
  look(): void;
  status(): LaterStatus[];
}

export interface LaterComponents {
  readonly clock: Pick<Clock, "now" | "after">;
  readonly book: Pick<ReleaseBook, "standing" | "gates" | "votes">;
  readonly life: Pick<Life, "signal" | "fail">;
}

export interface LaterOptions {
  readonly held: LaterOrders | undefined;
  /** On disk when it resolves. */
  keep(held: LaterOrders): Promise<void>;
  /** Says an order to all, by each of the keys that gave it. */
  say(orders: readonly Statement<"order">[]): Promise<void>;
}

const LOOK_EVERY_MS = 1_000;
const NONE: LaterOrders = { everyMs: 0, sinceMs: null, orders: [] };

interface State extends LaterComponents, LaterOptions {
  now: LaterOrders;
  isArmed: boolean;
  /** Each ends on the disk. */
  readonly inTurn: OneByOne;
}

export function createLater(components: LaterComponents, options: LaterOptions): Later {
  const state: State = {
    ...components,
    ...options,
    now: options.held ?? NONE,
    isArmed: false,
    inTurn: createOneByOne(),
  };
  arm(state);
  return {
    hold: (order, everyMs) => state.inTurn(() => hold(state, order, everyMs)),
    look: () => void state.inTurn(() => round(state)).catch(components.life.fail),
    status: () => statusOf(state),
  };
}

async function hold(state: State, order: Statement<"order">, everyMs: number): Promise<void> {
  const { orders, sinceMs } = state.now;
  const goesOn = orders.some((one) => isBeside(one, order));
  const others = goesOn ? orders.filter((one) => !isOfSame(one, order)) : [];
  const all = [...others, order].sort((a, b) => a.serial - b.serial);
  if (serialsOf(all).length > LIMITS.maxReleaseOrdersHeld)
    throw new HearsayError("ERR_CONFIG", `${serialsOf(all).length} rings would wait: give fewer`);
  await change(state, { everyMs, sinceMs: goesOn ? sinceMs : null, orders: all });
  await round(state);
}

/** Whether an order is of the same rollout: the next ring, or the same one by another key. */
function isBeside(held: Says["order"], order: Says["order"]): boolean {
  if (!equalBytes(held.target, order.target)) return false;
  return held.serial === order.serial ? held.permille === order.permille : held.serial === order.serial - 1;
}

function isOfSame(held: Statement<"order">, order: Statement<"order">): boolean {
  return held.serial === order.serial && equalBytes(held.signer, order.signer);
}

function serialsOf(orders: readonly Says["order"][]): number[] {
  return [...new Set(orders.map(({ serial }) => serial))];
}

/** Looks where things stand; and again while something is held. */
async function round(state: State): Promise<void> {
  const { now, life, clock } = state;
  const [next] = now.orders;
  if (next === undefined || life.signal.aborted) return;
  const due = now.orders.filter(({ serial }) => serial === next.serial);
  const rest = now.orders.slice(due.length);
  const before = standingBefore(state, next);
  if (before === "over") return change(state, NONE);
  if (before === "said") return change(state, { ...now, orders: rest, sinceMs: clock.now() });
  if (before === "not yet") return now.sinceMs === null ? undefined : change(state, { ...now, sinceMs: null });
  if (now.sinceMs === null) return change(state, { ...now, sinceMs: clock.now() });
  if (waitsFor(state, next) !== "nothing") return;
  await change(state, { ...now, orders: rest, sinceMs: null });
  await state.say(due);
}

async function change(state: State, now: LaterOrders): Promise<void> {
  state.now = now;
  await state.keep(now);
  arm(state);
}

function arm(state: State): void {
  const { clock, life, now } = state;
  if (state.isArmed || now.orders.length === 0 || life.signal.aborted) return;
  state.isArmed = true;
  clock.after(LOOK_EVERY_MS, () => {
    state.isArmed = false;
    void state.inTurn(() => round(state)).then(() => arm(state), life.fail);
  });
}

/** Whether the order before this one stands here. */
function standingBefore({ book }: State, next: Says["order"]): "yes" | "not yet" | "said" | "over" {
  const order = book.standing()?.order;
  if (order === undefined || order.serial < next.serial - 1) return "not yet";
  if (!equalBytes(order.target, next.target)) return "over";
  if (order.serial === next.serial && order.permille === next.permille) return "said"; // others had it too
  return order.serial === next.serial - 1 ? "yes" : "over";
}

function waitsFor({ book, clock, now }: State, next: Says["order"]): "time" | "keys" | "votes" | "nothing" {
  if (now.sinceMs === null) return "keys";
  if (clock.now() < now.sinceMs + now.everyMs) return "time";
  const gates = book.gates().filter((gate) => equalBytes(gate.release, next.target));
  return gates.every((gate) => agree(book.votes(gate.id))) ? "nothing" : "votes";
}

function statusOf(state: State): LaterStatus[] {
  const { orders, sinceMs, everyMs } = state.now;
  return serialsOf(orders).map((serial, i) => {
    const order = orders.find((one) => one.serial === serial) as Statement<"order">;
    const reason = i === 0 ? waitsFor(state, order) : "the one before";
    return {
      serial,
      ring: describeRing(order.permille),
      waitsFor: reason === "nothing" ? "time" : reason,
      atMs: sinceMs === null || reason === "votes" ? null : sinceMs + (i + 1) * everyMs,
    };
  });
}
