"""Claims: what reading and issuing give, and mistakes that a checker has to find."""

from collections.abc import Mapping
from typing import assert_type

import msgspec

import joseal
from joseal import claims


class Session(msgspec.Struct):
    """What one application keeps in a session."""

    sub: str


class NoStruct:
    """A class that claims can't be given as."""


def rules(key: joseal.Key, opened: joseal.VerifiedToken, bare: joseal.DecryptedToken) -> None:
    made = claims.Claims(issuer=["a", "b"], audience="c", require=("exp", "jti"), now=lambda: 1)
    assert_type(made.read(opened), claims.ClaimSet)
    assert_type(made.read(bare, anonymous=True), claims.ClaimSet)
    assert_type(made.read(opened, Session), Session)
    assert_type(made.read(opened, Session).sub, str)
    assert_type(made.issue({"sub": "a"}, lifetime_seconds=60), bytes)
    made.read("a.b.c")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    made.read(opened, NoStruct)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
    claims.Claims(issuer=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    claims.Claims("a")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    joseal.Signer(key).sign(made.issue())


def read(read: claims.ClaimSet) -> None:
    assert_type(read.subject, str | None)
    assert_type(read.audience, tuple[str, ...])
    assert_type(read.expires_at, float | None)
    assert_type(read.all, Mapping[str, object])


def whole(keys: joseal.KeySet, made: claims.Claims, key: joseal.Key) -> None:
    verifier = claims.JwtVerifier(keys, made)
    assert_type(verifier.read("a.b.c"), claims.ClaimSet)
    assert_type(verifier.read(b"a.b.c", Session), Session)
    both = claims.EncryptedJwt(made, enc="A256GCM", signing_key=key, encryption_key=key)
    assert_type(both.issue({"sub": "a"}), str)
    assert_type(both.read("a"), claims.ClaimSet)
    claims.EncryptedJwt(made, enc="A512GCM")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    claims.JwtVerifier(made, keys)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def stores(read: claims.ClaimSet) -> None:
    store: claims.SeenOnce = claims.MemorySeenOnce(capacity=10)
    seen = store.claim(read)
    assert_type(seen, claims.SeenClaim)
    assert_type(store.confirm(seen), bool)
    store = claims.SqliteSeenOnce("seen.db")
    store.claim("t-1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def sessions(cookies: dict[str, str]) -> None:
    session = claims.AuthJsSession(["a", "b"], version=4)
    assert_type(session.read(cookies), claims.ClaimSet)
    assert_type(session.issue({"sub": "a"}), dict[str, str])
    claims.AuthJsSession("a", version=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    joseal.Key.derived("a", alg="dir", enc="A256GCM", info="b")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def errors(error: joseal.ClaimsError) -> None:
    assert_type(error.claim, str)
    assert_type(error.rule, str)
