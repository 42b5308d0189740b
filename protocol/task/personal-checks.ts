/** What is wrong with the `personal` of a manifest whose fields are right each by itself. */
import type { Fault } from "../base/faults.ts";
import { isNamed, staying } from "../base/shared-tensors.ts";
import type { PersonalTerms, TaskDraft, TensorSpec } from "../base/task.ts";
import type { PersonalMethod } from "../learn/personal/method.ts";
import { PERSONAL_METHODS } from "../learn/personal/registry.ts";

interface Completed {
  readonly personal?: PersonalTerms;
  readonly faults: readonly Fault[];
}

/** The personal part of a task with the settings of its method filled in. */
export function completePersonal(draft: TaskDraft, tensors: readonly TensorSpec[]): Completed {
  const { personal: given } = draft;
  if (given === undefined) return { faults: [] };
  const method = PERSONAL_METHODS.get(given.method);
  if (method === undefined) {
    const message = `"${given.method}" is unknown; one of ${[...PERSONAL_METHODS.keys()].join(", ")}`;
    return { faults: [{ path: "personal.method", message }] };
  }
  const { lambda = method.lambda } = given;
  const stays = given.tensors ?? method.staysByDefault?.(tensors) ?? [];
  const personal = { method: method.name, tensors: stays, ...(lambda !== undefined && { lambda }) };
  const { model, input, output, privacy, seed, training } = draft;
  const faults = [
    ...method.faults({ model, input, output, privacy, seed, training, tensors }),
    ...settingFaults(method, given),
    ...tensorFaults(personal, tensors),
    ...combinationFaults(draft),
  ];
  return { personal, faults };
}

function settingFaults(method: PersonalMethod, { tensors, lambda }: NonNullable<TaskDraft["personal"]>): Fault[] {
  const faults: Fault[] = [];
  if (tensors !== undefined && tensors.length > 0 && method.staysByDefault === undefined)
    faults.push({ path: "personal.tensors", message: `${method.name} shares all tensors; leave it out` });
  if (lambda !== undefined && method.lambda === undefined)
    faults.push({ path: "personal.lambda", message: `is of ditto, not of ${method.name}; leave it out` });
  return faults;
}

/** Each pattern must name a tensor, and one must be left to share. */
function tensorFaults({ method, tensors: patterns }: PersonalTerms, tensors: readonly TensorSpec[]): Fault[] {
  const names = tensors.map(([name]) => name);
  const byDefault = PERSONAL_METHODS.get(method)?.staysByDefault?.(tensors) ?? []; // not all of them are in every model
  const faults = patterns.flatMap((pattern, i): Fault[] => {
    if (byDefault.includes(pattern) || names.some((name) => isNamed(name, [pattern]))) return [];
    const some = names.slice(0, 6).join(", ");
    return [{ path: `personal.tensors[${i}]`, message: `"${pattern}" fits no tensor; there are ${some}` }];
  });
  if (tensors.length > 0 && staying({ tensors, personal: { method, tensors: [...patterns] } }).every(Boolean))
    faults.push({
      path: "personal.tensors",
      message:
        "fits every tensor, and nothing is left to share; a model of one layer has no other than its last: take ditto, or another model",
    });
  return faults;
}

/** Parts of a task that mean one whole model for all. */
function combinationFaults({ start, releases }: TaskDraft): Fault[] {
  const faults: Fault[] = [];
  if (start !== undefined)
    faults.push({
      path: "personal",
      message:
        "with start: given parameters are those of a whole model, and logs name what is shared; leave personal out, and let each site train its model on with hearsay personalise, or leave start out",
    });
  if (releases !== undefined)
    faults.push({
      path: "personal",
      message:
        "with releases: a release is one model for all sites, and no site of this task has such a model; leave personal out, and let each site train a release on with hearsay personalise --model FILE, or leave releases out",
    });
  return faults;
}
