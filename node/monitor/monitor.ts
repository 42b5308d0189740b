/** Puts together what is told of a running peer: reads it, at most once a second however many ask, and gives it as text of metrics or as checks. */
import type { Clock } from "../../protocol/base/seams.ts";
import type { StatusReport } from "../api/api.ts";
import type { Company } from "../net/company.ts";
import { createExposition } from "./exposition.ts";
import { type Health, healthOf } from "./health.ts";
import type { NetworkMetrics } from "./libp2p-metrics.ts";
import { createMachine } from "./machine.ts";
import type { Readings } from "./metric.ts";
import type { Tallying } from "./tallies.ts";

export interface MonitorSource {
  readonly stateDir: string;
  readonly minCycleMs: number;
  status(): Promise<StatusReport>;
  readonly company: Company;
  readonly tallies: Tallying;
  readonly network?: NetworkMetrics;
  readonly clock: Pick<Clock, "monotonicMs">;
}

export interface Monitor {
  readonly contentType: string;
  metrics(): Promise<string>;
  health(): Promise<Health>;
  stop(): void;
}

/** Questions within this time get the same answer. */
const FRESH_MS = 1_000;

export function createMonitor(source: MonitorSource): Monitor {
  const { clock, company, tallies } = source;
  const startedMs = clock.monotonicMs();
  let archived: number | undefined;
  const machine = createMachine(source.stateDir, () => archived);
  const exposition = createExposition(source.network?.registry);
  tallies.into(exposition.observed);

  function healthIn({ status, machine: { disk } }: Pick<Readings, "status" | "machine">): Health {
    const { minCycleMs } = source;
    return healthOf({ status, tallies: tallies.now(), disk, minCycleMs, nowMs: clock.monotonicMs(), startedMs });
  }

  const readings = shared(clock, async (): Promise<Readings> => {
    const status = await source.status();
    archived = status.archive?.bytes;
    const figures = await machine.figures();
    const told = { status, machine: figures, tallies: tallies.now(), health: healthIn({ status, machine: figures }) };
    return { ...told, silence: company.silence(status.cycle), connections: company.connections() };
  });
  const text = shared(clock, async () => exposition.text(await readings()));

  return {
    contentType: exposition.contentType,
    metrics: text,
    health: async () => (await readings()).health,
    stop: machine.stop,
  };
}

/** The same answer for all who ask while it is made, and for a second after. */
function shared<T>(clock: Pick<Clock, "monotonicMs">, make: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  let madeMs = 0;
  return () => {
    if (answer !== undefined && clock.monotonicMs() - madeMs < FRESH_MS) return answer;
    const now = make();
    answer = now;
    madeMs = Number.POSITIVE_INFINITY; // while it is made nobody has it made again
    const settle = () => {
      madeMs = clock.monotonicMs();
    };
    now.then(settle, () => {
      answer = undefined;
    });
    return now;
  };
}
