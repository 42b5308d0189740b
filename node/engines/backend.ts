/**
 * Which TensorFlow.js runs: the native addon (`@tensorflow/tfjs-node`, an optional dependency), else WebAssembly, else
 * plain JavaScript with a warning. tfjs is loaded here and nowhere else, and only when an engine asks for it.
 */
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { HearsayError } from "../../protocol/base/errors.ts";
import { ampleWasmPages, withModestWasm } from "../little-memory.ts";
import type { BackendName } from "./backend-name.ts";
import type { Tf } from "./tf.ts";
import { registerWasmKernels } from "./wasm-kernels.ts";

export interface Backend {
  readonly tf: Tf;
  readonly name: BackendName;
  /** For the log: why training will be slow. */
  readonly warning?: string;
}

/** Names under which tfjs registers the backends. */
const TFJS_NAMES: Readonly<Record<BackendName, string>> = { node: "tensorflow", wasm: "wasm", cpu: "cpu" };

/**
 * Gradients that tfjs-backend-cpu 4.22 gets wrong, taken away so that a model with them is refused: of average pooling
 * where a window reaches into the padding, of nearest-neighbour upsampling in every example of a batch but the first.
 */
const WRONG_ON_CPU = ["AvgPoolGrad", "AvgPool3DGrad", "ResizeNearestNeighborGrad"];

const requireHere = createRequire(import.meta.url);
const loading = new Map<BackendName, Promise<Tf>>();

/**
 * The best backend that works here, or the one that is `wanted`. Each is loaded once per process.
 * @throws HearsayError ERR_ENGINE where the wanted backend does not load.
 */
export async function selectBackend(wanted?: BackendName): Promise<Backend> {
  const failures: string[] = [];
  for (const name of wanted === undefined ? (["node", "wasm", "cpu"] as const) : [wanted]) {
    try {
      const tf = await load(name);
      if (name !== "cpu" || wanted === "cpu") return { tf, name };
      const why = failures.join("; ");
      return { tf, name, warning: `training runs in plain JavaScript, 5 to 50 times slower than it could: ${why}` };
    } catch (error) {
      // npm leaves tfjs-node without its binary where the download fails, and then any error can come out of its import
      failures.push(`${name}: ${error instanceof Error ? error.message.split("\n", 1)[0] : String(error)}`);
    }
  }
  throw new HearsayError(
    "ERR_ENGINE",
    `TensorFlow.js does not load (${failures.join("; ")}); ${
      wanted === "node" ? "install @tensorflow/tfjs-node, or leave the backend to choice" : "reinstall the package"
    }`,
    { failures },
  );
}

/**
 * Makes the backend the current one; at once, for one that `selectBackend` returned. Call it before each computation.
 */
export function useBackend({ tf, name }: Backend): void {
  if (tf.getBackend() !== TFJS_NAMES[name]) void tf.setBackend(TFJS_NAMES[name]);
}

function load(name: BackendName): Promise<Tf> {
  let tf = loading.get(name);
  if (tf === undefined) {
    tf = { node: loadNode, wasm: loadWasm, cpu: loadCpu }[name]();
    loading.set(name, tf);
  }
  return tf;
}

async function loadNode(): Promise<Tf> {
  // tfjs-node calls both; the first is gone since Node 23, the second warns
  Object.assign(requireHere("node:util") as object, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2"; // errors only: TensorFlow greets on stderr
  const tf = requireHere("@tensorflow/tfjs-node") as Tf;
  return await start(tf, "node");
}

/** The parts of tfjs that train: the package `@tensorflow/tfjs` has them too, with 200 MB of others. */
function requireTfjs(): Tf {
  // It registers itself.
  void (requireHere("@tensorflow/tfjs-backend-cpu") as typeof import("@tensorflow/tfjs-backend-cpu"));
  return { ...requireHere("@tensorflow/tfjs-core"), ...requireHere("@tensorflow/tfjs-layers") };
}

/** Its memory may have 4 GiB, and would take as many addresses, or all that there are. */
function loadWasm(): Promise<Tf> {
  return withModestWasm(loadWasmFreely, ampleWasmPages());
}

async function loadWasmFreely(): Promise<Tf> {
  const tf = requireTfjs();
  const wasm = requireHere("@tensorflow/tfjs-backend-wasm") as typeof import("@tensorflow/tfjs-backend-wasm");
  wasm.setWasmPaths(dirname(requireHere.resolve("@tensorflow/tfjs-backend-wasm")) + sep);
  registerWasmKernels(tf);
  return await start(tf, "wasm");
}

async function loadCpu(): Promise<Tf> {
  const tf = requireTfjs();
  for (const kernel of WRONG_ON_CPU) tf.unregisterKernel(kernel, "cpu");
  return await start(tf, "cpu");
}

async function start(tf: Tf, name: BackendName): Promise<Tf> {
  tf.enableProdMode(); // no advertisement on stderr, no checks for NaN after every operation
  if (!(await tf.setBackend(TFJS_NAMES[name]))) throw new Error(`backend ${TFJS_NAMES[name]} does not start`);
  return tf;
}
