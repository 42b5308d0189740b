/** Metrics of the process and its machine. Those that every program has bear the names that boards expect. */
import { LAG_QUANTILES, STATE_PARTS } from "./machine.ts";
import { by, type Metric } from "./metric.ts";

export const MACHINE: readonly Metric[] = [
  {
    name: "hearsay_state_bytes",
    kind: "gauge",
    help: "files of the state directory; counted once a minute",
    labels: { part: STATE_PARTS },
    read: ({ machine }) => by("part", machine.stateBytes),
  },
  {
    name: "hearsay_disk_free_bytes",
    kind: "gauge",
    help: "room on the disk of the state directory",
    read: ({ machine }) => machine.disk.freeBytes,
  },
  {
    name: "hearsay_archive_files",
    kind: "gauge",
    help: "bodies that are kept for audits",
    read: ({ status }) => status.archive?.files,
  },
  {
    name: "hearsay_archive_skipped_total",
    kind: "counter",
    help: "merges and bodies since the start that were not kept for audits: more than the budget, or the disk too slow",
    read: ({ status }) => status.archive?.skipped,
  },
  {
    name: "hearsay_event_loop_lag_seconds",
    kind: "gauge",
    help: "how late the event loop came to its timers within the last minute or more",
    labels: { quantile: LAG_QUANTILES },
    read: ({ machine }) => by("quantile", machine.lagSeconds),
  },
  {
    name: "process_resident_memory_bytes",
    kind: "gauge",
    help: "resident memory, shared pages included",
    read: ({ machine }) => machine.residentBytes,
  },
  {
    name: "nodejs_heap_size_used_bytes",
    kind: "gauge",
    help: "V8 heap of the main thread that is in use",
    read: ({ machine }) => machine.heapBytes,
  },
  {
    name: "process_cpu_seconds_total",
    kind: "counter",
    help: "CPU time of all threads since the start",
    read: ({ machine }) => machine.cpuSeconds,
  },
  {
    name: "hearsay_cycle_cpu_seconds",
    kind: "gauge",
    help: "CPU time of all threads for a cycle, mean since the start",
    read: ({ status }) => status.effort.cpuSecondsPerCycle ?? undefined,
  },
  {
    name: "hearsay_cycle_joules",
    kind: "gauge",
    help: "the same times saving.watts: an estimate, told where that is set",
    read: ({ status }) => status.effort.joulesPerCycle ?? undefined,
  },
  {
    name: "hearsay_cycle_written_bytes",
    kind: "gauge",
    help: "what a cycle sends to the disk, mean since the start; on Linux",
    read: ({ status }) => status.effort.writtenBytesPerCycle ?? undefined,
  },
  {
    name: "hearsay_disk_written_bytes_total",
    kind: "counter",
    help: "what the process sent to the disk since its start, in whole pages; on Linux",
    read: ({ machine }) => machine.writtenBytes,
  },
  {
    name: "process_start_time_seconds",
    kind: "gauge",
    help: "when the process started, Unix time",
    read: ({ machine }) => machine.startedSeconds,
  },
  {
    name: "process_open_fds",
    kind: "gauge",
    help: "open files and sockets; on Linux",
    read: ({ machine }) => machine.openFiles,
  },
];
