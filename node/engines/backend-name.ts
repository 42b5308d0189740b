/** The backends of TensorFlow.js by name, apart from `backend.ts`: types of the library name them, and do not lead to those of TensorFlow.js. */
export type BackendName = "node" | "wasm" | "cpu";
