"""Texts around DER: PEM with its label and its head, chains, environment variables, OpenSSH lines."""

import base64

from tests.fuzz.structured.trees import CANARY, pick, raw_changed

LABELS = (
    *(
        b"PRIVATE KEY",
        b"ENCRYPTED PRIVATE KEY",
        b"RSA PRIVATE KEY",
        b"EC PRIVATE KEY",
        b"PUBLIC KEY",
    ),
    *(
        b"RSA PUBLIC KEY",
        b"CERTIFICATE",
        b"X509 CERTIFICATE",
        b"TRUSTED CERTIFICATE",
        b"PKCS7",
        b"",
    ),
    *(
        b"CERTIFICATE REQUEST",
        b"EC PARAMETERS",
        b"OPENSSH PRIVATE KEY",
        b"DSA PRIVATE KEY",
        b"X509 CRL",
    ),
    *(
        b"PGP PUBLIC KEY BLOCK",
        b"private key",
        b"PRIVATE  KEY",
        b" PRIVATE KEY",
        CANARY.upper().encode(),
    ),
)
CIPHERS = (
    *(b"AES-256-CBC", b"AES-192-CBC", b"AES-128-CBC", b"DES-EDE3-CBC", b"DES-CBC", b"AES-256-GCM"),
    *(
        b"aes-256-cbc",
        b"CAMELLIA-256-CBC",
        b"RC2-CBC",
        b"AES-256-CBC\0",
        b"",
        CANARY.encode(),
        b"AES-256-CTR",
    ),
)
LINES = (
    *(
        b"Proc-Type: 4,ENCRYPTED",
        b"Proc-Type: 4,MIC-ONLY",
        b"Proc-Type: 4,ENCRYPTE",
        b"Proc-Type: 3,ENCRYPTED",
    ),
    *(
        b"Proc-Type:4,ENCRYPTED",
        b"proc-type: 4,encrypted",
        b"Proc-Type: ",
        b"Comment: " + CANARY.encode(),
    ),
    *(
        b"DEK-Info",
        b"DEK-Info:",
        b" folded: line",
        b"\tDEK-Info : AES-256-CBC,00",
        b"X" * 400 + b": y",
        b": z",
    ),
    *(
        b"Key-Info: \xff\xfe",
        b"Content-Domain: RFC822",
        b"Originator-ID-Asymmetric: a,b,c",
        b"\0: \0",
    ),
)
ENDS = (b"\n", b"\n", b"\n", b"\r\n", b"\r", b"\n\n", b" \n", b"\v", b"\f\n", b"\x85")


def pem(rng, label, raw, head=b""):
    """Return a PEM block; one in two as it should be, any other with a fault somewhere."""
    drawn = rng.random()
    if drawn < 0.5:
        return block(label, head, base64.encodebytes(raw))
    if drawn < 0.65:
        label = pick(rng, LABELS)
    elif drawn < 0.85:
        head = _head(rng, head)
    elif drawn < 0.93:
        return block(label, head, _body(rng, raw))
    else:
        return _outside(rng, label, head, raw)
    return block(label, head, base64.encodebytes(raw))


def block(label, head, body):
    head = head + b"\n" if head else b""
    return b"-----BEGIN %b-----\n%b%b-----END %b-----\n" % (label, head, body, label)


def _head(rng, head):
    """Return lines of a head, most of which say how a key is encrypted."""
    drawn = rng.random()
    if head and drawn < 0.4:
        return raw_changed(rng, head).strip(b"\n") + b"\n"
    if drawn < 0.8:
        lines = [
            pick(rng, LINES[:4]),
            b"DEK-Info: "
            + pick(rng, CIPHERS)
            + pick(rng, (b",", b",", b",", b"", b", "))
            + _iv(rng),
        ]
    else:
        lines = [pick(rng, LINES) for _ in range(1 + int(rng.random() * 3))]
    if rng.random() < 0.2:
        lines.insert(int(rng.random() * 3), pick(rng, LINES))
    if rng.random() < 0.1:
        lines.reverse()
    return pick(rng, ENDS).join(lines) + b"\n"


def _iv(rng):
    drawn = rng.random()
    if drawn < 0.4:
        return b"0A" * 16
    if drawn < 0.55:
        return b"0a" * 8
    if drawn < 0.9:
        return b"0A1b" * int(rng.random() * 20) + pick(
            rng, (b"", b"0", b"00", b"G0", b" ", b"\xff")
        )
    return pick(rng, (CANARY.encode(), b"0x" + b"00" * 16, b"00" * 16 + b"," + b"00" * 16, b"-1"))


def _body(rng, raw):
    """Return base64 that is not as it should be."""
    text, drawn = base64.b64encode(raw), rng.random()
    if drawn < 0.2:
        return text + b"\n"
    if drawn < 0.4:
        size = pick(rng, (1, 3, 63, 65, 76, 77, 2000))
        return b"".join(text[at : at + size] + pick(rng, ENDS) for at in range(0, len(text), size))
    if drawn < 0.55:
        return text.rstrip(b"=") + pick(rng, (b"\n", b"=\n", b"==\n", b"===\n", b"=A==\n"))
    if drawn < 0.7:
        return base64.urlsafe_b64encode(raw) + b"\n"
    if drawn < 0.75:
        return b"=24x\n" + text
    return raw_changed(rng, base64.encodebytes(raw))


