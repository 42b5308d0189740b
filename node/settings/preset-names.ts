/** Kinds of networks and machines for which settings have values of their own (setting `preset`). */

export const PRESETS = {
  lan: "peers in one local network: near, and nobody pays for a byte",
  wan: "peers across the internet: far apart, over lines with an upload of some Mbit/s",
  metered: "a mobile line that is paid by the gigabyte, or a device on a battery",
  tiny: "a machine of little memory, on an SD card: one thread, no page, little written; see Tiny machines",
} as const;

export type PresetName = keyof typeof PRESETS;

export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];
