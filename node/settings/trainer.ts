/** Settings of a trainer in a process of its own (engine external). */
import * as z from "zod";
import { commandWords } from "../engines/external/command-words.ts";
import type { Group } from "./setting.ts";

/** As on a command line, or its words. */
const command = z
  .union([z.string(), z.array(z.string())], {
    error: 'give a command, such as "python train.py", or the list of its words',
  })
  .superRefine((given, context) => {
    try {
      commandWords(given);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as Error).message });
    }
  });
/** A timer of Node holds 2^31 ms. */
const seconds = z.number().positive().max(2e6).optional();

export const trainer = {
  command: {
    schema: command.optional(),
    help: "a program that trains in a process of its own, and has the data: 'python train.py'; no shell reads it",
    flag: "--trainer <command>",
  },
  socket: {
    schema: z.boolean().default(false),
    help: "wait for a trainer that runs already to attach to trainer.sock in the state directory",
    flag: "--trainer-socket",
  },
  startSeconds: {
    schema: seconds,
    help: "the longest that a start of it may take, until it describes itself",
    unit: "s",
    otherwise: "300 s",
  },
  answerSeconds: {
    schema: seconds,
    help: "the longest that it may take for one answer",
    unit: "s",
    otherwise: "ten times the slowest so far, 30 s at least; 600 s for the first",
  },
  memoryMegabytes: {
    schema: z.number().positive().max(1e9).optional(),
    help: "the most memory that it may take, with the processes that it starts (on Linux)",
    unit: "MB",
    otherwise: "four times what it has after its first training, 1 GiB at least",
  },
} as const satisfies Group;
