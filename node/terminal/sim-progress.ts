/** How far a simulation is and how long it will take: a bar on a terminal, a line every ten seconds elsewhere; on standard error. */
import { Presets, SingleBar } from "cli-progress";
import { onErrors } from "./colours.ts";
import { drawing } from "./terminal.ts";

export interface SimProgressBar {
  /** `share` of the whole, 0 to 1; `note` stands beside it, such as "12 of 40 runs". */
  update(share: number, note: string): void;
  /** A line above the bar. */
  say(message: string): void;
  /** Takes the bar off the screen. */
  stop(): void;
}

const LINE_EVERY_MS = 10_000;
const STEPS = 1000;
/** Before this share of the work is done, nobody can say how long the rest takes. */
const LEAST_SHARE = 0.01;

export function createProgress(title: string): SimProgressBar {
  const out = drawing;
  const startedMs = performance.now();
  let share = 0;
  let note = "";

  const left = () => {
    if (share < LEAST_SHARE) return "";
    return `${duration(((performance.now() - startedMs) / 1000) * (1 / share - 1))} left`;
  };

  if (!out.isTTY) {
    const line = () =>
      out.write(`${[`${title}: ${Math.floor(100 * share)} %`, note, left()].filter(Boolean).join(", ")}\n`);
    const timer = setInterval(line, LINE_EVERY_MS).unref();
    return {
      update: (nextShare, nextNote) => {
        [share, note] = [nextShare, nextNote];
      },
      say: (message) => void out.write(`${message}\n`),
      stop: () => clearInterval(timer),
    };
  }

  const bar = new SingleBar(
    {
      format: `${title} ${onErrors.cyan("{bar}")} {percentage} %  {note}  ${onErrors.dim("{left}")}`,
      stream: out,
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false, // signals are the command's affair
    },
    Presets.shades_classic,
  );
  bar.start(STEPS, 0, { note, left: "" });
  const timer = setInterval(() => bar.update({ left: left() }), 1000).unref();
  return {
    update(nextShare, nextNote) {
      [share, note] = [nextShare, nextNote];
      bar.update(Math.floor(STEPS * share), { note, left: left() });
    },
    say: (message) => void out.write(`\r\x1b[K${message}\n`),
    stop() {
      clearInterval(timer);
      bar.stop();
    },
  };
}

/** `2 h 5 min`, `3 min 20 s`, `8 s`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
