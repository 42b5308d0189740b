/** The Crypto seam of a simulation: the real hash, and signatures where the scenario asks for them. */
import type { Crypto } from "../../protocol/base/seams.ts";

/** @param isSigned whether signatures are verified, as scenarios that are about them ask for; else all hold, as a simulation of honest keys may assume. */
export function createSimulatedCrypto(real: Crypto, isSigned: boolean): Crypto {
  return { sha256: real.sha256, verify: isSigned ? real.verify : () => true };
}
