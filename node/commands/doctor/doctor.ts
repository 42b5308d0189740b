/** `hearsay doctor`: what is well, what may hurt, and what keeps a peer from working, each with a remedy. */
import type { Level } from "../../doctor/doctor-check.ts";
import { DOCTOR_CHECKS, QUICK_CHECKS } from "../../doctor/registry.ts";
import { type Diagnosis, diagnose, worstOf } from "../../doctor/run.ts";
import { look } from "../../doctor/surroundings.ts";
import { settingsOf } from "../../settings/flags.ts";
import { onOutput } from "../../terminal/colours.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

interface DoctorOptions {
  readonly state: string;
  readonly task?: string;
  readonly config?: string;
  readonly quick?: boolean;
  readonly json?: boolean;
}

const EXIT_FAILED = 1;
const LAST_WORDS_MS = 500;
const LINES_ALIGN = 11;

export async function run(options: DoctorOptions): Promise<void> {
  const around = await look({
    stateDir: options.state,
    configFile: options.config,
    taskFile: options.task,
    flags: settingsOf(options),
    environment: process.env,
  });
  const findings = await diagnose(around, options.quick ? QUICK_CHECKS : DOCTOR_CHECKS);
  const worst = worstOf(findings);
  if (options.json) printJson({ level: worst, isRunning: around.running !== undefined, findings });
  else print(`${findings.map(lineOf).join("\n")}\n`);
  if (worst === "failure") process.exitCode = EXIT_FAILED;
  setTimeout(() => process.exit(), LAST_WORDS_MS).unref(); // what was given up may hang for ever
}

const COLOURS: Readonly<Record<Level, (text: string) => string>> = {
  ok: onOutput.green,
  warning: onOutput.yellow,
  failure: onOutput.red,
};

function lineOf({ check, level, what, remedy }: Diagnosis): string {
  const head = `${COLOURS[level](level.padEnd("warning".length))}  ${check.padEnd(LINES_ALIGN)}${what}`;
  return remedy === undefined ? head : `${head}\n${" ".repeat("warning".length + 2 + LINES_ALIGN)}-> ${remedy}`;
}
