import { archiveConformance } from "../conformance/archive.ts";
import { createMemoryArchive } from "./memory-archive.ts";

archiveConformance("memory", (use) => use(createMemoryArchive()));
