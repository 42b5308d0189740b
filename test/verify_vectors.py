#!/usr/bin/env python3
"""Holds test/vectors/protocol.json, ed25519.json and secure-sum.json against the pages of protocol/, with nothing but Python's standard library.

    python3 verify_vectors.py       exit status 0 where all hold; else the first that does not is named

Written from protocol/README.md and the pages that it names, not from the TypeScript: what is here is enough to follow the network."""
import base64, hashlib, hmac, itertools, json, math, os, struct, sys
from verify_log import BASE, Verdict, decode, judge_evidence, log_id, read_note, root, sha256, signed, times

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vectors")
checks = 0
def same(a, b, what):
    global checks
    checks += 1
    if a != b: sys.exit(f"{what}: {a!r} is not {b!r}")
def x(text): return bytes.fromhex(text)
def f32(value): return struct.unpack("<f", struct.pack("<f", value))[0]
def floats(values): return struct.pack(f"<{len(values)}f", *values)

# --- strict DAG-CBOR, the writing half (protocol/wire/README.md)
def encode(value):
    def head(major, n):
        for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
            if n < 24: return bytes([major << 5 | n])
            if n < 1 << 8 * size: return bytes([major << 5 | info]) + n.to_bytes(size, "big")
    if value is None: return b"\xf6"
    if isinstance(value, bool): return b"\xf5" if value else b"\xf4"
    if isinstance(value, float) and value.is_integer(): value = int(value)
    if isinstance(value, int): return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float): return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes): return head(2, len(value)) + value
    if isinstance(value, str): return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list): return head(4, len(value)) + b"".join(map(encode, value))
    keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
    return head(5, len(keys)) + b"".join(encode(key) + encode(value[key]) for key in keys)
def plain(value):
    if isinstance(value, list): return [plain(part) for part in value]
    return value.hex() if isinstance(value, bytes) else value

# --- keys and signatures
def public_key(seed):
    a = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little") & (1 << 254) - 8 | 1 << 254
    px, py, pz, _ = times(a, BASE)
    z = pow(pz, -1, 2**255 - 19)
    return (py * z % (2**255 - 19) | (px * z % (2**255 - 19) & 1) << 255).to_bytes(32, "little")
def peer_id(key):
    digits, n, text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", int.from_bytes(b"\x00\x24\x08\x01\x12\x20" + key, "big"), ""
    while n: n, text = n // 58, digits[n % 58] + text
    return "1" + text  # the leading zero byte
def check_keys(keys, signatures, task):
    for row in keys:
        key = public_key(x(row["seed"]))
        same((key.hex(), peer_id(key)), (row["publicKey"], row["peerId"]), "a key")
        for one in row["logIds"]: same(log_id(key, task, one["generation"]).hex(), one["logId"], "a log id")
    by = x(signatures["by"])
    for row in signatures["inDomains"]:
        same(f"hearsay/{row['domain']}/v1\0".encode() + x(row["message"]), x(row["signed"]), "what is signed")
        same(signed(by, x(row["signed"]), x(row["signature"])), True, row["domain"])
    note = signatures["checkpoint"]
    same(signed(by, note["text"].encode(), x(note["note"])), True, "the note of a checkpoint")
def check_edges(cases):
    for case in cases: same(signed(*(x(case[name]) for name in ("publicKey", "message", "signature"))), case["holds"], case["why"])

# --- the generator and the initial parameters (protocol/learn/README.md)
M = 0xFFFFFFFF
def label_hash(text, seed):
    h = seed
    units = text.encode("utf-16-le")
    for i in range(0, len(units), 2):
        h = (h ^ (units[i] | units[i + 1] << 8)) * 0x85EBCA6B & M
        h ^= h >> 13
    h = (h ^ h >> 16) * 0xC2B2AE35 & M
    return h ^ h >> 16
def sfc32(label):
    a, b, c, counter = (*(label_hash(label, seed) for seed in (0x9E3779B9, 0x243F6A88, 0xB7E15162)), 1)
    for i in itertools.count():
        out, counter = a + b + counter & M, counter + 1 & M
        a, b, c = b ^ b >> 9, c + (c << 3) & M, ((c << 21 | c >> 11) & M) + out & M
        if i >= 12: yield out
def initial(tensors, seed):
    values = []
    for name, shape in tensors:
        count = math.prod(shape)
        if len(shape) < 2:
            values += [1.0 if name.split("/")[-1] in ("gamma", "moving_variance") else 0.0] * count
            continue
        limit = math.sqrt(6 / (math.prod(shape[:-2]) * (shape[-2] + shape[-1])))
        draws = sfc32(f"initial-params/{seed}/{name}")
        values += [f32((2 * (next(draws) / 2**32) - 1) * limit) for _ in range(count)]
    return values
def header_of(tensors, task):
    at, fields = 0, ['"__metadata__":' + json.dumps({"format": "hearsay/1", "task": task}, separators=(",", ":"))]
    for name, shape in tensors:
        end = at + 4 * math.prod(shape)
        fields.append(json.dumps(name, ensure_ascii=False) + ":" + json.dumps({"dtype": "F32", "shape": shape, "data_offsets": [at, end]}, separators=(",", ":")))
        at = end
    text = ("{" + ",".join(fields) + "}").encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text
