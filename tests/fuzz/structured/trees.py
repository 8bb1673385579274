"""DER as a tree, of which any node may be changed: tags, lengths, integers, nesting, order, names.

A node that is not changed keeps its bytes, so that a change costs as much as the path to the root.
"""

from tests.fuzz.structure import CONSTRUCTED, MOST_DEPTH, WRAPPING

CANARY = "Zq7canary"
# What an input may grow to by copies and nesting.
MOST_BYTES = 16384

BOOLEAN, INTEGER, BIT_STRING, BYTES, NULL, OID = range(1, 7)
UTF8, SEQUENCE, SET, PRINTABLE, IA5, UTC, GENERALIZED, BMP = (
    *(0x0C, 0x30, 0x31, 0x13, 0x16, 0x17, 0x18, 0x1E),
)
TAGS = (
    *(BOOLEAN, INTEGER, BIT_STRING, BYTES, NULL, OID, UTF8, SEQUENCE, SET, PRINTABLE, IA5, BMP),
    *(0, 0x0A, 0x14, UTC, GENERALIZED, 0x1C, 0x1F, 0x24, 0x23, 0x3F, 0x7F, 0xFF),
    *(0x80, 0x81, 0x82, 0x83, 0xA0, 0xA1, 0xA2, 0xA3, 0xBF, 0x41, 0x61),
)
BODIES = (
    *(b"", b"\0", b"\1", b"\2", b"\7", b"\x80", b"\xff", b"\0\0", b"\0\x80", b"\0\xff", b"\1\0\1"),
    *(bytes(8), bytes(16), bytes(32), b"\0" + bytes(65), b"\0\4" + bytes(64), b"\xff" * 33),
    *(bytes(256), b"\0" + b"\xff" * 256, b"\x7f" + b"\xff" * 7, b"\xff" * 8, b"\1" + bytes(8)),
)
TEXTS = (
    *(b"", b"\0", b"a\0b", b"a\r\nb: c", b"\xff\xfe", b"\xd8\x00", b"\xd8\x00\xdc", b"a" * 300),
    *(CANARY.encode(), CANARY.encode("utf-16-be"), b"\x1b[31m", "ü€".encode(), b"\xc3", b",=+<>#;"),
    *(b"261301000000Z", b"000229000000Z", b"99991231235959Z", b"00000101000000Z", b"260101000000"),
    *(b"20260101000000.5Z", b"260101000000+0100", b"-60101000000Z", b"4711"),
)
# Keys, curves, what they are encrypted with, and what PKCS#12 and X.509 name.
OIDS = tuple(
    bytes.fromhex(text)
    for text in (
        *("2a864886f70d010101", "2a864886f70d010107", "2a864886f70d01010a", "2a864886f70d01010b"),
        *("2a8648ce3d0201", "2a8648ce3d030107", "2b81040022", "2b81040023", "2b8104000a"),
        *(
            "2b81040021",
            "2a8648ce3d030101",
            "2b2403030208010107",
            "2a8648ce3d0101",
            "2a811ccf5501822d",
        ),
        *(
            "2b656e",
            "2b656f",
            "2b6570",
            "2b6571",
            "2a8648ce380401",
            "2a8648ce3e0201",
            "2a864886f70d010301",
        ),
        *("608648016503040311", "608648016503040312", "608648016503040313", "608648016503040402"),
        *("608648016503040403", "608648016503040401", "60864801650304031f", "608648016503040314"),
        *("2a864886f70d01050d", "2a864886f70d01050c", "2a864886f70d01050e", "2b06010401da47040b"),
        *(
            "2a864886f70d010503",
            "2a864886f70d01050a",
            "2a864886f70d010c0103",
            "2a864886f70d010c0101",
        ),
        *("2a864886f70d010c0106", "2a864886f70d010c0105", "2a864886f70d0207", "2a864886f70d0208"),
        *("2a864886f70d0209", "2a864886f70d020a", "2a864886f70d020b", "2a864886f70d020c"),
        *("60864801650304012a", "608648016503040102", "608648016503040116", "608648016503040106"),
        *("2a864886f70d0307", "2a864886f70d0302", "2b0e030207", "2b0e03021a", "608648016503040201"),
        *("608648016503040203", "2a864886f70d010701", "2a864886f70d010706", "2a864886f70d010702"),
        *("2a864886f70d010c0a0101", "2a864886f70d010c0a0102", "2a864886f70d010c0a0103"),
        *("2a864886f70d010c0a0104", "2a864886f70d010c0a0105", "2a864886f70d010c0a0106"),
        *("2a864886f70d010914", "2a864886f70d010915", "2a864886f70d01091601", "550403", "550405"),
        *("551d0f", "551d11", "551d13", "00", "80", "2a80", "ff" * 12, "2a" * 40, ""),
    )
)


