"""One execution: what is drawn for a number, and the loader that gets it."""

import os
from functools import cache

from tests.fuzz.keys import EVERY_ALG
from tests.fuzz.structured import armor, members, samples, sealing
from tests.fuzz.structured.trees import Tree, pick, raw_changed
from tests.helpers import der

from joseal import InvalidKeyError, Key, KeySet
from joseal.diagnosis import explain_key

# One in so many is a private RSA key that is whole: see `samples`.
RARE = 1 / 1000
NAMED_ALGS = EVERY_ALG[1:]
VARIABLE = "JOSEAL_FUZZ"


@cache
def donors():
    """Return the trees that a value may be taken from."""
    usual, rare = samples.samples()
    return tuple(sample.tree for sample in (*usual, *rare)) + tuple(
        tree for tree, _ in samples.bags()
    )


@cache
def deck():
    """Return the kinds of execution, each as often as it is to be drawn."""
    shares = {
        from_der: 28,
        from_pem: 26,
        from_sealed: 12,
        from_pkcs12: 9,
        from_jwk: 15,
        from_jwk_set: 3,
        from_openssh: 5,
        from_certificate: 4,
        from_environment: 3,
        from_secret: 2,
        explained: 2,
    }
    return tuple(kind for kind, share in shares.items() for _ in range(share))


def one(rng, rules):
    """Draw an input and give it to its loader."""
    kind = pick(rng, deck())
    kind(rng, rules)


def sample(rng):
    usual, rare = samples.samples()
    return pick(rng, rare if rng.random() < RARE else usual)


def alg_of(rng, algs):
    """Return an alg for such a key, or any."""
    return pick(rng, algs) if rng.random() < 0.85 else pick(rng, NAMED_ALGS)


def password(rng, *, is_needed=False):
    """Return the password, the wrong one or none."""
    drawn = rng.random()
    if drawn < (0.9 if is_needed else 0.1):
        return sealing.PASSWORD if drawn < 0.5 or not is_needed else sealing.PASSWORD.decode()
    return "wrong" if drawn > 0.98 else None


def load(rng, rules, loader, data, algs, **named):
    """Call a loader of keys, and look at the key."""
    alg, legacy = alg_of(rng, algs), rng.random() < 0.5
    if loader != Key.from_certificate:
        named["legacy"] = legacy
    found = rules.refused(loader, data, alg=alg, **named)
    if found is not None:
        rules.key(found)


def is_costly(rules, *raw):
    """Tell whether a loader would work for long, and count that it is spared."""
    found = any(map(sealing.costs_too_much, raw))
    rules.counts["not given"] += found
    return found


def changed_der(rng, drawn):
    raw = drawn.tree.changed(rng, donors())
    return raw_changed(rng, raw) if rng.random() < 0.05 else raw


def from_der(rng, rules):
    drawn = sample(rng)
    raw = changed_der(rng, drawn)
    secret = password(rng)
    if secret is not None and is_costly(rules, raw):
        return
    load(rng, rules, Key.from_der, raw, drawn.algs, password=secret)


def from_pem(rng, rules):
    drawn = sample(rng)
    raw = changed_der(rng, drawn)
    head, secret = b"", password(rng)
    if drawn.form == "traditional" and rng.random() < 0.5:
        head, raw = sealing.traditional(rng, raw)
        secret = password(rng, is_needed=True)
    text = armor.pem(rng, drawn.label, raw, head)
    if secret is not None and is_costly(rules, raw):
        return
    given = text.decode("latin-1") if rng.random() < 0.3 else text
    load(rng, rules, Key.from_pem, given, drawn.algs, password=secret)


@cache
def private_samples():
    return tuple([one for one in half if one.form == "pkcs8"] for half in samples.samples())


def from_sealed(rng, rules):
    """PKCS#8 that is encrypted, changed inside, outside or both."""
    usual, rare = private_samples()
    drawn = pick(rng, rare if rng.random() < RARE else usual)
    inner = drawn.tree.whole if rng.random() < 0.4 else changed_der(rng, drawn)
    raw = sealing.pkcs8(rng, inner)
    if rng.random() < 0.7:
        raw = Tree(raw).changed(rng, donors())
    if is_costly(rules, raw):
        return
    secret = password(rng, is_needed=True)
    if rng.random() < 0.5:
        load(rng, rules, Key.from_der, raw, drawn.algs, password=secret)
    else:
        text = armor.pem(rng, b"ENCRYPTED PRIVATE KEY", raw)
        load(rng, rules, Key.from_pem, text, drawn.algs, password=secret)


