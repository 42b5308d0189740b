/**
 * How long a LoRa frame takes on the air, and how long its sender then has to be silent.
 *
 *     symbol   = 2^SF / bandwidth
 *     preamble = (symbols + 4.25) symbol
 *     payload  = (8 + max(0, ceil((8 bytes - 4 SF + 28 + 16 CRC - 20 implicit) / (4 (SF - 2 slow)))) (coding + 4)) symbol
 *
 * @see Semtech, AN1200.13, "LoRa Modem Designer's Guide", 2013, section 4.1.
 */

/** How a radio is set; what is left out is as LoRaWAN has it in Europe. */
export interface LoraSettings {
  /** 7 (fast, near) to 12 (slow, far). */
  readonly spreadingFactor: number;
  /** 125,000 where left out. */
  readonly bandwidthHz?: number;
  /** 1: 4/5, to 4: 4/8. 1 where left out. */
  readonly codingRate?: number;
  /** 8 where left out. */
  readonly preambleSymbols?: number;
  /** Whether the frame says its own length; true where left out. */
  readonly explicitHeader?: boolean;
  /** True where left out. */
  readonly crc?: boolean;
}

/** Symbols of more than 16 ms drift: the standard asks for the slow rate there. */
const SLOW_SYMBOL_MS = 16;

/**
 * Milliseconds on the air.
 * @param bytes of the whole frame, headers of other layers included.
 * @throws RangeError for a spreading factor that there is not.
 */
export function airtimeMs(bytes: number, settings: LoraSettings): number {
  const { spreadingFactor: sf, bandwidthHz = 125_000, codingRate = 1, preambleSymbols = 8 } = settings;
  const { explicitHeader = true, crc = true } = settings;
  if (!(Number.isInteger(sf) && sf >= 7 && sf <= 12)) throw new RangeError(`no spreading factor ${sf}; give 7 to 12`);
  const symbolMs = (1000 * (1 << sf)) / bandwidthHz;
  const slow = symbolMs >= SLOW_SYMBOL_MS ? 1 : 0;
  const bits = 8 * bytes - 4 * sf + 28 + (crc ? 16 : 0) - (explicitHeader ? 0 : 20);
  const payload = 8 + Math.max(0, Math.ceil(bits / (4 * (sf - 2 * slow)))) * (codingRate + 4);
  return (preambleSymbols + 4.25 + payload) * symbolMs;
}

/** Silence after a frame, so that no more than this share of any time is spent on the air (1 % in most of the 868 MHz band). */
export function silenceMs(airMs: number, dutyCycle: number): number {
  return airMs / dutyCycle - airMs;
}

/** Frames of a day under that share. */
export function framesPerDay(airMs: number, dutyCycle: number): number {
  return Math.floor((86_400_000 * dutyCycle) / airMs);
}