class Node:
    """One value: its tag, what is inside or its bytes, and where it is."""

    __slots__ = ("body", "inside", "parent", "prefix", "tag", "whole")

    def __init__(self, tag, body, whole, parent):
        self.tag, self.body, self.whole, self.parent = tag, body, whole, parent
        self.inside, self.prefix = None, b""


class Tree:
    """DER to its end, as nodes below a root that has no header of its own."""

    def __init__(self, raw):
        self.root = Node(None, raw, raw, None)
        self.nodes = []
        self.root.inside = _parsed(raw, self.root, self.nodes, 0) or []
        if not self.root.inside:
            raise ValueError("not DER")
        self.whole = raw

    def changed(self, rng, donors):
        """Return the bytes with one node changed, or a few."""
        edits, dirty = {}, set()
        for _ in range(_count(rng)):
            node = pick(rng, self.nodes)
            edits[node] = _edit_for(rng, node)
            while node is not None and node not in dirty:
                dirty.add(node)
                node = node.parent
        return _rebuilt(self.root, edits, dirty, rng, donors)


def pick(rng, choices):
    # A third of the time of rng.choice.
    return choices[int(rng.random() * len(choices))]


def header(tag, size):
    if size < 128:
        return bytes((tag, size))
    raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(raw))) + raw


def _count(rng):
    drawn = rng.random()
    if drawn < 0.02:
        return 0
    if drawn < 0.65:
        return 1
    return 2 if drawn < 0.88 else 3 + int(rng.random() * 5)


def _parsed(raw, parent, nodes, depth):
    """Return the nodes of DER to its end, each listed; None where it is not DER."""
    found, mark, at = [], len(nodes), 0
    while at < len(raw):
        begin = at
        if at + 2 > len(raw):
            break
        tag, size, at = raw[at], raw[at + 1], at + 2
        if size & 0x80:
            width = size & 0x7F
            size, at = int.from_bytes(raw[at : at + width], "big"), at + width
        if at + size > len(raw) or tag & 0x1F == 0x1F:
            break
        node = Node(tag, raw[at : at + size], raw[begin : at + size], parent)
        at += size
        nodes.append(node)
        found.append(node)
        skip = 0 if tag & CONSTRUCTED else WRAPPING.get(tag)
        if skip is not None and depth < MOST_DEPTH and len(node.body) >= 2:
            node.inside = _parsed(node.body[skip:], node, nodes, depth + 1)
            node.prefix = node.body[:skip] if node.inside else b""
    else:
        return found
    del nodes[mark:]
    return None


def _rebuilt(node, edits, dirty, rng, donors):
    """Return a node's bytes, where it or something inside is changed."""
    body = node.body
    if node.inside:
        parts = [
            _rebuilt(one, edits, dirty, rng, donors) if one in dirty else one.whole
            for one in node.inside
        ]
        body = node.prefix + b"".join(parts)
    if node.tag is None:
        return body
    edit = edits.get(node)
    if edit is None:
        return header(node.tag, len(body)) + body
    return edit(rng, node, body, donors)[:MOST_BYTES]


def _edit_for(rng, node):
    own = _BY_TAG.get(node.tag)
    return pick(rng, own if own is not None and rng.random() < 0.5 else _ANY)


def _tag(rng, node, body, donors):
    drawn = rng.random()
    if drawn < 0.7:
        return header(pick(rng, TAGS), len(body)) + body
    if drawn < 0.9:
        return header(node.tag ^ pick(rng, (0x20, 0x40, 0x80, 1, 2)), len(body)) + body
    # A tag number in several bytes, X.690 section 8.1.2.4.
    return (
        pick(rng, (b"\x1f\x81\x01", b"\x3f\x02", b"\xbf\x80\x00", b"\x1f"))
        + header(0, len(body))[1:]
        + body
    )


def _length(rng, node, body, donors):
    size, tag, drawn = len(body), bytes((node.tag,)), rng.random()
    if drawn < 0.4:
        return (
            header(node.tag, max(0, size + pick(rng, (-2, -1, 1, 2, 3, 127, 128, 256, 65536))))
            + body
        )
    if drawn < 0.6:  # more bytes of length than are needed
        width = pick(rng, (1, 2, 3, 4, 5, 8, 9, 127))
        if width < 9 and size >= 1 << 8 * width:
            width = 3
        return tag + bytes((0x80 | width,)) + size.to_bytes(width, "big") + body
    if drawn < 0.8:  # of no length that is written
        return tag + b"\x80" + body + pick(rng, (b"\0\0", b"", b"\0", b"\0\0\0\0"))
    lies = (
        b"\x84\xff\xff\xff\xff",
        b"\x88" + b"\xff" * 8,
        b"\x84\x7f\xff\xff\xff",
        b"\xff",
        b"\x81",
        b"",
    )
    return tag + pick(rng, lies) + body


def _body(rng, node, body, donors):
    new = pick(rng, BODIES)
    return header(node.tag, len(new)) + new


def _without(rng, node, body, donors):
    return b""


def _copies(rng, node, body, donors):
    return (header(node.tag, len(body)) + body) * pick(rng, (2, 2, 2, 3, 5, 40, 70))