def check_task(task, rng):
    for row in rng: same(list(itertools.islice(sfc32(row["label"]), 4)), row["uint32"], f"the generator of {row['label']!r}")
    complete = task["complete"]
    same(encode(complete).hex(), task["manifest"], "the manifest")
    same(sha256(x(task["manifest"])).hex(), task["taskId"], "the task id")
    for name, text in task["names"].items():
        version = "2" if name in ("announce", "evidence", "brief") else "2.0.0"
        same(f"/hearsay/{task['taskId'][:32]}/{name}/{version}", text, "a name")
    params = floats(initial(complete["tensors"], complete["seed"]))
    same(params.hex(), task["initialParams"]["bytes"], "the initial parameters")
    same(sha256(params).hex(), task["initialParams"]["sha256"], "their hash")
    header = header_of(complete["tensors"], task["taskId"])
    same((header.hex(), len(header + params), sha256(header + params).hex()), tuple(task["body"][n] for n in ("header", "bytes", "sha256")), "the body")

# --- messages (protocol/wire/README.md)
TYPES = {"uint": int, "bytes": bytes, "text": str, "list": list, "bool": bool, "null": type(None)}
def check_fields(data, fields, what):
    values = decode(data)
    same(encode(values), data, what)
    same([plain(value) for value in values], [value for _, _, value in fields], what)
    same([type(value) for value in values], [TYPES[kind] for _, kind, _ in fields], f"types of {what}")
def check_messages(messages, announcement):
    for row in messages: check_fields(x(row["hex"]), row["fields"], f"{row['name']} {row['direction']}")
    sealed = x(announcement["hex"])
    check_fields(sealed[64:], announcement["fields"], "the announcement")
    same(peer_id(decode(sealed[64:])[2]), announcement["author"], "its author")

# --- announcements and bodies: the checks in their order
def judge_announcement(sealed, newest, task, receiver, banned, body_bytes):
    if len(sealed) > 1024: return "reject", "ERR_TOO_LARGE"
    try: fields = decode(sealed[64:])
    except Verdict as verdict: return "reject", "ERR_NOT_CANONICAL" if "shortest" in verdict.args[1] else "ERR_DECODE"
    except Exception: return "reject", "ERR_DECODE"
    if not (isinstance(fields, list) and len(fields) == {1: 12, 2: 13}.get(fields[0])): return "reject", "ERR_DECODE"
    _, about, key, generation, seq, entry, tree, note, model, size, age, ts, mass = fields if fields[0] == 2 else fields + [1]
    if not 1 <= mass <= 2**20: return "reject", "ERR_DECODE"
    lengths = [len(part) if isinstance(part, bytes) else None for part in (about, key, entry, tree, note, model)]
    if lengths != [32, 32, 32, 32, 64, 32] or age > 2**48: return "reject", "ERR_DECODE"
    if about != task: return "ignore", "ERR_OTHER_TASK"
    if peer_id(key) == receiver: return "ignore", None
    if peer_id(key) == banned: return "ignore", "ERR_BANNED"
    if newest and (generation, seq) <= (newest[3], newest[4]):
        contradicts = (generation, seq) == (newest[3], newest[4]) and (entry, tree, model) != (newest[5], newest[6], newest[8])
        return "ignore", "ERR_BANNED" if contradicts else "ERR_REPLAYED"  # evidence, or known
    if newest and model == newest[8]: return "ignore", "ERR_REPLAYED"
    if mass > 1: return "reject", "ERR_MASS"
    if size != body_bytes: return "reject", "ERR_MODEL_SIZE"
    if not signed(key, b"hearsay/announcement/v1\0" + sealed[64:], sealed[:64]): return "reject", "ERR_SIGNATURE"
    origin = f"hearsay-log/{log_id(key, task, generation).hex()}"
    if not signed(key, f"{origin}\n{seq + 1}\n{base64.b64encode(tree).decode()}\n".encode(), note): return "reject", "ERR_SIGNATURE"
    return "accept", None
def judge_body(body, header, count, largest):
    if len(body) != len(header) + 4 * count: return "ERR_MODEL_SIZE"
    if not body.startswith(header): return "ERR_MODEL_SHAPE"
    norm = math.sqrt(sum(value * value for value in struct.unpack(f"<{count}f", body[len(header):])))
    if not math.isfinite(norm): return "ERR_MODEL_NOT_FINITE"
    return "ERR_MODEL_NORM" if norm > largest else None
def check_refusals(refusals, task):
    header, count = x(task["body"]["header"]), len(task["initialParams"]["values"])
    for row in refusals["announcements"]:
        newest = decode(x(row["before"])[64:]) if row["before"] else None
        verdict = judge_announcement(x(row["sealed"]), newest, x(task["taskId"]), refusals["receiver"], refusals["banned"], task["body"]["bytes"])
        same(verdict, (row["verdict"], row["code"]), row["why"])
    for row in refusals["bodies"]: same(judge_body(x(row["body"]), header, count, refusals["maxNorm"]), row["code"], row["why"])

