/** Kinds of networks for which settings have values of their own (setting `preset`). */

export const PRESETS = {
  lan: "peers in one local network: near, and nobody pays for a byte",
  wan: "peers across the internet: far apart, over lines with an upload of some Mbit/s",
  metered: "a mobile line that is paid by the gigabyte, or a device on a battery",
} as const;

export type PresetName = keyof typeof PRESETS;

export const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];
