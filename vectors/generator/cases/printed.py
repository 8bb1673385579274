"""What others have printed: the RFCs' examples, and the sample of an API's page."""

import json
from collections.abc import Mapping

from vectors.generator.catalogue import MALFORMED, UNDECRYPTABLE, VectorFile
from vectors.generator.encoder.agreement import concat_kdf, other_info, shared
from vectors.generator.encoder.jwe import CONTENT, Jwk, b64, unb64
from vectors.generator.figures.jwe import FIGURES
from vectors.generator.figures.jwe_7520 import FIGURES_7520
from vectors.generator.figures.jwe_older import FIGURES_7516_TO_7519
from vectors.generator.figures.jws import SIGNED_FIGURES
from vectors.generator.keyring import rsa

# docs.juspay.io, payout, Attempt API [Encrypted]: the request's `payload`, as it stands there.
_SAMPLE = (
    "eyJhbGciOiJSU0EtT0FFUCIsInR5cCI6IkpXVCIsImVuYyI6IkEyNTZDQkMtSFM1MTIifQ.x88C2GRVLT9501v1N"
    "q49QF83qoVSf7xmibBfBrfJn4sOjI1gy1Gu9R5X9diVf-ST9wSHBwKuM4bW7Vs9VsshcCxtQr0xd6rFCbS-PnM6V"
    "wbjOh8Vre-06d3j3dbKFEy_OFVIvqvRIpJxGuTcAXUAoaoJMh_ubykxxQJX_owudksyUMmu0-cEa9QeitIET5P_4"
    "5mn9EdD6NYsy94gYPucBxhfihvUuNfoQH7VwjsYbIAR9NMkxTPzSqfrfGZC2qq5Emav06b937ZfCcz2ncYpdHCBu"
    "J3oWcW4ZG9WkebpAp3ho5lNHiU22TAawyt5B2LZXHCg_1dIdz7fOu0Nkb7Pow.f8LRRRhuMDti2aD3dkyr7w.JHV"
    "ovPAX5WsztT0ikR_W2_Po7r-4lPRBN69Flv_F9JOQExSrZOYZr0cwXHuThoUhmkxVbvP886xtDgKPbosKUve8pn4"
    "k0ujGsVy--ptt5Zici3XEFwmY_m51L3qi_BzmqCBDCTAqXRpkLblyJfAEP-Apdq0956jDe2jwO2KuDly1P29SLcL"
    "4rVGTz6244hDCjvCN-JR3sFCTNLN6fFbMOEAPcR2TBEJ5KVDeM_wrdWmdfRp24HPVtVYHA6rE5W2zX_o6a2UeJGA"
    "pgwKGRZx_u_SLWUrmMP9X_5l8HTjuphbxdVEkSBbZPgBi16ec8PEL8xNvSPtHbY5hSGPgmPJiN6l_4Ht5C8revwU"
    "b2OBQcMXxU_WrxvYo8iz8JQAjxM1uDDARJORvuSzbpxi09zJx2QtT6wKNZcFxzfOAHdFZuLhPI0HnamFQcmE1QOA"
    "bYhyycrsN918bNesCuJVrpvTOOEaROfbVTZpP3wfpbjf2B93OTV0hNerlQ4zF-A-vSodZ2w164bnq6j.KAUUlWrS"
    "Xo7VKwlmyseyU8MthpPSUjqpbAyYo1wgNEM"
)

