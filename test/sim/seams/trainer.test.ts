/** What the simulator puts around a trainer stays one. */
import { wallClock } from "../../../node/clock.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { craftingTrainer } from "../../../sim/attacks/crafted.ts";
import { slowed } from "../../../sim/seams/peer.ts";
import { trainerConformance } from "../../conformance/trainer.ts";

const trainMs = () => 1;

trainerConformance("slowed", async (options) => slowed(createDenseTrainer(options), wallClock, trainMs, () => true));
trainerConformance("liar's, before it lies,", async (options) =>
  craftingTrainer(createDenseTrainer(options), () => undefined),
);