# --- evidence and logs (protocol/README.md)
def check_evidence(evidence, task):
    for row in evidence["cases"]:
        data = x(row["evidence"])
        key = decode(data)[2]
        try: proves = judge_evidence(data, key, task) or "end"
        except Verdict as verdict: proves = "fork" if verdict.args[0] == 4 else None
        same(proves, row["proves"], row["name"])
    for row in evidence["held"]:
        same(sha256("".join(sorted(f"{kind} {peer}\n" for kind, peer in row["known"])).encode()).hex(), row["sum"], "the sum of what is held")
SINCE_2 = {"train": {"engine", "privacy"}, "publish": {"mechanism", "shared", "mass", "trained"}}
def check_body(version, kind, body):
    """The fields that version 2 adds: there in 2, not there in 1 (but for the engine)."""
    added = SINCE_2.get(kind, set())
    same(added & set(body) - {"engine"} if version == 1 else added - set(body), set(), f"fields of a {kind} of version {version}")
    if version == 2 and kind == "publish": same((len(body["trained"]), 1 <= body["mass"] <= 2**20, 1 <= len(body["shared"]) <= 512), (32, True, True), "a publish")
    if version == 2 and kind == "train": same(body["privacy"], None, "what was spent of a budget")
    if "moved" in body: same((version, kind, [len(one) for one in body["moved"]]), (2, "train", [32, 32]), "a training that was moved")
def check_outside(body, seq):
    """Which parents spoke for other places: at least one, ascending places in the list of parents (protocol/README.md, The log)."""
    outside, parents = body["outside"], body["parents"]
    fits = len(outside) > 0 and outside == sorted(set(outside)) and 0 <= outside[0] and outside[-1] < len(parents)
    same(fits, True, f"the places outside of entry {seq}")
    seen.add("outside")

seen = set() # fields that some entry had

def check_log(log):
    key, task = x(log["publicKey"]), x(log["task"])
    for part in (log["first"], log["second"]):
        name, prev, leaves = log_id(key, task, part["generation"]), bytes(32), []
        same(name.hex(), part["logId"], "a log id")
        for row in part["entries"]:
            signature, entry = x(row["signed"])[:64], x(row["signed"])[64:]
            version, logged, seq, before, _, kind, body = decode(entry)
            check_body(version, kind, body)
            same((logged, seq, before, kind, sha256(entry).hex()), (name, len(leaves), prev, row["type"], row["id"]), f"entry {row['seq']}")
            same(signed(key, b"hearsay/log-entry/v1\0" + sha256(entry), signature), True, f"the signature of entry {row['seq']}")
            if "outside" in body: check_outside(body, row["seq"])
            leaves, prev = leaves + [sha256(b"\0" + entry)], sha256(entry)
        size = part["size"]
        same(root(leaves[:size]).hex(), part["root"], "the tree")
        same(read_note(part["note"], key, name), (size, root(leaves[:size])), "the checkpoint")

# --- growth of a log (protocol/README.md, Pulls)
def grown(frontier, at, subtrees):
    """The frontier of a tree of `at` leaves after more complete subtrees of so many leaves each; each is a pair (leaves, root)."""
    stack = [(1 << bit, None) for bit in range(at.bit_length() - 1, -1, -1) if at >> bit & 1]
    stack = [(leaves, root) for (leaves, _), root in zip(stack, frontier, strict=True)]
    for one in subtrees:
        stack.append(one)
        while len(stack) > 1 and stack[-2][0] == stack[-1][0]:
            (n, left), (_, right) = stack[-2:]
            stack[-2:] = [(2 * n, sha256(b"\1" + left + right))]
    return stack
def cover(old, seq):
    """Leaves of the subtrees that cover `old` .. `seq` - 1: from the left, each the largest that begins there and does not pass the end."""
    while old < seq:
        n = 1
        while old % (2 * n) == 0 and old + 2 * n <= seq: n *= 2
        yield n
        old += n
