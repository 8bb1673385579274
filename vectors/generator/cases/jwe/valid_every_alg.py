"""What must open, with the algs and encs that valid.json has not, and unusual key agreements."""

from collections.abc import Iterable

from vectors.generator.catalogue import TEXT, VectorFile
from vectors.generator.encoder.agreement import (
    CURVES,
    ECDH_ALGS,
    ECDH_KEK_BYTES,
    MONTGOMERY,
    WEIERSTRASS,
    agreed,
    concat_kdf,
    derived_bytes,
    keyed,
    other_info,
    pair,
    public,
    shared,
)
from vectors.generator.encoder.jwe import ALL_ENCS, DRAFT_ENCS, Jwk, b64, draw, header_bytes, unb64
from vectors.generator.encoder.wrapping import PBES2, by_password, sealed
from vectors.generator.figures.agreements import AGREEMENTS
from vectors.generator.keyring import (
    GCMKW_ALGS,
    KW_ALGS,
    RSA_ALGS,
    curve,
    direct,
    gcmkw,
    kw,
    password,
    rsa,
)

_ENC = "A128GCM"
_PARTIES = {"apu": b"Alice", "apv": b"Bob"}


def valid_ecdh() -> VectorFile:
    """Build valid_ecdh.json."""
    file = VectorFile("valid_ecdh.json", 13)
    for alg in ECDH_ALGS:
        _pairs(file, curve(alg, "P-256"), ALL_ENCS)
    for alg, enc in zip(ECDH_ALGS, ("A256CBC-HS512", "A256GCM", "A128GCM", "C20P"), strict=True):
        for crv in CURVES[1:]:
            key = curve(alg, crv)
            name = f"{alg}-{crv}"
            group = file.group(name, f"{alg} on {crv}", key, enc)
            made = agreed(key, enc, name, TEXT, parties=_PARTIES)
            group.opens(made, f"{alg} with {enc} on {crv}, with apu and apv", "Pair")
    _parties(file)
    for crv in CURVES:
        _zeros(file, crv)
    for crv in MONTGOMERY:
        _coordinates(file, crv)
    _members(file)
    _printed(file)
    return file


def valid_symmetric() -> VectorFile:
    """Build valid_symmetric.json."""
    file = VectorFile("valid_symmetric.json", 14)
    for alg in GCMKW_ALGS:
        _pairs(file, gcmkw(alg), ALL_ENCS)
    for alg in PBES2:
        _pairs(file, password(alg), ALL_ENCS)
    for alg in KW_ALGS:
        _pairs(file, kw(alg), DRAFT_ENCS)
    for enc in DRAFT_ENCS:
        group = file.group(f"dir-{enc}", f"dir with {enc}", direct(enc), enc)
        group.opens(sealed(direct(enc), enc, f"dir {enc}", TEXT), f"dir with {enc}", "Pair")
    for enc in DRAFT_ENCS:
        group = file.group(f"plaintext-{enc}", f"Plaintexts under {enc}", kw("A256KW"), enc)
        for shape, plaintext in (("empty", b""), ("2,000 random bytes", draw("longer", 2000))):
            made = sealed(kw("A256KW"), enc, f"shape {enc} {shape}", plaintext)
            group.opens(made, f"The plaintext: {shape}", "PlaintextShape")
    _passwords(file)
    return file


def valid_rsa() -> VectorFile:
    """Build valid_rsa.json."""
    file = VectorFile("valid_rsa.json", 15)
    for alg in RSA_ALGS:
        _pairs(file, rsa(alg), DRAFT_ENCS)
    _pairs(file, rsa("RSA1_5"), ALL_ENCS, legacy=True)
    return file


def _pairs(file: VectorFile, key: Jwk, encs: Iterable[str], **opener: object) -> None:
    alg = key["alg"]
    group = file.group(alg, f"{alg} with several encs", key, tuple(encs), **opener)
    for enc in encs:
        group.opens(sealed(key, enc, f"{alg} {enc}", TEXT), f"{alg} with {enc}", "Pair")


def _parties(file: VectorFile) -> None:
    key = curve("ECDH-ES", "P-256")
    group = file.group("parties", "Values of apu and apv", key, _ENC)
    parties: dict[str, dict[str, bytes]] = {
        "apu alone": {"apu": b"Alice"},
        "apv alone": {"apv": b"Bob"},
        "both empty, but there": {"apu": b"", "apv": b""},
        "both equal": {"apu": b"Alice", "apv": b"Alice"},
        "bytes that are no text": {"apu": b"\x00\xff", "apv": bytes(32)},
        "200 bytes each": {"apu": draw("apu", 200), "apv": draw("apv", 200)},
    }
    for what, names in parties.items():
        made = agreed(key, _ENC, f"parties {what}", TEXT, parties=names)
        group.opens(made, f"The parties: {what}", "KeyDerivation")


