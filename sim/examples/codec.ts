import { type Codec, definePlugin, HearsayError } from "hearsay/sim";

/** bfloat16: the upper half of each float32, rounded to even. Half the bytes, the same range, three digits. */
const bf16: Codec = {
  name: "bf16",
  forLayout({ tensors }) {
    const size = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);
    const count = tensors.reduce((sum, [, shape]) => sum + size(shape), 0);
    return {
      isLossless: false,
      minBytes: 2 * count,
      maxBytes: 2 * count,
      encode(params) {
        if (params.length !== count) throw new RangeError(`${params.length} parameters, the task has ${count}`);
        const bits = new Uint32Array(params.slice().buffer);
        const body = new DataView(new ArrayBuffer(2 * count));
        for (const [i, value] of bits.entries())
          body.setUint16(2 * i, (value + 0x7fff + ((value >>> 16) & 1)) >>> 16, true);
        return new Uint8Array(body.buffer);
      },
      decode(body) {
        if (body.length !== 2 * count)
          throw new HearsayError("ERR_MODEL_SIZE", `a body of ${body.length} bytes, the task's have ${2 * count}`);
        const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
        const bits = Uint32Array.from({ length: count }, (_, i) => view.getUint16(2 * i, true) * 0x10000);
        return new Float32Array(bits.buffer);
      },
    };
  },
};

export default definePlugin({ codecs: [bf16] });
