/** Vertical learning under policies: refused where there is one that does not allow it, since no other field can hold it. */
import { HearsayError } from "../../protocol/base/errors.ts";
import { loadPolicies } from "./load-policy.ts";

/** @throws HearsayError ERR_POLICY */
export async function refuseVertical(stateDir: string): Promise<void> {
  const policies = await loadPolicies({ stateDir, environment: process.env });
  const against = policies.find(({ policy }) => !policy.vertical);
  if (against === undefined) return;
  const message = `${against.file}: vertical is false, where it says nothing too: vertical learning is not allowed; have it set to true where it is`;
  throw new HearsayError("ERR_POLICY", message, { file: against.file, field: "vertical" });
}
