/**
 * The Sealing seam: BFV by Microsoft SEAL (node-seal, in WebAssembly), with degree 8192, a modulus of two primes of 60 bits for data and one for keys
 * (180 of the 218 bits that 128 bits of security permit), and the plain modulus 2^45.
 *
 * SEAL has no call for coefficients, nor for noise. Both stand at the end of what it writes, 8 bytes each, little endian, so they are read and written there.
 *
 * What one makes of sealed values must not tell whoever has the secret key by what they were multiplied. Both parts of a product do: the second is a known one times
 * the factor, and the noise of the first, which the owner of the key can compute, is its own noise times the factor. So a fresh encryption of zero
 * is added, which hides the second part, and uniform noise below 2^73 to the first. The noise of a product is below 2^33 times the number of parts, of which 2^40
 * times as much leaves a trace of less than 2^-37 (statistical distance). What is opened then is the value, and nothing else.
 */
import type { Ciphertext, MainModule, Plaintext, SEALContext } from "node-seal";
import { HearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { Secrecy } from "../../protocol/base/seams.ts";
import { DEGREE, PLAIN_BITS } from "../../protocol/vertical/packing.ts";
import type { Polynomial, SealedArithmetic, Sealing, SealingKey } from "../../protocol/vertical/seams.ts";

const PRIME_BITS = [60, 60, 60];
const DATA_PRIMES = 2;
const FLOOD_BITS = 74; // signed
const COEFFICIENT_BYTES = 8;
/** Magic number, length of the header, version 4.1, no compression, two zeros; then the length of the whole. */
const HEADER = Uint8Array.of(0x5e, 0xa1, 0x10, 0x04, 0x01, 0x00, 0x00, 0x00);

interface Deletable {
  delete(): void;
}

/** What all keys share. */
interface Scheme {
  readonly seal: MainModule;
  readonly context: SEALContext;
  readonly primes: readonly bigint[];
  /** Bytes of a plaintext of DEGREE coefficients. */
  readonly plain: Uint8Array;
  readonly random: Secrecy["random"];
}

/** Loads SEAL. @throws whatever loading it throws. */
export async function loadSealing({ random }: Pick<Secrecy, "random">): Promise<Sealing> {
  const { default: load } = await import("node-seal");
  const seal = await load();
  const scheme = createScheme(seal, random);
  return {
    createKey: () => createKey(scheme),
    openPublic: (publicKey) => openPublic(scheme, publicKey),
  };
}

function createScheme(seal: MainModule, random: Secrecy["random"]): Scheme {
  const parameters = new seal.EncryptionParameters(seal.SchemeType.bfv);
  parameters.setPolyModulusDegree(DEGREE);
  const modulus = seal.CoeffModulus.Create(DEGREE, Int32Array.from(PRIME_BITS));
  parameters.setCoeffModulus(modulus);
  parameters.setPlainModulus(new seal.Modulus(1n << BigInt(PLAIN_BITS)));
  const context = new seal.SEALContext(parameters, true, seal.SecLevelType.tc128);
  const primes = Array.from({ length: DATA_PRIMES }, (_, i) => modulus.get(i)?.value() ?? 0n);
  const plaintext = new seal.Plaintext();
  plaintext.resize(DEGREE);
  const plain: Uint8Array = plaintext.saveToArray(seal.ComprModeType.none).slice();
  plaintext.delete();
  return { seal, context, primes, plain, random };
}

function createKey(scheme: Scheme): SealingKey {
  const { seal, context } = scheme;
  const generator = new seal.KeyGenerator(context);
  const secret = generator.secretKey();
  const published = generator.createPublicKeySerializable();
  const publicKey: Uint8Array = published.saveToArray(seal.ComprModeType.none).slice();
  const key = generator.createPublicKey();
  const encryptor = new seal.Encryptor(context, key, secret);
  const decryptor = new seal.Decryptor(context, secret);
  return {
    publicKey,
    seal: (plain) =>
      scoped((own) => {
        const sealed = own(encryptor.encryptSymmetricSerializable(own(plaintextOf(scheme, plain))));
        return sealed.saveToArray(seal.ComprModeType.none).slice();
      }),
    open: (sealed) =>
      scoped((own) => {
        const result = own(new seal.Plaintext());
        decryptor.decrypt(own(ciphertextOf(scheme, sealed)), result);
        return coefficientsOf(scheme, result);
      }),
    close: () => {
      for (const part of [decryptor, encryptor, key, published, secret, generator]) part.delete();
    },
  };
}

function openPublic(scheme: Scheme, publicKey: Uint8Array): SealedArithmetic {
  const { seal, context } = scheme;
  const key = new seal.PublicKey();
  load(key, scheme, publicKey, LIMITS.maxSealingKeyBytes);
  const encryptor = new seal.Encryptor(context, key);
  const evaluator = new seal.Evaluator(context);
  return {
    combine: (sealed, factors, mask) =>
      scoped((own) => {
        const sum = own(new seal.Ciphertext());
        encryptor.encryptZero(sum);
        sealed.forEach((bytes, i) => {
          const factor = factors[i] as Polynomial;
          if (factor.every((coefficient) => coefficient === 0n)) return; // nothing is added, and SEAL refuses to
          const product = own(new seal.Ciphertext());
          evaluator.multiplyPlain(own(ciphertextOf(scheme, bytes)), own(plaintextOf(scheme, factor)), product);
          evaluator.addInplace(sum, product);
        });
        evaluator.addPlainInplace(sum, own(plaintextOf(scheme, mask)));
        return flooded(scheme, sum);
      }),
    close: () => {
      for (const part of [evaluator, encryptor, key]) part.delete();
    },
  };
}

/** The bytes of a ciphertext with uniform noise of FLOOD_BITS added to its first part. */
function flooded({ seal, primes, random }: Scheme, sum: Ciphertext): Uint8Array {
  const bytes: Uint8Array = sum.saveToArray(seal.ComprModeType.none).slice();
  const start = bytes.length - 2 * DATA_PRIMES * DEGREE * COEFFICIENT_BYTES;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const chance = random(2 * COEFFICIENT_BYTES * DEGREE);
  const drawn = new DataView(chance.buffer, chance.byteOffset);
  for (let i = 0; i < DEGREE; i++) {
    const wide = (drawn.getBigUint64(16 * i, true) << 64n) | drawn.getBigUint64(16 * i + 8, true);
    const noise = BigInt.asIntN(FLOOD_BITS, wide);
    for (const [k, prime] of primes.entries()) {
      const at = start + COEFFICIENT_BYTES * (k * DEGREE + i);
      const value = (view.getBigUint64(at, true) + noise) % prime;
      view.setBigUint64(at, value < 0n ? value + prime : value, true);
    }
  }
  return bytes;
}

function plaintextOf(scheme: Scheme, coefficients: Polynomial): Plaintext {
  const bytes = scheme.plain.slice();
  const view = new DataView(bytes.buffer);
  const start = bytes.length - COEFFICIENT_BYTES * DEGREE;
  coefficients.forEach((value, i) => {
    view.setBigUint64(start + COEFFICIENT_BYTES * i, value, true);
  });
  const plain = new scheme.seal.Plaintext();
  plain.loadFromArray(scheme.context, bytes);
  return plain;
}

function coefficientsOf({ seal }: Scheme, plain: Plaintext): Polynomial {
  const bytes: Uint8Array = plain.saveToArray(seal.ComprModeType.none);
  const count = plain.coeffCount();
  const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - COEFFICIENT_BYTES * count);
  const coefficients = new BigUint64Array(DEGREE);
  for (let i = 0; i < count; i++) coefficients[i] = view.getBigUint64(COEFFICIENT_BYTES * i, true);
  return coefficients;
}

