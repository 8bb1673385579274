"""ECDH-ES: RFC 7518 section 4.6 and appendix C, RFC 8037 section 3.2."""

import json
from collections import Counter

import pytest
from tests.helpers import all_algorithms
from tests.helpers.forge import b64, unb64
from tests.helpers.rows import each_row

from joseal import Limits, MalformedTokenError
from joseal._core.algorithms import curves, ecdh
from joseal._core.algorithms.key_management import UnwrapRequest, WrapSettings
from joseal._core.algorithms.registry import ALGS, ENCS
from joseal._core.wire.header import parse_parameters


def mechanism(alg, pair, *, private=True):
    agree = (lambda public: curves.agree(pair, public)) if private else None
    return ecdh.EcdhEs(ALGS[alg], pair.public_key(), agree)


def request(alg, enc, members, encrypted_key=b""):
    known = parse_parameters({"alg": alg, "enc": enc, **members}).known
    return UnwrapRequest(ENCS[enc], known, encrypted_key, Limits())


def settings(enc, **parties):
    return WrapSettings(ENCS[enc], Limits(), **parties)


def test_rfc_7518_appendix_c(shared_vectors):
    figure = json.loads((shared_vectors / "rfc/rfc7518_appendix_c.json").read_text())
    bob = figure["recipient_jwk"]
    x, y, d = (unb64(bob[name]) for name in ("x", "y", "d"))
    pair = curves.load_private("P-256", d, curves.load_public("P-256", x, y))
    header = {name: figure["header"][name] for name in ("apu", "apv", "epk")}
    unwrap = mechanism("ECDH-ES", pair).check_public(request("ECDH-ES", "A128GCM", header))
    assert unwrap().hex() == figure["derived_key"]
    assert b64(unwrap()) == figure["derived_key_b64u"]


def test_other_info_is_that_of_appendix_c(shared_vectors, monkeypatch):
    figure = json.loads((shared_vectors / "rfc/rfc7518_appendix_c.json").read_text())
    given = []
    kdf = ecdh.ConcatKDFHash
    monkeypatch.setattr(ecdh, "ConcatKDFHash", lambda *args: given.append(args) or kdf(*args))
    pair = all_algorithms.private("P-256")
    mechanism("ECDH-ES", pair).wrap(settings("A128GCM", apu=b"Alice", apv=b"Bob"))
    ((hash_, size, info),) = given
    assert (hash_.name, size, info.hex()) == ("sha256", 16, figure["other_info"])


@each_row("curve", ["X25519", "X448"])
@each_row("alg", all_algorithms.ECDH)
def test_nothing_is_sealed_for_a_public_key_of_low_order(alg, curve):
    """No key that was loaded is one; the mechanism does not rely on it."""
    public = curves.load_public(curve, bytes(all_algorithms.CURVES[curve]), None)
    with pytest.raises(ValueError, match=r"^the recipient's public key can't be used$"):
        ecdh.EcdhEs(ALGS[alg], public, None).wrap(settings("A128GCM"))


@each_row("curve", all_algorithms.CURVES)
@each_row("alg", all_algorithms.ECDH)
@each_row("enc", all_algorithms.ENCS)
def test_what_is_wrapped_unwraps_and_is_what_the_rfc_derives(alg, curve, enc):
    pair = all_algorithms.private(curve)
    cek, encrypted_key, members = mechanism(alg, pair, private=False).wrap(
        settings(enc, apu=b"Alice", apv=b"Bob")
    )
    assert list(members) == ["epk", "apu", "apv"]
    assert (members["apu"], members["apv"]) == (b64(b"Alice"), b64(b"Bob"))
    epk = members["epk"]
    assert list(epk) == (["kty", "crv", "x", "y"] if curve[0] == "P" else ["kty", "crv", "x"])
    assert (epk["kty"], epk["crv"]) == ("EC" if curve[0] == "P" else "OKP", curve)
    assert len(cek) == ENCS[enc].cek_bytes
    assert len(encrypted_key) == (len(cek) + 8 if all_algorithms.ECDH[alg] else 0)
    unwrap = mechanism(alg, pair).check_public(request(alg, enc, members, encrypted_key))
    assert unwrap() == cek
    if not all_algorithms.ECDH[alg]:
        public = curves.load_public(curve, unb64(epk["x"]), unb64(epk["y"]) if "y" in epk else None)
        secret = all_algorithms.agree(pair, public)
        assert all_algorithms.concat_kdf(secret, enc, len(cek), b"Alice", b"Bob") == cek