# RFC 7518 appendix B: one plaintext, IV and AAD for all three; the key counts up from zero.
_PLAINTEXT = (
    b"A cipher system must not be required to be secret, and it must be able to fall into the "
    b"hands of the enemy without inconvenience"
)
_IV = "1af38c2dc2b96ffdd86694092341bc04"
_AAD = b"The second principle of Auguste Kerckhoffs"
# Section, enc, E and T.
_CONTENT = (
    (
        "RFC 7518 appendix B.1",
        "A128CBC-HS256",
        (
            "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9a94ac9b47ad2655c5f10"
            "f9aef71427e2fc6f9b3f399a221489f16362c703233609d45ac69864e3321cf82935ac4096c86e133314"
            "c54019e8ca7980dfa4b9cf1b384c486f3a54c51078158ee5d79de59fbd34d848b3d69550a67646344427"
            "ade54b8851ffb598f7f80074b9473c82e2db"
        ),
        "652c3fa36b0a7c5b3219fab3a30bc1c4",
    ),
    (
        "RFC 7518 appendix B.2",
        "A192CBC-HS384",
        (
            "ea65da6b59e61edb419be62d19712ae5d303eeb50052d0dfd6697f77224c8edb000d279bdc14c1072654"
            "bd30944230c657bed4ca0c9f4a8466f22b226d1746214bf8cfc2400add9f5126e479663fc90b3bed787a"
            "2f0ffcbf3904be2a641d5c2105bfe591bae23b1d7449e532eef60a9ac8bb6c6b01d35d49787bcd57ef48"
            "4927f280adc91ac0c4e79c7b11efc60054e3"
        ),
        "8490ac0e58949bfe51875d733f93ac2075168039ccc733d7",
    ),
    (
        "RFC 7518 appendix B.3",
        "A256CBC-HS512",
        (
            "4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd822c301dd67c373bccb5"
            "84ad3e9279c2e6d12a1374b77f077553df829410446b36ebd97066296ae6427ea75c2e0846a11a09ccf5"
            "370dc80bfecbad28c73f09b3a3b75e662a2594410ae496b2e2e6609e31e6e02cc837f053d21f37ff4f51"
            "950bbe2638d09dd7a4930930806d0703b1f6"
        ),
        "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5",
    ),
)


# draft-amringer-jose-chacha: of its two tokens only the content encryption is right, for both
# wrap the plaintext in the place of the CEK. The AAD is the encoded header.
_DRAFT_PLAINTEXT = b"Hello World!"
_DRAFT = (
    (
        "draft-amringer-jose-chacha, the content of the example with XC20PKW",
        "95ada49c27853c0bd41362153e6f9136bc23e14ac77df2d4e98d6dc777794f54",
        "2c7b3abebbb7820cae033813d942645b2a89b994afd0669e",
        (
            "eyJhbGciOiJYQzIwUEtXIiwiZW5jIjoiWEMyMFAiLCJpdiI6Ikx1Tk5TNVJBYWdrT1FWZXdRT0xScDlub1hF"
            "VF9Zc1BYIiwidGFnIjoiVlQyWjlhOTNKRmUyb20yZ2JvVXo0ZyJ9"
        ),
        "420c51778a90ae440d6842b7",
        "6900ecfd191d59a6efce6c58127a1286",
    ),
    (
        "draft-amringer-jose-chacha, the content of the example with ECDH-ES+XC20PKW",
        "3b6f93b8fe50cff69be8deb52e1552e9ab0574dfd7e7317462127a0dfd2fb681",
        "a24673d00273f8f7d42f83868e2a0f2ec83afac8b0caad88",
        (
            "eyJhbGciOiJFQ0RILUVTK1hDMjBQS1ciLCJlbmMiOiJYQzIwUCIsIml2IjoiMUVmX0hzM05kRkl1amg5LXVa"
            "RVlMejROX2IxSzFDSmwiLCJ0YWciOiJHOEE0Sm5ObXNHMndndlFoNlE1QThnIiwiYXB1IjoiUTJ0a05ETnFT"
            "a1pOYjJGSGVHVkpaVzlGVUhndE5GOVNZbE5tTFdkMVQxOU1SSHB2YkRockxXRm5NMk5FTFhobWR6ZFdYMUl6"
            "TTBsWFZIUkRaME5xVm1obVdUVlFhMjlhVDNBeVRHd3haVFI1WldaNGQyYyIsImVwayI6eyJ0eXAiOiJPS1Ai"
            "LCJjcnYiOiJYMjU1MTkiLCJ4IjoieHhYWHBETHZTMHotWmx4NUo2ZHNWUFBWb25ZdWZlOXpUS2ZhdDBkRXJ5"
            "TSJ9fQ"
        ),
        "cb1a6eb9707b0dc5c1972544",
        "230bc3102f21c65b5fce276399429e32",
    ),
)


