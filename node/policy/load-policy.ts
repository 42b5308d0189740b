/**
 * The policies that bind a peer on this machine. All that are there hold at once, and none lifts what another one forbids: /etc/hearsay/policy.yaml,
 * that of the state directory, the one of HEARSAY_POLICY, and the one of --policy.
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { HearsayError } from "../../protocol/base/errors.ts";
import { faultLines, faultsOf } from "../../protocol/base/faults.ts";
import { parseTaskYaml } from "../task-yaml.ts";
import { type Policy, policySchema } from "./policy-schema.ts";

export interface LoadedPolicy {
  readonly file: string;
  readonly policy: Policy;
}

export interface PolicyPlaces {
  readonly stateDir: string;
  /** Of --policy. */
  readonly named?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** That of the machine; a test has one of its own. */
  readonly system?: string;
}

const SYSTEM_FILE = "/etc/hearsay/policy.yaml";
const POLICY_VARIABLE = "HEARSAY_POLICY";

/** The files, in the order in which they are read. */
export function policyFiles(stateDir: string, system: string = SYSTEM_FILE): string[] {
  return [system, join(stateDir, "policy.yaml")];
}

/** @throws HearsayError ERR_POLICY where a file is wrong, cannot be read, or is named and not there. */
export async function loadPolicies({ stateDir, named, environment, system }: PolicyPlaces): Promise<LoadedPolicy[]> {
  const asked = [environment[POLICY_VARIABLE], named].filter((file) => file !== undefined && file !== "") as string[];
  const known = policyFiles(stateDir, system).map((file) => readPolicy(file, false));
  const loaded = await Promise.all([...known, ...asked.map((file) => readPolicy(file, true))]);
  const found = loaded.filter((one) => one !== undefined);
  return [...new Map(found.map((one) => [resolve(one.file), one])).values()]; // one file under two names holds once
}

/** @throws HearsayError ERR_POLICY with every fault of it. */
export async function readPolicy(file: string, mustExist: true): Promise<LoadedPolicy>;
export async function readPolicy(file: string, mustExist: boolean): Promise<LoadedPolicy | undefined>;
export async function readPolicy(file: string, mustExist: boolean): Promise<LoadedPolicy | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (!mustExist && ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw refused(
      file,
      `the policy cannot be read: ${(error as Error).message}; mend that, since without it nothing runs`,
      error,
    );
  }
  let tree: unknown;
  try {
    tree = parseTaskYaml(text) ?? {};
  } catch (error) {
    throw refused(file, `the policy is not YAML: ${(error as Error).message}`, error);
  }
  const parsed = policySchema.safeParse(tree);
  if (parsed.success) return { file, policy: parsed.data };
  const faults = faultsOf(parsed.error, tree, policySchema);
  throw new HearsayError("ERR_POLICY", `${file}: the policy has ${faults.length} fault(s):\n${faultLines(faults)}`, {
    file,
    faults,
  });
}

function refused(file: string, message: string, cause: unknown): HearsayError {
  return new HearsayError("ERR_POLICY", `${file}: ${message}`, { file }, cause);
}
