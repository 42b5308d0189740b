/**
 * A scenario: everything that an experiment depends on, as one checked document. Same scenario and seed, same bytes of report.
 *
 * People write YAML; fields that are left out have the defaults below. Times are virtual seconds. The hash of the complete scenario
 * without its seed names the experiment in every output, so that repetitions under other seeds belong together.
 */
import type * as z from "zod";
import { toHex } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import { type Fault, faultsOf } from "../../protocol/base/faults.ts";
import type { Crypto } from "../../protocol/base/seams.ts";
import { parsePartition } from "../../protocol/learn/data/partition.ts";
import { METRICS } from "../../protocol/learn/metrics/registry.ts";
import { parseWindow } from "../../protocol/learn/stream/windows/registry.ts";
import { encodeCanonical } from "../../protocol/wire/canonical.ts";
import { ALGORITHMS } from "../algorithms/registry.ts";
import { ATTACKS } from "../attacks/registry.ts";
import { membershipOptions } from "../network/topologies/membership.ts";
import { TOPOLOGIES } from "../network/topologies/registry.ts";
import { scenarioSchema } from "../seams/scenario-schema.ts";
import type { Choice, Scenario } from "../seams/scenario-type.ts";

export type { Scenario } from "../seams/scenario-type.ts";

type Draft = z.output<typeof scenarioSchema>;

/**
 * Checks a scenario as people write it, and fills in defaults.
 * @throws HearsayError ERR_CONFIG with every fault at once in `details.faults`.
 */
export function parseScenario(source: unknown): Scenario {
  const parsed = scenarioSchema.safeParse(source);
  if (!parsed.success) throw scenarioError(faultsOf(parsed.error, source, scenarioSchema));
  const draft = parsed.data;
  const faults: Fault[] = [];
  const algorithm = checkChoice("algorithm", draft.algorithm, ALGORITHMS, faults);
  const attack = draft.attack && checkChoice("attack", draft.attack, ATTACKS, faults, ["share"]);
  const topology = checkChoice("network.topology", draft.network.topology, TOPOLOGIES, faults);
  try {
    parsePartition(draft.partition);
  } catch (error) {
    faults.push({ path: "partition", message: (error as Error).message });
  }
  try {
    if (draft.stream !== undefined) parseWindow(draft.stream.window);
  } catch (error) {
    faults.push({ path: "stream.window", message: (error as Error).message });
  }
  if (draft.attack !== undefined && Math.round(draft.attack.share * draft.peers) === draft.peers)
    faults.push({
      path: "attack.share",
      message: `${draft.attack.share} of ${draft.peers} peers leaves no honest one to measure: lower it`,
    });
  for (const [i, name] of (draft.metrics.also ?? []).entries())
    if (!METRICS.has(name))
      faults.push({
        path: `metrics.also.${i}`,
        message: `"${name}" is unknown; one of ${[...METRICS.keys()].join(", ")}`,
      });
  faults.push(...membershipFaults(draft, topology), ...identityFaults(draft, topology));
  const restarts = RESTARTING.includes(draft.churn.kind);
  if (restarts && draft.logs === "heads")
    faults.push({
      path: "logs",
      message: "heads are not enough for peers that restart (churn): leave it out, or keep",
    });
  if (faults.length > 0) throw scenarioError(faults);
  const network = { ...draft.network, topology };
  return { ...draft, algorithm, network, logs: draft.logs ?? (restarts ? "keep" : "heads"), ...(attack && { attack }) };
}

/** Hexadecimal SHA-256 of the scenario without its seed. Of plugins the content counts, and not where they lie. */
export function scenarioHash({ seed: _, ...scenario }: Scenario, crypto: Pick<Crypto, "sha256">): string {
  const { plugins } = scenario;
  const experiment = { ...scenario, ...(plugins && { plugins: plugins.map(({ file, sha256 = file }) => sha256) }) };
  return toHex(crypto.sha256(encodeCanonical(JSON.parse(JSON.stringify(experiment)))));
}

/** What a topology that peers make by themselves does not go with. */
function membershipFaults({ algorithm, attack, churn, peers }: Draft, topology: Choice): Fault[] {
  const options = membershipOptions(topology);
  if (options === undefined) return [];
  const path = "network.topology.kind";
  const remedy = "choose another topology";
  const faults: Fault[] = [];
  if (algorithm.kind !== "hearsay")
    faults.push({
      path,
      message: `membership is what peers of hearsay do, and ${algorithm.kind} has links only: ${remedy}`,
    });
  if (attack !== undefined && ATTACKS.get(attack.kind)?.rewire !== undefined)
    faults.push({ path, message: `${attack.kind} arranges links, and with membership peers open theirs: ${remedy}` });
  if (CONTACTS.includes(churn.kind))
    faults.push({ path, message: `churn ${churn.kind} says who is connected to whom: leave the topology out` });
  if (options.bootstrap >= peers)
    faults.push({
      path: "network.topology.bootstrap",
      message: `all of ${peers} peers would be known from the start: lower it (given: ${options.bootstrap})`,
    });
  return faults;
}

/** Identities beside those of the devices are in no list of links. */
function identityFaults({ attack }: Draft, topology: Choice): Fault[] {
  if (!TOPOLOGIES.get(topology.kind)?.ofDevicesOnly || attack === undefined) return [];
  if (ATTACKS.get(attack.kind)?.identities === undefined) return [];
  const message = `${attack.kind} makes further identities, which a list of links does not have: choose another topology`;
  return [{ path: "network.topology.kind", message }];
}

/** Kinds of churn in which links are encounters. */
const CONTACTS: readonly string[] = ["encounters", "vehicles"];

/** Kinds of churn in which peers go and come back. */
const RESTARTING: readonly string[] = ["exponential", "trace"];

/** The path of a fault that concerns the whole (`faultsOf`). */
const TOP = "(top)";

interface Registered {
  readonly options: z.ZodType;
}

/** The choice with its complete options; `common` are options of every entry, checked already. */
function checkChoice<T extends Choice>(
  path: string,
  choice: T,
  registry: ReadonlyMap<string, Registered>,
  faults: Fault[],
  common: readonly string[] = [],
): T {
  const known = registry.get(choice.kind);
  if (known === undefined) {
    faults.push({
      path: `${path}.kind`,
      message: `"${choice.kind}" is unknown; one of ${[...registry.keys()].join(", ")}`,
    });
    return choice;
  }
  const keep = Object.fromEntries(Object.entries(choice).filter(([key]) => key === "kind" || common.includes(key)));
  const own = Object.fromEntries(Object.entries(choice).filter(([key]) => !(key in keep)));
  const parsed = known.options.safeParse(own);
  if (parsed.success) return { ...keep, ...(parsed.data as object) } as T;
  for (const { path: at, message } of faultsOf(parsed.error, own, known.options))
    faults.push({ path: at === TOP ? path : `${path}.${at}`, message });
  return choice;
}

function scenarioError(faults: readonly Fault[]): HearsayError {
  const list = faults.map(({ path, message }) => `  ${path}: ${message}`).join("\n");
  return new HearsayError("ERR_CONFIG", `the scenario has ${faults.length} fault(s):\n${list}`, { faults });
}
