#!/usr/bin/env python3
"""Verifies a log that `hearsay log export` wrote (JSON lines or CARv1), with nothing but Python's standard library and this page.

    python3 verify_log.py FILE        exit status: 0 it holds, 1 could not run, 2 usage, 3 invalid, 4 fork, 5 incomplete

It shows that one key signed these entries in this order, that none is missing at the end, and that the checkpoints in the file, signed by
the writer and perhaps cosigned by others, are of this history. Written from protocol/README.md ("Log"), not from the TypeScript beside it."""
import base64, functools, hashlib, json, re, sys

class Verdict(Exception):
    """(exit status, why)"""
def must(holds, why, status=3):
    if not holds: raise Verdict(status, why)
DAMAGE = (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, RecursionError)  # what reading nonsense may raise
def sha256(data): return hashlib.sha256(data).digest()
def b64(data): return base64.b64encode(data).decode()
def unb64(text): return base64.b64decode(text, validate=True)

# Ed25519 (RFC 8032, 5.1): the signature R | S holds where [S]B - [h]A = R. Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
# Neither A nor R may be of small order: 8 times such a point is the neutral one.
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    return (b - a) * (d - c) % P, (d + c) * (b + a) % P, (d - c) * (d + c) % P, (b - a) * (b + a) % P
def times(n, p):
    total = (0, 1, 1, 0)
    while n:
        if n & 1: total = add(total, p)
        p, n = add(p, p), n >> 1
    return total
def point(data):
    y, sign = int.from_bytes(data, "little") & 2**255 - 1, data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P: x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign): raise ValueError("no point of the curve")
    if x & 1 != sign: x = P - x
    return x, y, 1, x * y % P
BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
@functools.lru_cache(None)
def signed(key, message, signature):
    if (len(key), len(signature)) != (32, 64): return False
    try: (x, y, _, t), r = point(key), point(signature[:32])
    except ValueError: return False
    if any(times(8, p)[0] == 0 for p in ((x, y, 1, t), r)): return False
    s = int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    x, y, z, _ = add(times(s, BASE), times(h, (P - x, y, 1, P - t)))
    x, y = x * pow(z, -1, P) % P, y * pow(z, -1, P) % P
    return s < L and (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]

def decode(data):
    """Strict DAG-CBOR: a value has one encoding. A CID comes as a tuple of its 36 bytes."""
    def item(at):
        major, info, at = data[at] >> 5, data[at] & 31, at + 1
        if major == 7: return {21: True, 20: False, 22: None}[info], at
        width = 0 if info < 24 else 1 << info - 24
        n, at = int.from_bytes(data[at:at + width], "big") if width else info, at + width
        shortest = n >= (0, 24, 1 << 8, None, 1 << 16, None, None, None, 1 << 32)[width]
        must(shortest and n < 2**53 and at <= len(data), "a number that is damaged or not in its shortest form")
        if major == 0: return n, at
        if major in (2, 3):
            must(at + n <= len(data), "a text that goes on beyond the end")
            return data[at:at + n] if major == 2 else data[at:at + n].decode(), at + n
        if major == 6:
            value, at = item(at)
            must(n == 42 and len(value) == 37 and value[0] == 0, "a tag that is no CID")
            return (value[1:],), at
        must(major in (4, 5), "a negative number")
        parts = []
        for _ in range(n * (major - 3)):
            part, at = item(at)
            parts.append(part)
        keys = [(len(key.encode()), key.encode()) for key in parts[::2]] if major == 5 else []
        must(all(a < b for a, b in zip(keys, keys[1:])), "keys of a map out of order")
        return parts if major == 4 else dict(zip(parts[::2], parts[1::2])), at
    value, end = item(0)
    must(end == len(data), "bytes after the end of a value")
    return value

# Both formats give a header (None in old files) and the entries, each signature (64) | entry; then they check what else is in the file.
def read_jsonl(data):
    *lines, rest = data.split(b"\n")
    def plain(value):
        if isinstance(value, list): return [plain(part) for part in value]
        if isinstance(value, dict): return {name: plain(part) for name, part in value.items()}
        return value.hex() if isinstance(value, bytes) else value
    def text(value): return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    def entries(lines):
        for line in lines:
            shown = json.loads(line)
            if "withheld" in shown:
                shape = {"seq": shown["seq"], "hash": shown["hash"], "withheld": shown["withheld"], "sig": b64(unb64(shown["sig"]))}
                must(text(shape) == line and len(shown["hash"]) == len(shown["withheld"]) == 64 and len(unb64(shown["sig"])) == 64, "a withheld line is not as it is written")
                yield shown["seq"], unb64(shown["sig"]), bytes.fromhex(shown["hash"]), bytes.fromhex(shown["withheld"])
                continue
            cbor, sig = (unb64(shown[name]) for name in ("cbor", "sig"))
            _, _, seq, prev, ts, kind, body = decode(cbor)
            view = {"seq": seq, "hash": sha256(cbor).hex(), "prev": prev.hex(), "ts": ts, "type": kind, "body": plain(body)}
            must(text({**view, "cbor": b64(cbor), "sig": b64(sig)}) == line, "a line shows something else than was signed")
            yield sig + cbor
        must(not rest, "the file ends in the middle of a line", 5)
    if not lines or lines[0].startswith(b'{"seq":'):
        must(lines, "the file is empty, or ends in its first line", 5)
        return None, entries(lines)
    head, names = json.loads(lines[0]), ("v", "publicKey", "task", "generation", "size", "checkpoint", "cosigned", "evidence")
    head.update(publicKey=bytes.fromhex(head["publicKey"]), task=bytes.fromhex(head["task"]), evidence=[unb64(e) for e in head["evidence"]])
    shown = {name: plain(head[name]) for name in names} | {"evidence": [b64(proof) for proof in head["evidence"]]}
    must(text(shown) == lines[0], "the first line is not as it is written")
    return head, entries(lines[1:])

