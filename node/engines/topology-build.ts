/** tfjs builds a model from JSON; within bounds, and with the layer's name in what goes wrong. */
import { LIMITS } from "../../protocol/base/limits.ts";
import type { ModelJson } from "./keras.ts";
import type { LayersModel, Tf } from "./tf.ts";
import { topologyFault } from "./topology-fault.ts";

/** The parts of tfjs that are watched while a model is built. */
interface WatchedLayer {
  readonly name: string;
  getClassName(): string;
  apply(...args: unknown[]): unknown;
  addWeight(
    name: string,
    shape: number[],
    dtype: string | undefined,
    initialiser: unknown,
    ...rest: unknown[]
  ): unknown;
}

type Build = (cls: unknown, config: { readonly name?: unknown }, ...rest: unknown[]) => unknown;

/** @throws HearsayError ERR_TASK */
export async function buildModel(tf: Tf, json: ModelJson): Promise<LayersModel> {
  const at: { layer: string | undefined } = { layer: undefined };
  try {
    return await watched(tf, at, () => {
      const topology = { modelTopology: json } as unknown as Parameters<Tf["models"]["modelFromJSON"]>[0];
      return tf.models.modelFromJSON(topology);
    });
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split("\n", 1)[0] ?? "").slice(0, 300) : String(cause);
    const where = at.layer === undefined ? "" : ` at layer ${at.layer}`;
    throw topologyFault(
      `tfjs cannot build the model${where} (${reason}); change that layer, and use only layers that tfjs knows`,
      cause,
    );
  }
}

/** Runs `build`, which makes all layers before it first waits. */
function watched<T>(tf: Tf, at: { layer: string | undefined }, build: () => T): T {
  const restore = [startAtZero(tf), nameLayers(tf, at)];
  try {
    return build();
  } finally {
    for (const undo of restore) undo();
  }
}

/**
 * Weights start at 0 and have a bound in all: they are overwritten anyway, while the topology's own initialisers take
 * minutes over an orthogonal matrix, and hours over one that a manifest made gigantic.
 */
function startAtZero(tf: Tf): () => void {
  const layer = tf.layers.Layer.prototype as unknown as WatchedLayer;
  const { addWeight } = layer;
  let total = 0;
  layer.addWeight = function (name, shape, dtype, _initialiser, regulariser, trainable, constraint) {
    total += shape.reduce((product, n) => product * n, 1);
    if (!(4 * total <= LIMITS.maxModelBytes))
      throw new RangeError(`it has more than ${LIMITS.maxModelBytes} bytes of weights`);
    return addWeight.call(this, name, shape, dtype, tf.initializers.zeros(), regulariser, trainable, constraint);
  };
  return () => {
    layer.addWeight = addWeight;
  };
}

/** Keeps in `at` the layer that is being made, or called. */
function nameLayers(tf: Tf, at: { layer: string | undefined }): () => void {
  const layer = tf.layers.Layer.prototype as unknown as WatchedLayer;
  const { apply } = layer;
  layer.apply = function (...args) {
    at.layer = `${JSON.stringify(this.name)} (${this.getClassName()})`;
    return apply.apply(this, args);
  };
  const map = tf.serialization.SerializationMap.getMap().classNameMap as unknown as Record<string, [unknown, Build]>;
  const before = { ...map };
  for (const [kind, [cls, build]] of Object.entries(before)) {
    if (!((cls as { prototype: unknown }).prototype instanceof tf.layers.Layer)) continue;
    map[kind] = [
      cls,
      (made, config, ...rest) => {
        at.layer = `${JSON.stringify(config.name ?? kind)} (${kind})`;
        return build(made, config, ...rest);
      },
    ];
  }
  return () => {
    layer.apply = apply;
    Object.assign(map, before);
  };
}
