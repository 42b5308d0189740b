import { createMemoryStore } from "../../../sim/seams/store.ts";
import { storeConformance } from "../../conformance/store.ts";

storeConformance("memory", { durable: false, open: async () => createMemoryStore() });
