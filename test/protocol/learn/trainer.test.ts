import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { trainerConformance } from "../../conformance/trainer.ts";

trainerConformance("dense", async (options) => createDenseTrainer(options));
trainerConformance("dense, in plain TypeScript", async (options) => createDenseTrainer({ ...options, plain: true }));