def _outside(rng, label, head, raw):
    """Return a block with more than itself, or less."""
    body = base64.encodebytes(raw)
    whole = block(label, head, body)
    return pick(
        rng, (_several, _before, _as_utf_16, _other_ends, _other_hyphens, _other_lines, raw_changed)
    )(rng, whole)


def _several(rng, whole):
    other = block(pick(rng, LABELS), b"", b"MAA=\n")
    curve = block(b"EC PARAMETERS", b"", b"BggqhkjOPQMBBw==\n")
    return pick(rng, (whole * 2, whole * 3, whole * 20, whole + other, curve + whole))


def _other_lines(rng, whole):
    """Move, copy or leave out a line, most often one of those around the body."""
    lines = whole.splitlines(keepends=True)
    for _ in range(pick(rng, (1, 1, 2, 3))):
        place = pick(rng, (0, -1, 1, int(rng.random() * len(lines)))) % len(lines)
        line = lines[place] if rng.random() < 0.3 else lines.pop(place)
        lines.insert(int(rng.random() * (len(lines) + 1)), line)
        if rng.random() < 0.2 and len(lines) > 1:
            lines.pop(int(rng.random() * len(lines)))
    return b"".join(lines)


def _before(rng, whole):
    mark, attributes = b"\xef\xbb\xbf", b"Bag Attributes\n    x: y\n"
    texts = (mark, attributes, b"\n\n \t", b"\0", CANARY.encode() + b"\n", b"-----BEGIN ")
    return pick(rng, texts) + whole


def _as_utf_16(rng, whole):
    return whole.decode("latin-1").encode(pick(rng, ("utf-16", "utf-16-be")))


def _other_ends(rng, whole):
    return whole.replace(b"\n", pick(rng, (b"\r\n", b"\r", b"", b" ", b"\\n", b"\n\n", b"\n>")))


def _other_hyphens(rng, whole):
    hyphens = (b"----", b"------", b"-- --", "\N{EM DASH}".encode() * 5)
    return whole.replace(b"-----", pick(rng, hyphens), pick(rng, (1, 2, 3, 4)))


def environment(rng, text):
    """Return what somebody made of a key to get it into an environment variable."""
    drawn = rng.random()
    if drawn < 0.4:
        found = text.replace(b"\n", pick(rng, (b"\\n", b"\\\\n", b"\\r\\n", b" ", b"")))
    elif drawn < 0.6:
        found = base64.b64encode(text)
    else:
        found = raw_changed(rng, text)
    quote = pick(rng, (b"", b"", b'"', b"'", b" "))
    return (quote + found + quote).decode("utf-8", "surrogateescape")


def line(rng, text):
    """Return a line of OpenSSH, changed in its fields or in its type."""
    kind, body, *_ = text.split(b" ")
    drawn = rng.random()
    if drawn < 0.6:
        body = base64.b64encode(fields_changed(rng, base64.b64decode(body)))
    elif drawn < 0.7:
        kind = pick(
            rng,
            (
                b"ssh-rsa",
                b"ssh-ed25519",
                b"ecdsa-sha2-nistp256",
                b"ecdsa-sha2-nistp521",
                b"ssh-dss",
                b"",
            ),
        )
    elif drawn < 0.85:
        return raw_changed(rng, text)
    comment = pick(
        rng,
        (
            b"",
            b" me@host",
            b" " + CANARY.encode(),
            b"\n",
            b"\r",
            b" a\0b",
            b"\nssh-rsa AAAA",
            b"\t\xff",
        ),
    )
    return kind + pick(rng, (b" ", b" ", b" ", b"\t", b"  ", b"")) + body + comment


def fields_changed(rng, raw):
    """Change the strings of RFC 4251 section 5, each with its length before it."""
    fields, at = [], 0
    while at + 4 <= len(raw):
        size = int.from_bytes(raw[at : at + 4], "big")
        fields.append(raw[at + 4 : at + 4 + size])
        at += 4 + size
    place, drawn = int(rng.random() * len(fields)), rng.random()
    if drawn < 0.25:
        fields[place] = raw_changed(rng, fields[place])
    elif drawn < 0.5:
        fields[place] = pick(
            rng,
            (
                b"",
                b"\0",
                b"\1",
                b"\3",
                b"\x80",
                b"\0" + fields[place],
                b"\2" * 33,
                b"\4" + bytes(64),
                b"nistp384",
                bytes(256),
            ),
        )
    elif drawn < 0.6:
        del fields[place]
    elif drawn < 0.7:
        fields.insert(place, fields[place])
    elif drawn < 0.8:
        fields.reverse()
    found = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return raw_changed(rng, found) if rng.random() < 0.2 else found