def from_pkcs12(rng, rules):
    """A PKCS#12 file: changed contents, or a changed list of them, or a changed file; MAC after that."""
    tree, algs = pick(rng, samples.bags())
    where = rng.random()
    inner = tree.changed(rng, donors()) if where < 0.5 else tree.whole
    if rng.random() < 0.2:
        # The bag of a key, encrypted by itself.
        inner = der.sequence(
            samples.bag("2a864886f70d010c0a0102", sealing.pkcs8(rng, _key_in(tree)), "name"), inner
        )
    parts = [sealing.safe_contents(rng, inner, is_sealed=rng.random() < 0.4)]
    if rng.random() < 0.15:
        parts.append(
            sealing.safe_contents(
                rng, pick(rng, samples.bags())[0].whole, is_sealed=rng.random() < 0.4
            )
        )
    authenticated = der.sequence(*parts)
    if 0.5 <= where < 0.7:
        authenticated = Tree(authenticated).changed(rng, donors())
    raw = sealing.pkcs12(rng, authenticated, has_mac=rng.random() < 0.8)
    if where >= 0.7:
        raw = Tree(raw).changed(rng, donors()) if where < 0.95 else raw_changed(rng, raw)
    if is_costly(rules, raw, inner):
        return
    alias = pick(rng, (None, None, None, "name", "nested", "absent"))
    load(
        rng, rules, Key.from_pkcs12, raw, algs, password=password(rng, is_needed=True), alias=alias
    )


def _key_in(tree):
    """Return the PKCS#8 of the first bag."""
    node = tree.root.inside[0].inside[0].inside
    return node[1].body if len(node) > 1 else tree.whole


def from_certificate(rng, rules):
    drawn = pick(rng, certificates())
    raw = changed_der(rng, drawn)
    if rng.random() < 0.5:
        raw = armor.pem(rng, drawn.label, raw)
        if rng.random() < 0.3:
            raw += armor.pem(rng, drawn.label, pick(rng, certificates()).tree.whole)
    load(rng, rules, Key.from_certificate, raw, drawn.algs)


@cache
def certificates():
    return [sample for sample in samples.samples()[0] if sample.form == "certificate"]


def from_openssh(rng, rules):
    text, algs = pick(rng, samples.openssh())
    load(rng, rules, Key.from_pem, armor.line(rng, text), algs, password=password(rng))


def members_of(rng):
    usual, rare = samples.jwks()
    own, algs = pick(rng, rare if rng.random() < RARE else usual)
    return members.jwk(rng, own), algs


def from_jwk(rng, rules):
    text, algs = members_of(rng)
    named = {"dual_use": True} if rng.random() < 0.1 else {}
    load(rng, rules, Key.from_jwk, members.given(rng, text), algs, **named)


def from_jwk_set(rng, rules):
    listed = [members_of(rng) for _ in range(pick(rng, (1, 2, 2, 3, 6)))]
    text = members.jwk_set(rng, [text for text, _ in listed])
    alg = alg_of(rng, listed[0][1]) if rng.random() < 0.7 else None
    found = rules.refused(
        KeySet.from_jwks, members.given(rng, text), alg=alg, legacy=rng.random() < 0.5
    )
    if found is None:
        return
    for key in found:
        rules.key(key)
    for _, reason in found.skipped:
        assert reason.isprintable()


def from_environment(rng, rules):
    if rng.random() < 0.6:
        drawn = sample(rng)
        text, algs = armor.pem(rng, drawn.label, drawn.tree.whole), drawn.algs
    else:
        text, algs = members_of(rng)
        text = text.encode()
    value = armor.environment(rng, text)
    if "\0" in value:  # which no environment has
        rules.counts["not given"] += 1
        return
    os.environ[VARIABLE] = value
    load(rng, rules, Key.from_env, VARIABLE, algs)


def from_secret(rng, rules):
    """Bytes of a key as a shared secret: never accepted where they are whole."""
    drawn = sample(rng)
    is_whole = rng.random() < 0.3
    raw = drawn.tree.whole if is_whole else changed_der(rng, drawn)
    if rng.random() < 0.4:
        raw = armor.pem(rng, drawn.label, raw)
    found = rules.refused(Key.from_bytes, raw, alg="HS256")
    assert found is None or not is_whole or not _is_read(drawn, raw)


def _is_read(drawn, raw):
    try:
        (Key.from_pem if raw.startswith(b"-----") else Key.from_der)(raw, alg=drawn.algs[0])
    except InvalidKeyError:
        return False
    return True


def explained(rng, rules):
    drawn = sample(rng)
    raw = changed_der(rng, drawn)
    if rng.random() < 0.5:
        raw = armor.pem(rng, drawn.label, raw)
    found = explain_key(raw)
    assert str(found).isprintable() or "\n" in str(found)
    rules.counts["explained"] += 1