def printed() -> VectorFile:
    """Build rfc.json."""
    file = VectorFile("rfc.json", 1)
    for figure in (*FIGURES, *FIGURES_7516_TO_7519, *FIGURES_7520):
        name = figure.section.lower().replace(" ", "-")
        header = json.loads(unb64(figure.compact.partition(".")[0]))
        settings = {"accept_zip": True} if "zip" in header else {}
        settings |= {"legacy": True} if header["alg"] == "RSA1_5" else {}
        group = file.group(name, figure.section, figure.key, figure.enc, **settings)
        inject: dict[str, object] = {"iv": figure.iv, **(figure.random or {})}
        if figure.cek:
            inject["cek"] = figure.cek
        elif header["alg"] == "ECDH-ES":
            inject["cek"] = _derived(figure.key, header).hex()
        plaintext = figure.plaintext.encode()
        group.opens_token(figure.compact, plaintext, inject, figure.section, "RfcExample")
    return file


def _derived(key: Jwk, header: Mapping[str, object]) -> bytes:
    """Derive what an RFC does not print, from the recipient's side."""
    enc = str(header["enc"])
    size = CONTENT[enc].cek_bytes
    return concat_kdf(shared(key, dict(header["epk"])), other_info(enc, b"", b"", size), size)


def printed_signatures() -> VectorFile:
    """Build rfc_jws.json."""
    file = VectorFile("rfc_jws.json", 27, "jws_compact_v1")
    for figure in SIGNED_FIGURES:
        name = figure.section.lower().replace(" ", "-")
        settings = {} if figure.encoded else {"b64": False}
        group = file.signatures(name, figure.section, figure.key, **settings)
        payload = figure.payload.encode().hex()
        case = {"comment": figure.section, "token": figure.compact}
        case |= {"detached": payload} if figure.detached else {}
        header = json.loads(unb64(figure.compact.partition(".")[0]))
        group.add({**case, "expect": "ok", "payload": payload, "header": header}, "RfcExample")
    return file


def content() -> VectorFile:
    """Build content.json: content encryption alone, for its AAD is no header."""
    file = VectorFile("content.json", 2, "aead_v1")
    for section, enc, ciphertext, tag in _CONTENT:
        group = file.add({"id": enc, "comment": section, "enc": enc})
        key = bytes(range(CONTENT[enc].cek_bytes))
        group.add(
            {"comment": section, "key": key.hex(), "iv": _IV, "aad": _AAD.hex()}
            | {"plaintext": _PLAINTEXT.hex(), "ciphertext": ciphertext, "tag": tag}
            | {"expect": "ok"},
            "Aead",
        )
    for number, (section, key, iv, aad, ciphertext, tag) in enumerate(_DRAFT, 1):
        group = file.add({"id": f"XC20P-{number}", "comment": section, "enc": "XC20P"})
        group.add(
            {"comment": section, "key": key, "iv": iv, "aad": aad.encode().hex()}
            | {"plaintext": _DRAFT_PLAINTEXT.hex(), "ciphertext": ciphertext, "tag": tag}
            | {"expect": "ok"},
            "Aead",
        )
    return file


def sample() -> VectorFile:
    """Build sample.json."""
    file = VectorFile("sample.json", 12)
    key = rsa("RSA-OAEP")
    comment = "The sample of Juspay's page, for a key that is not its own"
    group = file.group("juspay-attempt", comment, key, "A256CBC-HS512")
    header, encrypted_key, iv, ciphertext, tag = _SAMPLE.split(".")
    whole_blocks = b64(unb64(ciphertext)[:384])
    cases = (
        (
            "As printed: 391 bytes are no whole blocks, and trailing bits set",
            ciphertext,
            MALFORMED,
        ),
        ("Mended in part: the last bits are zero", ciphertext[:-1] + "g", MALFORMED),
        ("Mended in form: 384 bytes of ciphertext", whole_blocks, UNDECRYPTABLE),
    )
    for what, text, expect in cases:
        token = f"{header}.{encrypted_key}.{iv}.{text}.{tag}"
        group.add({"comment": what, "token": token, "expect": expect}, "Sample")
    return file
