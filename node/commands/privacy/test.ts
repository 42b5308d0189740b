/** `hearsay privacy test`: what the peer's own models give away of the rows that they were trained on. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Shadow } from "../../../protocol/privacy/inference/attack.ts";
import { measureAttacks } from "../../../protocol/privacy/inference/measure.ts";
import { ATTACKS } from "../../../protocol/privacy/inference/registry.ts";
import { loadConfig } from "../../config.ts";
import { configPath, findTask } from "../../disk/state-dir.ts";
import { engineFor } from "../../engines/registry.ts";
import { openSite, type SiteOptions } from "../../policy/site.ts";
import { settingsOf } from "../../settings/flags.ts";
import { onErrors } from "../../terminal/colours.ts";
import { EXIT_INVALID } from "../../terminal/fail.ts";
import { createProgress } from "../../terminal/sim-progress.ts";
import { tell } from "../../terminal/terminal.ts";
import { loadExamples } from "./examples.ts";
import { promisedOf } from "./promised.ts";
import { type Exposure, type Exposures, exposuresOf, modelInFile } from "./released.ts";
import { createWorkshop, observeModels, trainShadows, type Workshop } from "./shadows.ts";
import { type DEFAULTS, type Effort, effortOf } from "./test-options.ts";
import { isBroken, printReport, type Tested } from "./test-report.ts";

type PrivacyTestOptions = Readonly<Record<keyof typeof DEFAULTS, string>> &
  SiteOptions & {
    readonly model?: string;
    readonly task?: string;
    readonly outsiders?: string;
    readonly json?: boolean;
  };

/** With fewer shadows that know a row, or do not, nothing is said of how such models differ. */
const FEWEST_OF_A_KIND = 2;

export async function run(options: PrivacyTestOptions): Promise<void> {
  const effort = effortOf(options);
  const { task, taskId } = await findTask(options.state, options.task);
  if (task.start !== undefined)
    throw new HearsayError(
      "ERR_CONFIG",
      "the task begins with given parameters, and the models to compare with would begin elsewhere: that is not there yet",
    );
  const config = await loadConfig(configPath(options.state), process.env, settingsOf(options));
  const { data } = config;
  const examples = await (await openSite(options)).read({ task, taskId, data, what: "look" }, () =>
    loadExamples(data, task, { outsiders: options.outsiders, seed: effort.seed }),
  );
  const warn = (message: string) => tell(`${onErrors.yellow("note:")} ${message}\n`);
  for (const warning of examples.warnings) warn(warning);
  const { exposures, missing }: Exposures =
    options.model === undefined
      ? await exposuresOf(options.state, task)
      : { exposures: [await modelInFile(options.model, task)] };
  if (missing !== undefined) warn(missing);
  const trainers = await engineFor(config.engine, task).createTrainers(task);
  try {
    const tested = await testAll(createWorkshop(task, examples, trainers), exposures, effort);
    for (const note of notesOn(tested, effort)) warn(note);
    const promised = await promisedOf(options.model === undefined ? options.state : undefined, task);
    printReport({ task, seed: effort.seed, examples, tested, promised }, options.json === true);
    if (isBroken(tested, promised)) process.exitCode = EXIT_INVALID;
  } finally {
    trainers.close();
  }
}

async function testAll(workshop: Workshop, exposures: readonly Exposure[], effort: Effort): Promise<Tested[]> {
  const startedMs = performance.now();
  const bar = createProgress("shadow models");
  const tested: Tested[] = [];
  try {
    for (const [i, exposure] of exposures.entries()) {
      const endsMs = startedMs + (effort.maxMs * (i + 1)) / exposures.length;
      const name = nameOf(exposure);
      const shadows = await trainShadows(workshop, exposure, effort, (done) => {
        const share = (i + done / effort.shadows) / exposures.length;
        bar.update(share, `${name}: ${Math.floor(done)} of ${effort.shadows}`);
        return performance.now() < endsMs;
      });
      const usable = canCompare(shadows) ? shadows : [];
      const target = await observeModels(
        workshop,
        exposure.sights.map(({ params }) => params),
      );
      const findings = measureAttacks(target, usable, workshop.examples.scored);
      tested.push({ exposure, shadows: shadows.length, findings });
    }
  } finally {
    bar.stop();
  }
  return tested;
}

/** Whether some shadows know each row, and some do not. */
function canCompare(shadows: readonly Shadow[]): boolean {
  const rows = shadows[0]?.trainedOn.length ?? 0;
  const known = Array.from({ length: rows }, (_, row) =>
    shadows.reduce((sum, { trainedOn }) => sum + (trainedOn[row] as number), 0),
  );
  return rows > 0 && known.every((n) => Math.min(n, shadows.length - n) >= FEWEST_OF_A_KIND);
}

function notesOn(tested: readonly Tested[], { shadows: wanted, maxSteps }: Effort): string[] {
  return tested.flatMap(({ exposure, shadows, findings }) => {
    const steps = Math.max(...exposure.sights.map((sight) => sight.steps));
    const name = nameOf(exposure);
    return [
      ...(shadows < wanted ? [`${name}: ${shadows} of ${wanted} shadows were trained in the time of --minutes`] : []),
      ...(findings.length < ATTACKS.size
        ? [`${name}: without likelihood-ratio, which needs more shadows: give more --minutes, or fewer --steps`]
        : []),
      ...(steps > maxSteps && Number.isFinite(steps)
        ? [`${name}: shadows took ${maxSteps} steps (--steps), the model ${steps}: they resemble it less`]
        : []),
    ];
  });
}

function nameOf({ model, seen }: Exposure): string {
  return `${model}, ${seen}`;
}