@each_row("curve", all_algorithms.CURVES)
@each_row("alg", all_algorithms.ECDH)
@each_row("parties", [{}, {"apu": b"a"}, {"apv": b"\0" * 40}, {"apu": b"ab", "apv": b"c"}])
def test_independently_wrapped_key_unwraps(alg, curve, parties):
    wrapped = all_algorithms.wrap(alg, "A192CBC-HS384", curve=curve, **parties)
    ready = mechanism(alg, all_algorithms.private(curve)).check_public(
        request(alg, "A192CBC-HS384", wrapped.members, wrapped.encrypted_key)
    )
    assert ready() == wrapped.cek


def test_parties_are_not_run_together():
    """Each is counted, so that moving a byte from one to the other gives another key."""
    derived = {
        all_algorithms.wrap("ECDH-ES", "A128GCM", apu=apu, apv=apv).cek
        for apu, apv in [(b"ab", b"c"), (b"a", b"bc"), (b"abc", b""), (b"", b"abc")]
    }
    assert len(derived) == 4
    pair = mechanism("ECDH-ES", all_algorithms.private("P-256"))
    ours = set()
    for apu, apv in [(b"ab", b"c"), (b"a", b"bc"), (b"abc", b""), (b"", b"abc")]:
        members = all_algorithms.wrap("ECDH-ES", "A128GCM", apu=apu, apv=apv).members
        ours.add(pair.check_public(request("ECDH-ES", "A128GCM", members))())
    assert ours == derived


@pytest.mark.parametrize("curve", all_algorithms.CURVES)
def test_ephemeral_pair_and_cek_are_fresh(curve):
    sealing = mechanism("ECDH-ES+A128KW", all_algorithms.private(curve), private=False)
    made = [sealing.wrap(settings("A128GCM")) for _ in range(20)]
    assert len({members["epk"]["x"] for _, _, members in made}) == 20
    assert len({cek for cek, _, _ in made}) == 20


def test_absent_parties_are_not_written():
    _, _, members = mechanism("ECDH-ES", all_algorithms.private("X25519")).wrap(settings("A128GCM"))
    assert list(members) == ["epk"]


def test_empty_party_is_an_absent_one():
    members = all_algorithms.wrap("ECDH-ES", "A128GCM").members
    pair = mechanism("ECDH-ES", all_algorithms.private("P-256"))
    absent = pair.check_public(request("ECDH-ES", "A128GCM", members))()
    empty = pair.check_public(request("ECDH-ES", "A128GCM", {**members, "apu": "", "apv": ""}))()
    assert absent == empty


def bad_epks(curve):
    good = all_algorithms.public_jwk(all_algorithms.private(curve, "ephemeral"), curve)
    size = all_algorithms.CURVES[curve]
    yield "none", None
    yield "empty", {}
    for name in good:
        yield f"no {name}", {key: value for key, value in good.items() if key != name}
        for value in (None, 5, True, [], {}, "", good["x"] + "=", "*" * len(good["x"])):
            yield f"{name} is {value!r}", {**good, name: value}
    yield "with its private half", {**good, "d": b64(bytes(size))}
    yield "short x", {**good, "x": b64(bytes(size - 1))}
    yield "long x", {**good, "x": b64(b"\0" + unb64(good["x"]))}
    for other in all_algorithms.CURVES:
        if other != curve:
            yield (
                f"on {other}",
                all_algorithms.public_jwk(all_algorithms.private(other, "ephemeral"), other),
            )
            yield f"named {other}", {**good, "crv": other}
    if curve[0] == "P":
        yield "zero", {**good, "x": b64(bytes(size)), "y": b64(bytes(size))}
        yield "off the curve", {**good, "y": good["x"]}
    else:
        for value in (good["x"], None, 5, "", "*"):
            yield f"with y {value!r}", {**good, "y": value}
        yield "of order one", {**good, "x": b64(bytes(size))}
        yield "of order four or so", {**good, "x": b64(b"\1" + bytes(size - 1))}


@each_row("curve", all_algorithms.CURVES)
@each_row("alg", ["ECDH-ES", "ECDH-ES+A128KW"])
def test_bad_epk_is_malformed_before_the_private_key_is_used(alg, curve):
    used = []
    pair = all_algorithms.private(curve)
    ready = ecdh.EcdhEs(ALGS[alg], pair.public_key(), used.append)
    wrapped = bytes(24) if all_algorithms.ECDH[alg] else b""
    seen = 0
    for _, epk in bad_epks(curve):
        members = {} if epk is None else {"epk": epk}
        with pytest.raises(MalformedTokenError):
            ready.check_public(request(alg, "A128GCM", members, wrapped))
        seen += 1
    assert used == []
    assert seen >= 30


