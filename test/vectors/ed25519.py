"""Makes ed25519.json: signatures at the edges of the acceptance rule of protocol/wire/README.md, by the arithmetic of verify_log.py.

    python3 test/vectors/ed25519.py > test/vectors/ed25519.json

The kinds are those of Chalkias, Garillot, Nikolaenko 2020, "Taming the many EdDSAs" (eprint 2020/1244)."""
import hashlib, itertools, json, os, sys
sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from verify_log import BASE, L, P, add, point, times

def encode(p):
    z = pow(p[2], -1, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")
def challenge(r, key, message): return int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % L
def scalar(seed):
    h = bytearray(hashlib.sha512(seed).digest()[:32])
    h[0], h[31] = h[0] & 248, h[31] & 127 | 64
    return int.from_bytes(h, "little")
def le(n): return n.to_bytes(32, "little")

# A point of order 8: L times a point that has a part outside the prime-order group.
def order_eight():
    for y in itertools.count(2):
        try: torsion = times(L, point(le(y)))
        except ValueError: continue
        if encode(times(4, torsion)) != le(1): return torsion
T = order_eight()
SMALL = [times(i, T) for i in range(8)]
cases = []
def case(why, holds, key, message, signature):
    cases.append({"why": why, "holds": holds, "publicKey": key.hex(), "message": message.hex(), "signature": signature.hex()})
def find(accepts, make):
    """The first message for which `accepts` is true of the challenge."""
    for i in itertools.count():
        message = b"edge %d" % i
        key, r = make()
        if accepts(challenge(r, key, message)): return message

a, nonce = scalar(bytes([1]) * 32), 123456789
key, r = encode(times(a, BASE)), encode(times(nonce, BASE))
message = b"an honest message"
s = (nonce + challenge(r, key, message) * a) % L
honest = r + le(s)
case("an honest signature", True, key, message, honest)
case("of another message", False, key, b"another message", honest)
case("S is not reduced: S + L", False, key, message, r + le(s + L))
case("S is the group order", False, key, message, r + le(L))
case("one byte short", False, key, message, honest[:-1])
case("one byte long", False, key, message, honest + b"\0")
case("a key that is one byte short", False, key[:-1], message, honest)
case("a key that is no point of the curve", False, le(2), message, honest)

identity = le(1)
for i, small in enumerate(SMALL):
    k8 = encode(small)
    m = find(lambda k: k % 8 == 0, lambda: (k8, identity))
    case(f"a key of small order ({i} times a point of order 8): it signs anything", False, k8, m, identity + le(0))
for y, name in ((P + 1, "1"), (P, "0")):
    for sign in (0, 1 << 255):
        m = find(lambda k: k % 8 == 0, lambda: (le(y | sign), identity))
        case(f"a key that is not encoded canonically: y = p + {name}" + (", sign bit set" if sign else ""), False, le(y | sign), m, identity + le(0))
for y, name in ((1, "1"), (P - 1, "p - 1")):
    m = find(lambda k: k % 8 == 0, lambda: (le(y | 1 << 255), identity))
    case(f"a key that is not encoded canonically: x = 0 with the sign bit, y = {name}", False, le(y | 1 << 255), m, identity + le(0))

m = b"R of small order"
case("R is the neutral point, which only the holder of the key can make hold", False, key, m, identity + le(challenge(identity, key, m) * a % L))
m = b"R that is not canonical"
odd = le(P + 1)
case("R is not encoded canonically: y = p + 1", False, key, m, odd + le(challenge(odd, key, m) * a % L))

mixed = encode(add(times(a, BASE), T))
for holds, accepts, word in ((True, lambda k: k % 8 == 0, "holds without the cofactor"), (False, lambda k: k % 8 != 0, "holds only when multiplied by the cofactor")):
    m = find(accepts, lambda: (mixed, r))
    case(f"a key with a part of order 8; the equation {word}", holds, mixed, m, r + le((nonce + challenge(r, mixed, m) * a) % L))
mixed_r = encode(add(times(nonce, BASE), T))
m = b"R with a part of order 8"
case("R with a part of order 8; the equation holds only when multiplied by the cofactor", False, key, m, mixed_r + le((nonce + challenge(mixed_r, key, m) * a) % L))

provenance = "test/vectors/ed25519.py, with the arithmetic of test/verify_log.py; kinds of cases from eprint 2020/1244. Key: RFC 8032 scalar of the seed 32 x 01; nonce 123456789."
print(json.dumps({"provenance": provenance, "cases": cases}, indent=2, ensure_ascii=False))
