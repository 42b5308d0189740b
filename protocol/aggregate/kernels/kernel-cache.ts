import { putNewest } from "../../base/bounded.ts";

/** Kernels that were emitted, by what they were emitted for; of more than `limit` the one that was not asked for longest goes. */
export function kernelCache<Kernel>(limit: number): (key: string, make: () => Kernel) => Kernel {
  const kept = new Map<string, Kernel>();
  return (key, make) => {
    const kernel = kept.get(key) ?? make();
    putNewest(kept, key, kernel, limit);
    return kernel;
  };
}