def _bits(rng, node, body, donors):
    changed = bytearray(body or b"\0")
    for _ in range(pick(rng, (1, 1, 1, 2, 4))):
        changed[int(rng.random() * len(changed))] ^= 1 << int(rng.random() * 8)
    return header(node.tag, len(changed)) + bytes(changed)


def _byte(rng, node, body, donors):
    changed = bytearray(body or b"\0")
    place = pick(rng, (0, 0, -1, int(rng.random() * len(changed))))
    changed[place] = pick(rng, (0, 1, 2, 3, 4, 6, 0x30, 0x7F, 0x80, 0xFF))
    return header(node.tag, len(changed)) + bytes(changed)


def _cut(rng, node, body, donors):
    new = body[: int(rng.random() * len(body))]
    return header(node.tag, len(new)) + new


def _longer(rng, node, body, donors):
    more = pick(rng, (b"\0", b"\xff", b"\0\0", bytes(16), b"\5\0", b"\2\1\0", bytes(300)))
    new = more + body if rng.random() < 0.5 else body + more
    return header(node.tag, len(new)) + new


def _other(rng, node, body, donors):
    """A value of another key, or only its content."""
    other = pick(rng, pick(rng, donors).nodes)
    if rng.random() < 0.6:
        return other.whole
    return header(node.tag, len(other.body)) + other.body


def _nested(rng, node, body, donors):
    whole = header(node.tag, len(body)) + body
    tag = pick(rng, (SEQUENCE, SEQUENCE, SET, 0xA0, 0xA1, BYTES, 0x24))
    for _ in range(pick(rng, (1, 1, 1, 2, 3, 30, 200))):
        whole = header(tag, len(whole)) + whole
    return whole


def _mixed(rng, node, body, donors):
    """Its children in another order, or some of them."""
    parts = [one.whole for one in node.inside or ()]
    drawn = rng.random()
    if drawn < 0.4:
        parts.reverse()
    elif drawn < 0.7:
        rng.shuffle(parts)
    else:
        parts = [part for part in parts if rng.random() < 0.7]
    new = node.prefix + b"".join(parts)
    return header(node.tag, len(new)) + new


def _number(rng, node, body, donors):
    """An integer near by, or one of another size or sign."""
    value, drawn = int.from_bytes(body, "big", signed=True), rng.random()
    if drawn < 0.35:
        value += pick(rng, (-2, -1, 1, 2, 256, -65537))
    elif drawn < 0.5:
        value = pick(
            rng, (-value, value * 2, value // 2, value * value, value ^ 1 << value.bit_length())
        )
    elif drawn < 0.85:
        value = pick(
            rng, (0, 1, 2, 3, 4, -1, 65537, 65536, 1 << 64, (1 << 64) + 1, 1 << 128, -(1 << 31))
        )
    size = value.bit_length() // 8 + 1
    size += pick(rng, (0, 0, 0, 0, 1, 2, 9))  # 1 and more are not DER
    return header(node.tag, size) + value.to_bytes(size, "big", signed=True)


def _name(rng, node, body, donors):
    new = pick(rng, OIDS)
    return header(node.tag, len(new)) + new


def _text(rng, node, body, donors):
    new = pick(rng, TEXTS)
    tag = node.tag if rng.random() < 0.7 else pick(rng, (UTF8, PRINTABLE, IA5, BMP, 0x14, 0x1C))
    return header(tag, len(new)) + new


_ANY = (
    *(_tag, _tag, _length, _length, _body, _body, _without, _copies, _bits, _byte, _cut),
    *(_longer, _other, _other, _nested, _mixed),
)
_BY_TAG = {
    INTEGER: (_number,),
    OID: (_name,),
    SEQUENCE: (_mixed, _without, _copies, _other),
    SET: (_mixed, _without, _copies),
    BYTES: (_bits, _cut, _longer, _byte),
    BIT_STRING: (_bits, _cut, _longer, _byte),
    **dict.fromkeys((UTF8, PRINTABLE, IA5, BMP, UTC, GENERALIZED), (_text,)),
}


def raw_changed(rng, raw):
    """Change bytes without regard for what they are."""
    drawn, place = rng.random(), int(rng.random() * (len(raw) + 1))
    if drawn < 0.3:
        return raw[:place]
    if drawn < 0.4:
        return raw + pick(rng, (b"\0", b"\n", b"\0" * 20, raw, b"\x30\0"))
    if drawn < 0.5:
        return raw[:place] + pick(rng, (b"\0", b"\xff", b"\x30\x80", b"-----", b"\n")) + raw[place:]
    if drawn < 0.6:
        return raw[:place] + raw[place + 1 + int(rng.random() * 8) :]
    if drawn < 0.65:
        return raw[place:]
    changed = bytearray(raw or b"\0")
    changed[int(rng.random() * len(changed))] ^= 1 << int(rng.random() * 8)
    return bytes(changed)
