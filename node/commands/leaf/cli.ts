/** How the commands of leaves are called. */
import { calls, type Definition, jsonOption, notes, stateOption } from "../options.ts";

export const enrol: Definition = (command) => {
  command
    .argument("<name>", "what you call the device")
    .addOption(stateOption())
    .addOption(jsonOption())
    .action(calls(() => import("./enrol.ts")));
  notes(
    command,
    `Makes a key that the device and this peer have from then on, and shows it once, with what the firmware needs (node/clients/c/leaf.c). Start the peer
anew after the first leaf.

Example:
  $ hearsay leaf enrol balcony`,
  );
};

export const list: Definition = (command) => {
  command
    .addOption(stateOption())
    .addOption(jsonOption())
    .action(calls(() => import("./list.ts")));
  notes(
    command,
    `Withheld: answers for which the radio had to be silent (leaf.dutyCycle); the device asks again with its next frame.

Example:
  $ hearsay leaf list`,
  );
};

export const frame: Definition = (command) => {
  command
    .argument("<hex>", "the frame as it came from the radio, in hexadecimal")
    .option(
      "--spreading-factor <n>",
      "at which the leaf listens for the answer: 7 to 12; the setting leaf.spreadingFactor where left out",
    )
    .addOption(stateOption())
    .addOption(jsonOption())
    .action(calls(() => import("./frame.ts")));
  notes(
    command,
    `Gives a frame to the running peer, and prints the one that the radio has to send back, in hexadecimal, or nothing: where
the leaf has the newest model, or the radio has to be silent (leaf.dutyCycle). For the program that has the radio; it can also POST the bytes to
/leaves?spreadingFactor=9 of the local interface.

Example:
  $ hearsay leaf frame 0100010000000100003d4ccccd...`,
  );
};

export const airtime: Definition = (command) => {
  command
    .option("--params <n>", "parameters of the model", "16")
    .option("--header <bytes>", "of other layers around a frame; 13 are those of LoRaWAN", "13")
    .option("--duty <share>", "share of the time that a radio may send", "0.01")
    .addOption(jsonOption())
    .action(calls(() => import("./airtime.ts")));
  notes(
    command,
    `How long frames take on the air at 125 kHz (Semtech AN1200.13), and how many a day that allows.

Example:
  $ hearsay leaf airtime --params 16`,
  );
};
