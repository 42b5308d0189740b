/** The types of TensorFlow.js that the engine names. Types only: `backend.ts` alone loads it. */
import type * as tfjs from "@tensorflow/tfjs";

/** The module, of tfjs or tfjs-node alike. */
export type Tf = typeof tfjs;
export type Tensor = tfjs.Tensor;
export type TensorInfo = tfjs.TensorInfo;
export type Variable = tfjs.Variable;
export type LayersModel = tfjs.LayersModel;
export type LayerVariable = tfjs.LayerVariable;
