/** Floats of 16 bits, which a Node of today may have no reader for: IEEE 754 binary16, and bfloat16, the upper half of a float32. */

/** The value of a binary16: 1 sign bit, 5 of exponent, 10 of fraction. Exact. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return (sign * fraction) / 2 ** 24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  let scale = 2 ** 25;
  for (let power = 0; power < exponent; power++) scale /= 2;
  return (sign * (1024 + fraction)) / scale;
}

const view = new DataView(new ArrayBuffer(4));

/** The value of a bfloat16: 1 sign bit, 8 of exponent, 7 of fraction. Exact. */
export function bfloat16ToNumber(bits: number): number {
  view.setUint32(0, (bits & 0xffff) * 0x10000);
  return view.getFloat32(0);
}