def read_car(data):
    at = 0
    def take(n):
        nonlocal at
        must(at + n <= len(data), "the file ends too early", 5)
        at += n
        return data[at - n:at]
    def block(cid, limit):
        length = 0
        for i in range(5):
            byte = take(1)[0]
            length |= (byte & 127) << 7 * i
            if byte < 128: break
        must(byte < 128 and (byte or not i) and 36 <= length <= 36 + limit, "a damaged length")
        must(take(36) == cid, "another block stands in its place")
        content = take(length - 36)
        must(sha256(content) == cid[4:], "the bytes of a block are not those of its name")
        return content
    start = take(59)
    must(start == b"\x3a\xa2\x65roots\x81\xd8\x2a\x58\x25\x00\x01\x71\x12\x20" + start[18:50] + b"\x67version\x01", "no CARv1 file with one root")
    head = decode(block(start[14:50], 1 << 22))
    pages, blobs = [cid for (cid,) in head.pop("pages")], [cid for (cid,) in head.pop("blobs")]
    must(len(pages) == -(-head["size"] // 256) and len(set(blobs)) == len(blobs), "the root names something twice, or too little")
    def entries():
        unnamed = set(blobs)
        for page in pages:
            for (cid,), signature in decode(block(page, 1 << 15)):
                must(cid[:4] == b"\x01\x71\x12\x20", "a page names no entry")
                entry = block(cid, 1 << 13)
                unnamed = {blob for blob in unnamed if blob[4:] not in entry}
                yield signature + entry
        must(not unnamed, "a blob that no entry names")
        for blob in blobs: block(blob, 1 << 29)
        must(at == len(data), "bytes after the last block")
    return head, entries()

def root(leaves):
    """Of the Merkle tree (RFC 6962, 2.1) over hashes of leaves."""
    if len(leaves) == 1: return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:]))

def log_id(key, task, generation):
    return sha256(b"hearsay/log-id/v1\0" + key + task + (generation.to_bytes(4, "big") if generation else b""))

NOTE = re.compile(r"(hearsay-log/([0-9a-f]{64})\n([1-9]\d{0,15})\n(\S{44})\n)\n((?:— \S+ \S+\n){1,16})")
def read_note(note, key, log):
    """(size, root) of a C2SP checkpoint that the writer signed. Lines of others prove nothing about the writer: they are passed over."""
    text, name, size, tree, lines = NOTE.fullmatch(note).groups()
    must(name == log.hex() and b64(unb64(tree)) == tree and int(size) < 2**53, "a checkpoint of another log")
    who, own = "hearsay-log/" + name, False
    key_id = sha256(who.encode() + b"\n\x01" + key)[:4]
    for line in lines.splitlines():
        _, by, encoded = line.split(" ")
        blob = unb64(encoded)
        must(b64(blob) == encoded and len(blob) > 4, "a line of a checkpoint is no signature")
        own = own or (by == who and blob[:4] == key_id and len(blob) == 68 and signed(key, text.encode(), blob[4:]))
    must(own, "a checkpoint that the writer did not sign")
    return int(size), unb64(tree)

def cosigners(note):
    """{peer id: seconds} of the cosignatures that hold."""
    text, *_, lines = NOTE.fullmatch(note).groups() if note else ("", "")
    digits, held = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", {}
    for line in lines.splitlines():
        _, who, encoded = line.split(" ")
        blob = unb64(encoded)
        if who in held or len(blob) != 76 or len(who) != 52 or who[0] != "1" or set(who) - set(digits): continue
        number = functools.reduce(lambda n, c: 58 * n + digits.index(c), who, 0)  # base58 of 00 24 08 01 12 20 | key
        if number >> 256 != 0x2408011220: continue
        by, seconds = number.to_bytes(38, "big")[6:], int.from_bytes(blob[4:12], "big")
        if blob[:4] != sha256(who.encode() + b"\n\x04" + by)[:4] or seconds > 253402300799: continue
        if signed(by, f"cosignature/v1\ntime {seconds}\n{text}".encode(), blob[12:]): held[who] = seconds
    return held

