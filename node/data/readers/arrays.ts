/** Reader `arrays`: a pair of .npy files, or two tensors of a safetensors file. */
import type { DataReader } from "./reader.ts";

export const arrays: DataReader = {
  name: "arrays",
  endings: [".npy", ".safetensors"],
  namesColumns: false,
  load: () => import("./read-arrays.ts"),
};