def check_growth(cases):
    leaves = [sha256(b"\0" + bytes([i])) for i in range(16)]
    for case in cases:
        old, seq, what = case["old"], case["seq"], f"a log that grew from {case['old']} entries to the one at {case['seq']}"
        hashes = [x(case["growth"])[at:at + 32] for at in range(0, len(case["growth"]) // 2, 32)]
        sizes = list(cover(old, seq))
        same(len(hashes), len(sizes), f"the number of hashes of {what}")
        stack = grown([x(one) for one in case["frontier"]], old, [*zip(sizes, hashes), (1, x(case["leaf"]))])
        top = stack[-1][1]
        for _, left in reversed(stack[:-1]): top = sha256(b"\1" + left + top)
        same(top.hex(), case["root"], f"the root of {what}")
        same(root(leaves[:seq + 1]).hex(), case["root"], f"the same root from all leaves, of {what}")

# --- briefs (protocol/README.md, Briefs)
def varints(data):
    """Unsigned varints, each in its shortest form."""
    while data:
        n = next(i for i, byte in enumerate(data) if byte < 0x80) + 1
        same(n == 1 or data[n - 1] > 0, True, "a varint in its shortest form")
        yield sum((byte & 0x7f) << 7 * i for i, byte in enumerate(data[:n]))
        data = data[n:]
def numbers(data, length):
    found = list(varints(data))
    same(found[-1:] != [0], True, "no zero at the end")
    return found + [0] * (length - len(found))
def check_briefs(v, task):
    key, made = x(v["author"]), v["made"]
    for change in v["changes"]:
        folded = numbers(x(change["hex"]), 6)
        same([b + (f // 2 if f % 2 == 0 else -(f + 1) // 2) for b, f in zip(change["before"], folded)], v["numbers"], "the numbers of a brief")
    seq, age, minute, generation, size, mass = v["numbers"]
    log = log_id(key, task, generation)
    for one in v["exchanges"]:
        asked = numbers(x(one["request"]), 4)
        same((asked[0], asked[0] - asked[1], asked[3]), (seq, v["old"], generation), "the request for a model")
        data = x(one["answer"])
        what = next(varints(data[:1]))
        data = data[1:]
        def take(n):
            nonlocal data
            part, data = data[:n], data[n:]
            same(len(part), n, "an answer that is whole")
            return part
        seal, note = take(64), take(64) if what & 2 else bytes(64)
        same(bool(what & 2), asked[2] == 1, "a note where one is asked for")
        prev, trained = take(32), take(32)
        growth = [take(32) for _ in range(what // 16)]
        mechanism, shared = (take(take(1)[0]).decode(), take(take(1)[0])) if what & 4 else (made["mechanism"], x(made["shared"]))
        same((len(data), what & 8), (size, 0), "the body, without a certificate")
        model = sha256(data)
        body = {"model": model, "age": age, "bytes": size, "codec": made["codec"], "mechanism": mechanism, "shared": shared, "mass": mass, "trained": trained}
        entry = encode([2, log, seq, prev, 60000 * minute, "publish", body])
        sizes = list(cover(v["old"], seq))
        stack = grown([x(h) for h in v["frontier"]], v["old"], [*zip(sizes, growth, strict=True), (1, sha256(b"\0" + entry))])
        top = stack[-1][1]
        for _, left in reversed(stack[:-1]): top = sha256(b"\1" + left + top)
        payload = encode([2, task, key, generation, seq, sha256(entry), top, note, model, size, age, 60000 * minute, mass])
        same((seal + payload).hex(), one["announcement"], "the announcement")
        same(signed(key, b"hearsay/announcement/v1\0" + payload, seal), True, "its signature")

# --- links (protocol/README.md, Links)
def varint(n): return bytes([n]) if n < 0x80 else bytes([n & 0x7f | 0x80]) + varint(n >> 7)
def heads(data, count):
    """The numbers that bytes begin with, and what is behind them."""
    found = []
    for _ in range(count):
        n = next(i for i, byte in enumerate(data) if byte < 0x80) + 1
        found += varints(data[:n])
        data = data[n:]
    return found, data
def frames_of(hexes):
    """Each frame without its length: the first two numbers, and the body."""
    for hexed in hexes:
        (length, number, second), data = heads(x(hexed), 3)
        same(len(varint(number)) + len(varint(second)) + len(data), length, "the length of a frame")
        yield number, second, data
def undelta(before, delta):
    whole = b""
    while delta:
        (equal, other), delta = heads(delta, 2)
        whole += before[len(whole):len(whole) + equal]
        whole, delta = whole + delta[:other], delta[other:]
    return whole
def check_links(v):
    names, last = [], {}
    for row, (number, service, body) in zip(v["asker"], frames_of(row["frame"] for row in v["asker"])):
        same(service, row["service"], f"the service of a {row['what']}")
        if number > 0:
            same((number, body.hex()), (row["number"], row["body"]), "a request on a link")
        elif service == len(names):
            names.append(body.decode())
            same(names[-1], row["name"], "the name of a service")
        elif "/brief/" in names[service]:
            before = last.get(service, [0] * 6)
            last[service] = [b + (f // 2 if f % 2 == 0 else -(f + 1) // 2) for b, f in zip(before, numbers(body, 6))]
            same(last[service], row["numbers"], "a brief on a link")
        else:
            last[service] = undelta(last.get(service, b""), body)
            same(last[service].hex(), row["body"], "an announcement on a link")
    for row, (number, status, body) in zip(v["answerer"], frames_of(row["frame"] for row in v["answerer"])):
        same((number, status, body.hex()), (row["number"], row["status"], row["body"]), "an answer on a link")

# --- codecs of few bits (protocol/codec/README.md)
def mix(h):
    h = (h ^ h >> 16) * 0x85ebca6b & 0xffffffff
    h = (h ^ h >> 13) * 0xc2b2ae35 & 0xffffffff
    return h ^ h >> 16
def signed32(word): return word - (1 << 32) if word >> 31 else word
def spans_of(tensors, length):
    start = 0
    for _, shape in tensors:
        end = start + math.prod(shape)
        for at in range(start, end, length): yield at, min(end, at + length)
        start = end
def quantise(params, tensors, bits, length):
    lanes = [0] * 4
    for i, (word,) in enumerate(struct.iter_unpack("<I", floats(params))): lanes[i % 4] = (lanes[i % 4] ^ word) * 0x01000193 & 0xffffffff
    seed = mix(lanes[0])
    for lane in lanes[1:]: seed = mix(seed ^ lane)
    most, scales, levels = (1 << bits - 1) - 1, [], []
    for start, end in spans_of(tensors, length):
        scale = f32(max(abs(v) for v in params[start:end]) / most)
        scales.append(scale)
        for i in range(start, end):
            chance = signed32(mix(seed + i * 0x9e3779b9 & 0xffffffff)) / 2**32 + 0.5
            levels.append(max(-most, min(most, math.floor((params[i] / scale if scale else 0) + chance))))
    if bits == 8: coded = struct.pack(f"{len(levels)}b", *levels)
    else: coded = bytes(low & 15 | (high & 15) << 4 for low, high in itertools.zip_longest(levels[::2], levels[1::2], fillvalue=0))
    decoded = [f32(level * scale) for (start, end), scale in zip(spans_of(tensors, length), scales) for level in levels[start:end]]
    return floats(scales) + coded, floats(decoded)
def check_codecs(codecs):
    shapes, small, large = {"int8": (8, 1024), "int4": (4, 128)}, codecs["small"], codecs["large"]
    params = [v for v, in struct.iter_unpack("<f", x(small["params"]))]
    for case in small["bodies"]:
        body, decoded = quantise(params, small["tensors"], *shapes[case["codec"]])
        same(body.hex(), case["body"], f"a body of {case['codec']}")
        same(struct.unpack(f"<{len(params)}f", decoded), struct.unpack(f"<{len(params)}f", x(case["decoded"])), f"what a body of {case['codec']} decodes to")
    count = sum(math.prod(shape) for _, shape in large["tensors"])
    params = [f32(signed32((i + 1) * 0x9e3779b1 & 0xffffffff) / 2**31) for i in range(count)]
    for case in large["hashes"]:
        body, _ = quantise(params, large["tensors"], *shapes[case["codec"]])
        same((len(body), hashlib.sha256(body).hexdigest()), (case["bytes"], case["body"]), f"a large body of {case['codec']}")

# --- staleness (protocol/README.md)
def weight(tau, function, a, b, floor):
    s = {"constant": 1, "hinge": 1 if tau <= b else 1 / (a * (tau - b) + 1), "polynomial": (1 + tau) ** -a}[function]
    return max(1, math.floor(65536 * max(floor, s) + 0.5))
def lower_median(values): return sorted(values)[(len(values) - 1) // 2]
def merged_age(own, ages):
    rows, total = sorted([(own, 65536), *map(tuple, ages)]), 65536 + sum(w for _, w in ages)
    sums = itertools.accumulate(w for _, w in rows)
    return max(own, next(age for (age, _), upto in zip(rows, sums) if 2 * upto >= total))
def check_staleness(staleness):
    for row in staleness["weights"]:
        for one in row["weights"]:
            same(weight(one["tau"], *(row[name] for name in ("function", "a", "b", "floor"))), one["weightQ16"], f"a weight of {row['function']}")
    for row in staleness["lags"]:
        reference = min(row["ownAge"], lower_median(row["ages"]))
        tau = max(0, (reference - row["theirAge"]) / row["steps"], row["cyclesSinceFirstSeen"])
        same((reference, tau if tau < row["cutoff"] + 1 else row["cutoff"] + 1), (row["referenceAge"], row["tau"]), "a lag")
    for row in staleness["mergedAges"]: same(merged_age(row["ownAge"], row["ages"]), row["merged"], "a merged age")

# --- merges (protocol/aggregate/README.md); float64 within, float32 without. The rules that are not here: test/vectors/generate.py
def median_of(rows, weights):
    total, out = sum(weights), []
    for column in zip(*rows):
        order = sorted(range(len(rows)), key=lambda i: column[i])
        sums = list(itertools.accumulate(weights[i] for i in order))
        lower = next(column[i] for i, upto in zip(order, sums) if 2 * upto >= total)
        upper = next(column[i] for i, upto in zip(order, sums) if 2 * upto > total)
        out.append(f32((lower + upper) / 2))
    return out
def mean_of(rows, weights): return [sum(w * v for w, v in zip(weights, column)) / sum(weights) for column in zip(*rows)]
def distance(a, b): return math.sqrt(sum((p - q) ** 2 for p, q in zip(a, b)))
def middle(values): return (sorted(values)[(len(values) - 1) // 2] + sorted(values)[len(values) // 2]) / 2 if values else 0
def guarded_median(own, base, candidates, f, share, mix, limit):
    v, m = [c["params"] for c in candidates], len(candidates)
    b = min(math.ceil(f * m) + 1, max(1, (m - 1) // 2), m // 2)
    pairs = [distance(v[j], v[k]) for j in range(m) for k in range(j)]
    d = [distance(one, own) for one in v]
    t = share * min(middle(pairs), middle(d))
    crowd = [sum(k == j or distance(v[j], v[k]) < t for k in range(m)) for j in range(m)]
    weights = [1] + [c["weightQ16"] / 65536 * c["mass"] / n for c, n in zip(candidates, crowd)]
    c = min(2 * b * (m - b) // m, m - 1)
    r = sorted(d, reverse=True)[c]
    clipped = [[o + min(1, r / n if n else 1) * (p - o) for o, p in zip(own, one)] for one, n in zip(v, d)]
    rows, left_out = [own, *clipped], min(math.floor(mix * b + 0.5), m // 2)
    mixed = []
    for i, row in enumerate(rows):
        far = [-1] + d if i == 0 else [distance(row, other) for other in rows]
        near = sorted(range(m + 1), key=lambda j: far[j])[: m + 1 - left_out]
        mixed.append(mean_of([rows[j] for j in near], [weights[j] for j in near]))
    y = median_of(mixed, [round(w * 2**30 / sum(weights)) for w in weights])
    longest = limit * max(distance(own, base), sorted(distance(one, base) for one in v)[max(0, m // 4 - 1)])
    step = distance(y, base)
    if step > longest: y = [q + longest / step * (p - q) for p, q in zip(y, base)]
    return y, ["duplicate" if n > 1 else "clipped" if far > r else "used" for n, far in zip(crowd, d)]
def gts(rows, weights, b):
    d = [distance(row, rows[0]) for row in rows]
    kept = sorted(range(1, len(rows)), key=lambda j: d[j])[: len(rows) - 1 - b]
    return [o + sum(weights[j] * (rows[j][c] - o) for j in kept) / sum(weights) for c, o in enumerate(rows[0])]
def ios(rows, weights, b):
    left = list(range(len(rows)))
    for _ in range(b):
        centre = mean_of([rows[j] for j in left], [weights[j] for j in left])
        left.remove(max(left[1:], key=lambda j: (distance(rows[j], centre), j)))
    return mean_of([rows[j] for j in left], [weights[j] for j in left])
def check_merges(merges):
    own, base, candidates = merges["own"], merges["base"], merges["candidates"]
    rows, masses = [own] + [c["params"] for c in candidates], [1] + [c["mass"] for c in candidates]
    weights = [65536] + [c["weightQ16"] * c["mass"] for c in candidates]
    def near(a, b, what): same(max(map(abs, (p - q for p, q in zip(a, b)))) < 1e-6, True, f"{what}: {a} for {b}")
    cases = {case["rule"]: case for case in merges["cases"]}
    same(median_of(rows, masses), cases["median"]["params"], "median")
    same(median_of(rows, weights), cases["weighted-median"]["params"], "weighted-median")
    near(mean_of(rows, weights), cases["mean"]["params"], "mean")
    for name, rule in (("gts", gts), ("ios", ios)):
        f, m = cases[name]["parameters"]["f"], len(candidates)
        near(rule(rows, weights, min(math.ceil(f * m) + 1, max(1, (m - 1) // 2), m // 2)), cases[name]["params"], name)
    case = cases["guarded-median"]
    params, statuses = guarded_median(own, base, candidates, **case["parameters"])
    near(params, case["params"], "guarded-median")
    same(statuses, case["statuses"], "statuses of guarded-median")
    def below(draws, n): return next(x % n for x in draws if x - x % n <= 2**32 - n)
    draws, order = sfc32("bucketing/" + merges["lot"]), list(range(len(candidates)))
    for i in range(len(order) - 1, 0, -1):
        j = below(draws, i + 1)
        order[i], order[j] = order[j], order[i]
    buckets = [[candidates[j] for j in order[at:at + 2]] for at in range(0, len(order), 2)]
    means = [own] + [mean_of([c["params"] for c in bucket], [c["mass"] for c in bucket]) for bucket in buckets]
    bucket_masses = [1] + [sum(c["mass"] for c in bucket) for bucket in buckets]
    near(median_of([[f32(v) for v in row] for row in means], bucket_masses), cases["bucketing+median"]["params"], "bucketing")
    for case in merges["cases"]:
        same(floats(case["params"]).hex(), case["bytes"], f"bytes of {case['rule']}")
        same(1 + sum(c["mass"] for c, status in zip(candidates, case["statuses"]) if status != "removed"), case["mass"], f"mass of {case['rule']}")
    whole = merges["blended"]
    y = median_of(rows, [65536] + [c["weightQ16"] for c in candidates])
    same([f32(o + whole["blend"] * (p - o)) for o, p in zip(own, y)], whole["params"], "blend")
    same(merged_age(merges["age"], [[c["age"], c["weightQ16"]] for c in candidates]), whole["age"], "the age of a merge")
    caught = whole["catchUp"]
    same(median_of(rows[1:], [1] * len(candidates)), caught["params"], "catch-up")
    same(lower_median([c["age"] for c in candidates]), caught["age"], "the age of a catch-up")
    moved = merges["moved"]
    same([f32(o + f32(e - b)) for o, b, e in zip(own, moved["began"], moved["ended"])], moved["params"], "a training that was moved")
    same(floats(moved["params"]).hex(), moved["bytes"], "its bytes")

# --- sums under masks (protocol/cohort/README.md)
def x25519(secret, point):
    p, u = 2**255 - 19, int.from_bytes(point, "little") & (1 << 255) - 1
    k, (x2, z2, x3, z3) = int.from_bytes(secret, "little") & (1 << 254) - 8 | 1 << 254, (1, 0, u, 1)
    for t in reversed(range(255)):
        if k >> t & 1: x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a % p, c * b % p, a * a % p, b * b % p
        x3, z3, x2, z2 = (da + cb) ** 2 % p, u * (da - cb) ** 2 % p, aa * bb % p, (aa - bb) * (aa + 121665 * (aa - bb)) % p
        if k >> t & 1: x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, -1, p) % p).to_bytes(32, "little")
def hkdf(secret, salt, info):
    return hmac.digest(hmac.digest(salt, secret, "sha256"), info + b"\1", "sha256")
def chacha20(key, n):
    words, rotated = [], lambda value, by: (value << by | value >> 32 - by) & M
    for block in range((n + 15) // 16):
        start = [*struct.unpack("<4I", b"expand 32-byte k"), *struct.unpack("<8I", key), block, 0, 0, 0]
        s = list(start)
        for a, b, c, d in ([(i, 4 + i, 8 + i, 12 + i) for i in range(4)] + [(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4) for i in range(4)]) * 10:
            for to, by, turned, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                s[to] = s[to] + s[by] & M
                s[turned] = rotated(s[turned] ^ s[to], bits)
        words += [p + q & M for p, q in zip(s, start)]
    return words[:n]
def check_secure_sum(v):
    secrets, session, info = [x(one) for one in v["secrets"]], x(v["session"]), v["info"].encode()
    for secret, key in zip(secrets, v["publicKeys"]): same(x25519(secret, (9).to_bytes(32, "little")).hex(), key, "a public key")
    for i, words in enumerate(v["inputs"]):
        for j, key in enumerate(v["publicKeys"]):
            if i == j: continue
            stream = chacha20(hkdf(x25519(secrets[i], x(key)), session, info), len(words))
            words = [w + (s if i < j else -s) & M for w, s in zip(words, stream)]
        same(words, v["masked"][i], "a masked vector")
    same([sum(column) & M for column in zip(*v["masked"])], v["sum"], "a sum under masks")

# --- cohorts: offers, statements, the word for a mean (protocol/cohort/README.md)
def opened(sealed):
    """(fields, key) of what its author signed in the domain cohort."""
    fields = decode(sealed[64:])
    same(encode(fields), sealed[64:], "a statement of a cohort")
    key = fields[3]
    same(signed(key, b"hearsay/cohort/v1\0" + sealed[64:], sealed[:64]), True, "its signature")
    return fields, key
def convicts(statements):
    said = [opened(one)[0] for one in statements]
    if len(said) == 1: return said[0][1] == "unmask" and said[0][4] & said[0][5] != 0
    (a, b) = sorted(said, key=lambda one: one[1])  # survive before unmask
    if a[2:4] != b[2:4]: return False
    if a[1] == b[1]: return a != b
    return (a[1], b[1]) == ("survive", "unmask") and (b[4] != a[4] or b[5] & a[4] != 0)
def certificate_holds(data, task, model, age, mass, publisher):
    version, session, survivors, signatures = decode(data)
    keys = [key for key, _ in signatures]
    result = encode(["result", task, session, model, age, survivors])
    return (version == 1 and len(keys) == mass <= survivors and keys == sorted(set(keys)) and publisher in keys
            and all(signed(key, b"hearsay/cohort/v1\0" + result, signature) for key, signature in signatures))
def check_cohorts(v, task):
    sealed = [x(offer["hex"]) for offer in v["offers"]]
    for offer, one in zip(v["offers"], sealed):
        (version, kind, about, key, epoch, link, mask_key, share_key), _ = opened(one)
        same((version, kind, about, epoch), (1, "offer", task, offer["epoch"]), "an offer")
        same(sha256(x(offer["nextLink"])), link, "a link")
        same([x25519(x(offer[name]), (9).to_bytes(32, "little")) for name in ("maskSecret", "shareSecret")], [mask_key, share_key], "keys of an offer")
        lot = sha256(b"hearsay/cohort-lot/v1\0" + task + epoch.to_bytes(8, "big") + link)[:6]
        same(int.from_bytes(lot, "big"), offer["lot"], "a lot")
    by_key = sorted(sealed, key=lambda one: opened(one)[1])
    session = sha256(b"hearsay/cohort-session/v1\0" + b"".join(sha256(one) for one in by_key))
    same(session.hex(), v["session"], "a session")
    for row in v["statements"]:
        (version, kind, about, _, *says), _ = opened(x(row["hex"]))
        same((version, kind, about, plain(says)), (1, row["kind"], session, row["says"]), f"a statement {row['kind']!r}")
    c = v["certificate"]
    claim = [x(c["hex"]), x(c["task"]), x(c["model"]), c["age"], c["mass"]]
    publisher, stranger = opened(sealed[0])[1], bytes(32)
    same(certificate_holds(*claim, publisher), True, "the word of a cohort")
    same([certificate_holds(*claim, stranger), certificate_holds(*claim[:3], c["age"] + 1, c["mass"], publisher)], [False, False], "a word for something else")
    for row in v["misdeeds"]: same(convicts([x(one) for one in row["statements"]]), row["convicts"], row["name"])

# --- places: beacons, elections, the word for a release, errands; frames of leaves (protocol/gateway/README.md, protocol/leaf/README.md)
CLUSTER = b"hearsay/cluster/v1\0"
def beacon(task, key, gateway, model, age, at, link, uptime, wish):
    return encode([1, "beacon", task, key, gateway, model, age, at, link, uptime, wish])
def release_holds(data, task, publisher, age, mass, ts_ms):
    version, members = decode(data)
    keys, ages = [one[0] for one in members], sorted(one[2] for one in members)
    return (version == 1 and len(keys) == mass >= 3 and keys == sorted(set(keys)) and publisher in keys and ages[(mass - 1) // 2] == age
            and all(-300 <= one[3] - ts_ms / 1000 <= 120 for one in members)
            and all(signed(key, CLUSTER + beacon(task, key, publisher, *says), signature) for key, *says, signature in members))
def elected(task, runners):
    may = [one for one in runners if one["wish"] > 0]
    best = sorted(may, key=lambda one: (-one["wish"], -one["link"], -one["uptime"], sha256(task + x(one["publicKey"]))))
    return best[0]["publicKey"] if best else None
def leaf_frame(row, task):
    bits, most = (4, 7) if row["direction"] == "update" else (8, 127)
    scale = f32(max(map(abs, row["values"])) / most)
    levels = [0 if scale == 0 else max(-most, min(most, math.floor(value / scale + 0.5))) for value in row["values"]]
    head = struct.pack(">BHIHf", 1 if bits == 4 else 2, row["leaf"], row["counter"], row["round"], scale)
    pairs = [(low & 15) | (high & 15) << 4 for low, high in itertools.zip_longest(levels[::2], levels[1::2], fillvalue=0)]
    frame = head + (bytes(pairs) if bits == 4 else struct.pack(f"{len(levels)}b", *levels))
    return frame + hmac.digest(x(row["key"]), b"hearsay/leaf/v1\0" + task + frame, "sha256")[:16]
def check_gateways(v, task):
    for row in v["beacons"]:
        key, sealed = x(row["publicKey"]), x(row["hex"])
        says = beacon(task, key, x(row["gateway"]), x(row["model"]), *(row[name] for name in ("age", "atS", "link", "uptime", "wish")))
        same(sealed[64:], says, "a beacon")
        same(signed(key, CLUSTER + says, sealed[:64]), True, "its signature")
    for row in v["claims"]:
        claim = [x(row["certificate"]), x(row["task"]), x(row["publisher"]), row["age"], row["mass"], row["tsMs"]]
        same(release_holds(*claim), row["holds"], f"the word of a place: {row['why']}")
    for row in v["elections"]: same(elected(task, row["runners"]), row["won"], f"an election: {row['why']}")
    errand = v["errand"]
    same(encode([2, errand["peer"], errand["protocol"], x(errand["body"])]).hex(), errand["hex"], "an errand")
    for row in v["leaves"]: same(leaf_frame(row, task).hex(), row["hex"], f"a frame of a leaf: {row['direction']}")

def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file: return json.load(file)
if __name__ == "__main__":
    v = read("protocol.json")
    task = x(v["task"]["taskId"])
    check_keys(v["keys"], v["signatures"], task)
    check_edges(read("ed25519.json")["cases"])
    check_task(v["task"], v["rng"])
    check_messages(v["messages"], v["announcement"])
    check_refusals(v["refusals"], v["task"])
    check_growth(v["growth"]["cases"])
    check_briefs(v["briefs"], task)
    check_links(v["links"])
    check_evidence(v["evidence"], task)
    check_log(v["log"])
    same("outside" in seen, True, "an entry that names places outside")
    first = read("version-1.json")
    check_log(first["log"])
    check_messages([], first["announcement"])
    check_codecs(v["codecs"])
    check_staleness(v["staleness"])
    check_merges(v["merges"])
    check_secure_sum(read("secure-sum.json"))
    check_cohorts(v["cohorts"], task)
    check_gateways(v["gateways"], task)
    print(f"{checks} checks hold")