def claims(what, data, key, task, generation):
    """What a signed statement says is in one place of the log."""
    if what == "checkpoint":
        size, tree = read_note(data.decode(), key, log_id(key, task, generation))
        return {("tree", size): tree}
    message = data[64:] if what == "announcement" else sha256(data[64:])
    domain = {"announcement": b"hearsay/announcement/v1\0", "entry": b"hearsay/log-entry/v1\0"}[what]
    must(signed(key, domain + message, data[:64]), "a statement that the key did not sign")
    said = decode(data[64:])
    if what == "announcement":
        _, about, by, number, seq, entry, tree, _, model, *_ = said
        must((about, by, number) == (task, key, generation), "a statement about another log")
        return {("entry", seq): entry, ("model", seq): model, ("tree", seq + 1): tree}
    _, log, seq, prev, _, kind, body = said
    must(log == log_id(key, task, generation), "a statement about another log")
    return {("entry", seq): message, ("entry", seq - 1): prev, **({("model", seq): body["model"]} if kind == "publish" else {})}

def judge_evidence(data, key, task):
    _, kind, by, about, generation, statements = decode(data)
    said = [claims(what, each, key, task, generation) for what, each in statements]
    must((by, about) == (key, task), "evidence against another key")
    if kind == "end": return must(decode(statements[0][1][64:])[5] == "end", "evidence of no end")
    must(any(said[1].get(place, value) != value for place, value in said[0].items()), "evidence that proves nothing")
    raise Verdict(4, "the evidence in the file shows that the writer signed two histories")

def verify(data):
    head, entries = (read_jsonl if data[:1] in (b"{", b"") else read_car)(data)
    leaves, prev, time, kind, notes, fork, newest = [], bytes(32), 0, None, [], None, 1
    def grow(leaf):
        leaves.append(leaf)
        for size, tree in notes:
            must(size != len(leaves) or root(leaves) == tree, f"the writer signed another history of {size} entries", 4)
        if head and len(leaves) == head["size"]:
            must(all(size <= len(leaves) for size, _ in notes), "the writer has signed that there are more entries", 5)
    try:
        for whole in entries:
            if isinstance(whole, tuple):
                seq, signature, before, leaf = whole
                must(leaves and kind != "end" and seq == len(leaves) and (not head or seq < head["size"]), "a withheld entry does not belong there")
                must(signed(key, b"hearsay/log-entry/v1\0" + before, signature), f"the signature of entry {seq} does not hold")
                prev, kind = before, "withheld"
                grow(leaf)
                continue
            signature, entry = whole[:64], whole[64:]
            version, log, seq, before, ts, kind_now, body = decode(entry)
            must(kind != "end" and (kind_now == "genesis") == (seq == 0), "an entry after the end, or no genesis at the begin")
            if not leaves: key, task, generation = body["peer"], body["task"], body.get("generation", 0)
            here = (seq, before, log) == (len(leaves), prev, log_id(key, task, generation)) and ts >= time and newest <= version <= 2
            must(here and len(entry) <= 8192, f"entry {len(leaves)} does not belong there")
            must(signed(key, b"hearsay/log-entry/v1\0" + sha256(entry), signature), f"the signature of entry {seq} does not hold")
            if kind_now == "end" and body["next"]:
                must(signed(body["next"], b"hearsay/succession/v1\0" + log + key, body["proof"]), "the next key did not agree")
            if not leaves and head:
                must((head["v"], head["publicKey"], head["task"], head["generation"]) == (1, key, task, generation), "another header")
                notes = [read_note(head[name], key, log) for name in ("checkpoint", "cosigned") if head[name] is not None]
                for proof in head["evidence"]:
                    try: judge_evidence(proof, key, task)
                    except Verdict as verdict:
                        if verdict.args[0] != 4: raise
                        fork = verdict
            must(not head or seq < head["size"], "more entries than the header promises")
            prev, time, kind, newest = sha256(entry), ts, kind_now, version
            grow(sha256(b"\0" + entry))
        must(leaves and (not head or len(leaves) == head["size"]), "the file ends before the last entry", 5)
    except (Verdict, *DAMAGE) as verdict:
        raise fork or verdict
    if fork: raise fork
    return f"{len(leaves)} entries hold, of key {key.hex()}; tree {root(leaves).hex()}; " + (
        f"{len(notes)} checkpoints, cosigned by {sorted(cosigners(head['cosigned'] or '')) or 'nobody'}" if notes else "no checkpoint: whether the end was cut off cannot be told")

def status_of(data):
    """(exit status, why)"""
    try: return 0, verify(data)
    except Verdict as verdict: return verdict.args
    except DAMAGE as damage: return 3, f"damaged: {damage!r}"

if __name__ == "__main__":
    if len(sys.argv) != 2: sys.exit(print(__doc__) or 2)
    try:
        with open(sys.argv[1], "rb") as file: status, why = status_of(file.read())
    except OSError as error: status, why = 1, error
    print({0: "the log holds", 1: "could not run", 3: "invalid", 4: "a fork", 5: "incomplete"}[status] + ":", why)
    sys.exit(status)
