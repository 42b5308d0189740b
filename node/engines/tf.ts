/** The types of TensorFlow.js that the engine names. Types only: `backend.ts` alone loads it. */
import type * as core from "@tensorflow/tfjs-core";
import type * as layers from "@tensorflow/tfjs-layers";

/** What is used of tfjs-node, or of the two packages of tfjs that hold it. */
export type Tf = typeof core & typeof layers;
export type Tensor = core.Tensor;
export type TensorInfo = core.TensorInfo;
export type Variable = core.Variable;
export type LayersModel = layers.LayersModel;
export type LayerVariable = layers.LayerVariable;
