/**
 * The stream of the examples of River's documentation (drift.ADWIN, drift.PageHinkley): in Python, random.Random(12345),
 * choices([0, 1], k=1000) + choices(range(4, 8), k=1000). Its second half has another distribution.
 */
const BITS =
  "222aa8771deb7322f655c8c3590c849e39621e8722181576e36149015fd9c4fcc85bf744ae42ffe7036322178ab8793e09c6ec5cd4062f61aec3cfc385de66aa80f28a830440e5e0c5162f97462f674f2fce128367cf93cf374e9cff5c02d1a6be3fbe0531022abebe89e1571121b5878a2675b0c3bbd884f1c14aedfb";
const PAIRS =
  "2cb4be36b8ac8c8555c0fc6a3a9048992c3fdffe247bc8dc8fa11257f434c91ec197e2aa7f42c666fd032d3cf50d5f57c1fd0d13627ea1f50cc610716079624910a6db55bd7948115f7447b50edf2120afb59583c0dd32ed0f8732362dc26060122428871dc7d51eea147f95fe6eeeb7789072493c598e79273c6591f2ee5ac7980c5809168c50afda3edd69fb5d39e6e175f2e712714e6443d30e7ecad9ae34d07c965fef9ba1a8d373a2927180f180c8a855c73edf5e9b98ead8a846652068a0d992b7b1db02c97e75624bf3f234a92218dd948557daa0d8902c9a0e246b765a0574563b4be185c61988b171cc997302510a4c9c4e4d173caf";

/** 1,000 bits as hexadecimal digits, and 1,000 numbers 4 to 7, two in each digit. */
export function publishedStream(): number[] {
  const digits = (text: string) => [...text].map((digit) => Number.parseInt(digit, 16));
  const bits = digits(BITS).flatMap((four) => [8, 4, 2, 1].map((bit) => (four & bit ? 1 : 0)));
  return [...bits, ...digits(PAIRS).flatMap((two) => [4 + (two >> 2), 4 + (two & 3)])];
}
