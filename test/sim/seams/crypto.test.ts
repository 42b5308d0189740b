/** The Crypto seam of a simulation keeps the contract of the real one. */
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { createSimulatedCrypto } from "../../../sim/seams/crypto.ts";
import { cryptoConformance } from "../../conformance/crypto.ts";

cryptoConformance("simulated", { crypto: createSimulatedCrypto(nodeCrypto, true), identityFromSeed });