def _zeros(file: VectorFile, crv: str) -> None:
    """Find a coordinate and a secret that a lax reader or writer would shorten."""
    key = curve("ECDH-ES", crv)
    name = f"zeros-{crv}"
    group = file.group(name, f"Leading zeros on {crv}", key, _ENC)
    # Montgomery curves count from the other end, and P-521 has 7 bits that are always zero.
    end = -1 if crv in MONTGOMERY else 0
    kinds = {"x of the epk": lambda own: unb64(own["x"])}
    kinds["shared secret"] = lambda own: shared(own, public(key))
    if crv in WEIERSTRASS:
        kinds["y of the epk"] = lambda own: unb64(own["y"])
    for what, raw in kinds.items():
        own = next(
            own
            for own in (pair(crv, f"{name} {what} {count}") for count in range(10_000))
            if raw(own)[end] == 0
        )
        made = agreed(key, _ENC, f"{name} {what}", TEXT, ephemeral=own)
        where = "ends" if end else "begins"
        group.opens(made, f"The {what} {where} with a zero byte", "LeadingZero")


def _coordinates(file: VectorFile, crv: str) -> None:
    """Give an epk that a different u-coordinate stands for. RFC 7748 section 5 accepts both."""
    key = curve("ECDH-ES", crv)
    group = file.group(f"u-{crv}", f"Coordinates of {crv} that are not reduced", key, _ENC)
    size = MONTGOMERY[crv][2]
    prime, least = (2**255 - 19, 9) if crv == "X25519" else (2**448 - 2**224 - 1, 5)
    own = pair(crv, f"u {crv}")
    number = int.from_bytes(unb64(own["x"]), "little")
    numbers = {"the base point plus the prime": prime + least}
    if crv == "X25519":
        numbers["an honest one with the highest bit set"] = number | 1 << 255
    for what, changed in numbers.items():
        epk = {**public(own), "x": b64(changed.to_bytes(size, "little"))}
        made = agreed(key, _ENC, f"u {crv} {what}", TEXT, ephemeral=own)
        # Who knows no scalar for it can't make such a token: here the recipient's key does.
        info = other_info(_ENC, b"", b"", 16)
        derived = concat_kdf(shared(key, epk), info, 16)
        header = header_bytes({**made.members, "epk": epk})
        moved = keyed(made, derived).said(header)
        inject = {"iv": moved.iv.hex(), "cek": derived.hex()}
        token = str(moved.make())
        comment = f"The epk is {what}"
        group.opens_token(token, TEXT, inject, comment, "UnreducedCoordinate")


def _members(file: VectorFile) -> None:
    for crv, alg in (("P-256", "ECDH-ES+A256KW"), ("X25519", "ECDH-ES")):
        key = curve(alg, crv)
        group = file.group(f"epk-{crv}", "Members of the epk in a different form", key, _ENC)
        own = pair(crv, f"epk {crv}")
        shown = public(own)
        forms: dict[str, dict[str, object]] = {
            "in another order": dict(reversed(shown.items())),
            "with members that are not understood": {**shown, "kid": "x", "use": "sig", "z": [1]},
        }
        for what, epk in forms.items():
            made = agreed(key, _ENC, f"epk {crv} {what}", TEXT, ephemeral=own, others={"epk": epk})
            group.opens(made, f"The members of the epk: {what}", "UnusualHeader")
    key = curve("ECDH-ES+A128KW", "P-256")
    group = file.group("kek-size", "A KEK of a different size than the CEK", key, ALL_ENCS)
    for enc in ("A256CBC-HS512", "A192GCM"):
        purpose, size = derived_bytes(key["alg"], enc)
        comment = f"{purpose} derives {size} bytes, whatever {enc} takes"
        if size != ECDH_KEK_BYTES[key["alg"]]:
            raise ValueError("an alg with key wrap has its own size")
        made = agreed(key, enc, f"kek-size {enc}", TEXT, parties=_PARTIES)
        group.opens(made, comment, "KeyDerivation")


def _printed(file: VectorFile) -> None:
    """Use what RFCs print of a key agreement; they have no whole token."""
    for figure in AGREEMENTS:
        name = figure.section.lower().replace(" ", "-")
        group = file.group(name, figure.section, figure.key, figure.enc)
        made = agreed(
            figure.key,
            figure.enc,
            name,
            TEXT,
            ephemeral=figure.ephemeral,
            parties=figure.parties,
            others=figure.others,
        )
        comment = f"The keys of {figure.section}; IV and plaintext are ours"
        group.opens(made, comment, "KeyDerivation")


def _passwords(file: VectorFile) -> None:
    alg = "PBES2-HS256+A128KW"
    texts = {
        "one byte": "x",
        "a NUL inside": "a\x00b",
        "longer than a block of the hash": "long " * 20,
        "letters outside of ASCII": "\u00fcml\u00e4ut",
    }
    for number, (what, text) in enumerate(texts.items(), 1):
        key = password(alg, text)
        group = file.group(f"password-{number}", f"The password: {what}", key, _ENC)
        group.opens(by_password(key, _ENC, f"password {what}", TEXT), what, "Password")
    key = password(alg)
    group = file.group("salt", "Salts of other sizes", key, _ENC)
    for size in (8, 9, 64, 200):
        made = by_password(key, _ENC, f"salt {size}", TEXT, salt_bytes=size)
        group.opens(made, f"A salt of {size} bytes", "Password")
