"""Keys whose structure the fuzzer changes, and not only their bytes.

A change of one byte in DER breaks a length further out, and one in PEM breaks base64: most mutated
inputs end there. Here an input is a recipe: which key to begin with, then edits of the nodes of its
DER, then lines for the head of its PEM. What comes out has right lengths and right base64.
"""

import base64
from typing import NamedTuple

MOST_EDITS = 6
MOST_DEPTH = 12
CONSTRUCTED = 0x20
# The tags in whose bytes more DER is wrapped: BIT STRING, after its first byte, and OCTET STRING.
WRAPPING = {3: 1, 4: 0}
CONTENTS = [b"", b"\0", b"\1", b"\xff", b"\2", b"\0\x80", bytes(16), b"\xff" * 33, bytes(256)]


class Node:
    """One value of DER: its tag, and its bytes or what is inside."""

    def __init__(self, tag, raw, inside, prefix=b""):
        self.tag, self.raw, self.inside, self.prefix = tag, raw, inside, prefix

    def encoded(self):
        body = self.raw
        if self.inside is not None:
            body = self.prefix + b"".join(node.encoded() for node in self.inside)
        size = len(body)
        if size < 128:
            return bytes((self.tag, size)) + body
        raw = size.to_bytes((size.bit_length() + 7) // 8, "big")
        return bytes((self.tag, 0x80 | len(raw))) + raw + body


def parsed(raw, depth=0):
    """Return the nodes of DER; None where it is not DER to its end."""
    nodes, at = [], 0
    while at < len(raw):
        if at + 2 > len(raw):
            return None
        tag, size, at = raw[at], raw[at + 1], at + 2
        if size & 0x80:
            width = size & 0x7F
            size, at = int.from_bytes(raw[at : at + width], "big"), at + width
        body, at = raw[at : at + size], at + size
        if at > len(raw):
            return None
        nodes.append(node_of(tag, body, depth))
    return nodes


def node_of(tag, body, depth):
    skip = 0 if tag & CONSTRUCTED else WRAPPING.get(tag)
    if skip is None or depth > MOST_DEPTH or len(body) < 2:
        return Node(tag, body, None)
    inside = parsed(body[skip:], depth + 1)
    return Node(tag, body, inside or None, body[:skip])


def flat(nodes):
    """Yield every node with the list that it is in."""
    for node in nodes:
        yield nodes, node
        yield from flat(node.inside or [])


class Recipe(NamedTuple):
    """What an input says: a number for the template, edits, and lines for a PEM's head."""

    template: int
    edits: list
    head: bytes


def recipe(data):
    template, count, rest = data[0], data[1] % (MOST_EDITS + 1), data[2:]
    edits = []
    for _ in range(count):
        if len(rest) < 5:
            break
        size = rest[4] % 64
        edits.append((int.from_bytes(rest[:2], "big"), rest[2], rest[3], rest[5 : 5 + size]))
        rest = rest[5 + size :]
    return Recipe(template, edits, rest)


def changed(raw, edits, others):
    """Apply edits to DER. `others` are further DER to take nodes from."""
    nodes = parsed(raw) or []
    for where, what, which, content in edits:
        places = list(flat(nodes))
        if not places:
            break
        owner, node = places[where % len(places)]
        edit(owner, node, (what % 9, which, content), others)
    return b"".join(node.encoded() for node in nodes)


def edit(owner, node, change, others):
    what, which, content = change
    at = next(i for i, one in enumerate(owner) if one is node)
    if what == 0:
        node.raw, node.inside = content, None
    elif what == 1:
        del owner[at]
    elif what == 2 and len(owner) < 64:
        owner.insert(at, node)
    elif what == 3:
        node.tag = which
    elif what == 4:
        node.raw, node.inside = CONTENTS[which % len(CONTENTS)], None
    elif what == 5:
        body = node.encoded()[2:] if node.inside else node.raw
        node.raw, node.inside = (
            body[:-1] + bytes((body[-1] ^ (which or 1),)) if body else b"\0",
            None,
        )
    elif what == 6:
        other = list(flat(parsed(others[which % len(others)]) or []))
        if other:
            owner[at] = other[int.from_bytes(content[:2], "big") % len(other)][1]
    elif what == 7:
        owner.reverse()
    else:
        body = node.encoded()[2:] if node.inside else node.raw
        node.raw, node.inside = body[: which % (len(body) + 1)], None


def as_pem(label, head, raw):
    """Return PEM with lines in its head, each of which a reader may take for a field."""
    text = base64.encodebytes(raw)
    lines = head + b"\n\n" if head else b""
    return b"-----BEGIN " + label + b"-----\n" + lines + text + b"-----END " + label + b"-----\n"