function ciphertextOf(scheme: Scheme, bytes: Uint8Array): Ciphertext {
  const ciphertext = new scheme.seal.Ciphertext();
  load(ciphertext, scheme, bytes, LIMITS.maxSealedBytes);
  if (ciphertext.size() === 2) return ciphertext;
  ciphertext.delete();
  throw malformed("another number of parts");
}

/** Reads bytes of another party. Nothing is compressed, so that no few bytes become many. @throws HearsayError ERR_DECODE. */
function load(
  into: Deletable & { loadFromArray(context: SEALContext, bytes: Uint8Array): void },
  { context }: Scheme,
  bytes: Uint8Array,
  maxBytes: number,
): void {
  const said = bytes.length < 16 ? 0n : new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(8, true);
  const fits = bytes.length <= maxBytes && said === BigInt(bytes.length);
  try {
    if (!fits || HEADER.some((byte, i) => bytes[i] !== byte)) throw malformed("another header");
    into.loadFromArray(context, bytes);
  } catch (error) {
    into.delete();
    throw error instanceof HearsayError ? error : malformed("not of these parameters", error);
  }
}

/** Runs `body`, and deletes what it owned: WebAssembly's memory is not collected. */
function scoped<T>(body: (own: <D extends Deletable>(made: D) => D) => T): T {
  const owned: Deletable[] = [];
  try {
    return body((made) => {
      owned.push(made);
      return made;
    });
  } finally {
    for (const made of owned) made.delete();
  }
}

function malformed(what: string, cause?: unknown): HearsayError {
  return new HearsayError("ERR_DECODE", `not sealed as vertical learning seals: ${what}`, {}, cause);
}
