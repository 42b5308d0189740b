/** What every codec asks of lengths before it looks at anything else. */
import { HearsayError } from "../base/errors.ts";

/** @throws RangeError for a vector of another length. */
export function requireParams({ length }: Float32Array, numParams: number): void {
  if (length !== numParams) throw new RangeError(`${length} parameters, the task has ${numParams}`);
}

/** @throws HearsayError ERR_MODEL_SIZE for a body of another length. */
export function requireBody({ length }: Uint8Array, bodyBytes: number): void {
  if (length !== bodyBytes)
    throw new HearsayError("ERR_MODEL_SIZE", `a body of ${length} bytes, the task's have ${bodyBytes}`);
}
