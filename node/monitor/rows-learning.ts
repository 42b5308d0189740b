/** Metrics of what a peer learns: its cycles, trainings and merges, and how good its model is. */
import { METRICS } from "../../protocol/learn/metrics/registry.ts";
import { PARENT_STATUSES } from "../../protocol/log/entry/bodies.ts";
import { CHECKS } from "./health.ts";
import { by, type Metric } from "./metric.ts";

const TRAINING_SECONDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000];
const STOPS = ["training", "exchange", "all"] as const;
const STALENESS_CYCLES = [0, 1, 2, 3, 5, 10, 20, 50, 100];

export const LEARNING: readonly Metric[] = [
  {
    name: "hearsay_info",
    kind: "gauge",
    help: "1; its labels say what runs",
    labels: { task: "the name of the task", task_id: "its id", engine: "the engine that trains" },
    read: ({ status: { task, engine } }) => [{ labels: { task: task.name, task_id: task.id, engine }, value: 1 }],
  },
  {
    name: "hearsay_ready",
    kind: "gauge",
    help: "1 where a check of /readyz holds, else 0",
    labels: { check: CHECKS },
    read: ({ health }) => health.checks.map(({ name, ok }) => ({ labels: { check: name }, value: Number(ok) })),
  },
  {
    name: "hearsay_cycles_total",
    kind: "counter",
    help: "cycles since the peer first ran",
    read: ({ status }) => status.cycle,
  },
  {
    name: "hearsay_trainings_total",
    kind: "counter",
    help: "trainings since the start, by what became of them",
    labels: { result: ["kept", "diverged"] },
    read: ({ status: { counters }, tallies }) => by("result", { kept: tallies.trainings, diverged: counters.diverged }),
  },
  {
    name: "hearsay_trainer_failures",
    kind: "gauge",
    help: "trainings in a row that failed because a trainer of the owner's crashed, hung or answered nonsense",
    read: ({ status }) => status.trainingFault?.failures ?? 0,
  },
  {
    name: "hearsay_paused",
    kind: "gauge",
    help: "1 where the owner's settings or the machine stop it now (saving.trainOn, saving.pullOn, quiet hours), else 0; told where there are such settings",
    labels: { stops: STOPS },
    read: ({ status: { pauses } }) =>
      pauses &&
      by("stops", Object.fromEntries(STOPS.map((what) => [what, Number(pauses.some(({ stops }) => stops === what))]))),
  },
  {
    name: "hearsay_training_duration_seconds",
    kind: "histogram",
    help: "how long trainings took",
    buckets: TRAINING_SECONDS,
    of: "training",
  },
  {
    name: "hearsay_training_loss",
    kind: "gauge",
    help: "mean loss of the last training, on the own rows",
    read: ({ tallies }) => tallies.loss,
  },
  {
    name: "hearsay_last_training_timestamp_seconds",
    kind: "gauge",
    help: "when the last training ended, by the clock of the peer's machine",
    read: ({ tallies: { trainedAtMs } }) => trainedAtMs && trainedAtMs / 1000,
  },
  {
    name: "hearsay_last_merge_timestamp_seconds",
    kind: "gauge",
    help: "when the last merge was made, by the clock of the peer's machine",
    read: ({ tallies: { mergedAtMs } }) => mergedAtMs && mergedAtMs / 1000,
  },
  {
    name: "hearsay_age_steps",
    kind: "gauge",
    help: "age of the model: training steps that are in it",
    read: ({ status }) => status.age,
  },
  {
    name: "hearsay_merges_total",
    kind: "counter",
    help: "merges since the start",
    read: ({ status }) => status.counters.merges,
  },
  {
    name: "hearsay_cycles_alone_total",
    kind: "counter",
    help: "cycles since the start that ended without a merge",
    read: ({ tallies }) => tallies.alone,
  },
  {
    name: "hearsay_merged_models_total",
    kind: "counter",
    help: "models of other peers that were at hand for a merge, by what became of them",
    labels: { status: PARENT_STATUSES },
    read: ({ status: { counters } }) =>
      by("status", Object.fromEntries(PARENT_STATUSES.map((status) => [status, counters[status]]))),
  },
  {
    name: "hearsay_merged_staleness_cycles",
    kind: "histogram",
    help: "staleness of the models in merges, in own cycles",
    buckets: STALENESS_CYCLES,
    of: "staleness",
  },
  {
    name: "hearsay_fresh_models",
    kind: "gauge",
    help: "models of others that wait for the next merge",
    read: ({ status }) => status.fresh,
  },
  {
    name: "hearsay_draws_total",
    kind: "counter",
    help: "with --select: draws of whose model is pulled, since the start, by how they were made",
    labels: { how: ["preferred", "random"] },
    read: ({ status: { selection } }) =>
      selection && by("how", { preferred: selection.preferred, random: selection.atRandom }),
  },
  {
    name: "hearsay_quorum_models",
    kind: "gauge",
    help: "models of others that a merge needs, by the task",
    read: ({ status }) => status.quorum,
  },
  {
    name: "hearsay_published_models_total",
    kind: "counter",
    help: "own models that were published since the start",
    read: ({ status }) => status.counters.published,
  },
  {
    name: "hearsay_holdout",
    kind: "gauge",
    help: "the serving model on the own hold-out; measured in a tenth of the engine's time at most",
    labels: { figure: ["loss", ...METRICS.keys()] },
    read: ({ status: { holdout } }) =>
      holdout === null
        ? undefined
        : by("figure", {
            loss: holdout.loss,
            ...Object.fromEntries([...METRICS.keys()].map((name) => [name, holdout[name]])),
          }),
  },
  {
    name: "hearsay_stream_rows_total",
    kind: "counter",
    help: "with --follow: rows that came since the start, by what became of them",
    labels: { result: ["taken", "bad", "late", "ahead", "duplicate", "gaps"] },
    read: ({ status: { stream } }) => {
      if (stream === undefined) return undefined;
      const { alarms: _, ...rows } = stream.rows;
      return by("result", rows);
    },
  },
  {
    name: "hearsay_stream_window_rows",
    kind: "gauge",
    help: "with --follow: rows that are learned from, and that are held out",
    labels: { part: ["train", "holdout"] },
    read: ({ status: { stream } }) => stream && by("part", { train: stream.window, holdout: stream.holdout }),
  },
  {
    name: "hearsay_prequential",
    kind: "gauge",
    help: "with --follow: how the model does on rows that it has not learned yet, newer ones counting more",
    labels: { figure: ["accuracy", "rmse"] },
    read: ({ status: { stream } }) =>
      stream && by("figure", { [stream.prequential.name]: stream.prequential.value ?? undefined }),
  },
  {
    name: "hearsay_drift_alarms_total",
    kind: "counter",
    help: "with --follow: alarms since the start that the model has become worse on what comes",
    read: ({ status: { stream } }) => stream?.rows.alarms,
  },
  {
    name: "hearsay_holdout_examples",
    kind: "gauge",
    help: "rows of the hold-out",
    read: ({ status }) => status.holdout?.numExamples,
  },
];
