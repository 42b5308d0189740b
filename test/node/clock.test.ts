import { wallClock } from "../../node/clock.ts";
import { clockConformance } from "../conformance/clock.ts";
import { eventually } from "../conformance/transport.ts";

clockConformance("wall", () => ({ clock: wallClock, until: eventually }));
