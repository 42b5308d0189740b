import { createMemoryArchive } from "../../../sim/seams/archive.ts";
import { archiveConformance } from "../../conformance/archive.ts";

archiveConformance("memory", (use) => use(createMemoryArchive()));