def test_other_members_of_the_epk_are_not_looked_at():
    """A long list of `key_ops` or a certificate in it costs nothing."""
    wrapped = all_algorithms.wrap("ECDH-ES", "A128GCM")
    epk = {
        **wrapped.members["epk"],
        "key_ops": ["a"] * 1000,
        "alg": "none",
        "use": 5,
        "kid": None,
        "x5c": {},
    }
    ready = mechanism("ECDH-ES", all_algorithms.private("P-256"))
    assert ready.check_public(request("ECDH-ES", "A128GCM", {"epk": epk}))() == wrapped.cek


@each_row("party", ["apu", "apv"])
@each_row("text", ["A", "QQ==", "Q+==", "QR", "Q Q", "\u00e9", "Q\n"])
def test_party_that_is_not_canonical_base64url_is_malformed(party, text):
    members = {**all_algorithms.wrap("ECDH-ES", "A128GCM").members, party: text}
    with pytest.raises(MalformedTokenError):
        mechanism("ECDH-ES", all_algorithms.private("P-256")).check_public(
            request("ECDH-ES", "A128GCM", members)
        )


@each_row("enc", all_algorithms.ENCS)
@each_row("alg", all_algorithms.ECDH)
def test_size_of_the_encrypted_key_is_checked_before_the_private_key_is_used(alg, enc):
    used = []
    ready = ecdh.EcdhEs(ALGS[alg], all_algorithms.private("P-256").public_key(), used.append)
    members = all_algorithms.wrap(alg, enc).members
    right = ENCS[enc].cek_bytes + 8 if all_algorithms.ECDH[alg] else 0
    for size in {0, 1, 8, 16, 24, 32, 40, 56, 72, right - 1, right + 1, right + 8} - {right, -1}:
        with pytest.raises(MalformedTokenError):
            ready.check_public(request(alg, enc, members, bytes(size)))
    unwrap = ready.check_public(request(alg, enc, members, bytes(right)))
    assert used == []
    assert unwrap() is None
    assert len(used) == 1


def test_public_half_alone_unwraps_nothing():
    wrapped = all_algorithms.wrap("ECDH-ES", "A128GCM")
    sealing = mechanism("ECDH-ES", all_algorithms.private("P-256"), private=False)
    assert sealing.check_public(request("ECDH-ES", "A128GCM", wrapped.members))() is None


def shared_secret(case, curve):
    """Agree with the public key of a case as with the epk of a token; None where it is refused."""
    x, y, d = (unb64(case["private"][part]) if part in case["private"] else None for part in "xyd")
    own = curves.load_public(curve, x, y)
    private = curves.load_private(curve, d, own)
    secrets = []

    def agree(public):
        secrets.append(curves.agree(private, public))
        return secrets[0]

    ready = ecdh.EcdhEs(ALGS["ECDH-ES"], own, agree)
    try:
        unwrap = ready.check_public(request("ECDH-ES", "A256GCM", {"epk": case["public"]}))
    except MalformedTokenError:
        return None
    assert secrets == []
    assert unwrap() == all_algorithms.concat_kdf(secrets[0], "A256GCM", 32)
    return secrets[0].hex()


@pytest.mark.parametrize(
    ("curve", "file", "counts"),
    [
        ("P-256", "ecdh_secp256r1_webcrypto", {("valid", True): 330, ("invalid", False): 23}),
        ("P-384", "ecdh_secp384r1_webcrypto", {("valid", True): 771, ("invalid", False): 23}),
        ("P-521", "ecdh_secp521r1_webcrypto", {("valid", True): 632, ("invalid", False): 23}),
        (
            "X25519",
            "x25519_jwk",
            {
                ("valid", True): 264,
                ("acceptable", True): 223,
                ("acceptable", False): 31,
                ("invalid", False): 13,
            },
        ),
        (
            "X448",
            "x448_jwk",
            {
                ("valid", True): 253,
                ("acceptable", True): 234,
                ("acceptable", False): 11,
                ("invalid", False): 25,
            },
        ),
    ],
)
def test_wycheproof_agreements(shared_vectors, curve, file, counts):
    """Acceptable keys agree, as RFC 7748 section 5 asks, but for the all-zero secret."""
    (group,) = json.loads((shared_vectors / f"wycheproof/{file}_test.json").read_text())[
        "testGroups"
    ]
    seen = Counter()
    for case in group["tests"]:
        secret = shared_secret(case, curve)
        seen[case["result"], secret is not None] += 1
        if secret is not None:
            assert secret == case["shared"], case["tcId"]
        elif case["result"] != "invalid":
            assert set(case["shared"]) == {"0"}, case["tcId"]
    assert seen == counts
