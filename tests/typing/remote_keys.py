"""Remote keys, as a type checker sees them."""

import datetime as dt
from typing import assert_type

from joseal import DecryptedToken, Decrypter, Encrypter, Key, KeySet, Signer, Verifier
from joseal.remote import (
    Destruction,
    Fetch,
    FileKeys,
    Health,
    KeyRing,
    KeySource,
    KeyUse,
    OpenIdIssuer,
    RemoteKeys,
    RingKey,
)


def sources() -> list[KeySource]:
    seen: list[Fetch] = []
    url = OpenIdIssuer("https://login.example")
    login = RemoteKeys(url, alg={"RSA": "RS256"}, use="sig", on_fetch=seen.append)
    RemoteKeys("https://a.example", alg="RS257", use="sig")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    RemoteKeys("https://a.example", alg="RS256", use="both")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    RemoteKeys("https://a.example", alg="RS256")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    RemoteKeys(url, alg="RS256", use="sig", on_fetch=seen)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    mine = FileKeys("mine.jwks", alg="RSA-OAEP-256", use="enc", private=True)
    return [login, mine]


def hand_out(remote: RemoteKeys, mine: FileKeys, token: str) -> None:
    assert_type(remote.key_set(), KeySet)
    assert_type(remote.refresh(), KeySet)
    assert_type(remote.health(), Health)
    assert_type(remote.health().age_seconds, float | None)
    assert_type(remote.verifier(token, typ="JWT", crit={"exp"}, form="general"), Verifier)
    remote.verifier(token, enc="A256GCM")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    remote.verifier(token, typ=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(remote.encrypter("A256GCM", kid="a", header={"typ": "x"}), Encrypter)
    remote.encrypter("A256CBC")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(mine.decrypter({"A256GCM"}, token, accept_zip=True), Decrypter)
    assert_type(mine.signer(), Signer)


def rotate(key: Key, at: dt.datetime, token: str) -> None:
    seen: list[KeyUse] = []
    ring = KeyRing([RingKey(key, announced=at)], on_use=seen.append)
    assert_type(ring.announce(key, at).promote("a", at).retire("a", at).remove("a"), KeyRing)
    assert_type(ring.encrypter("A256GCM", apu=b"a"), Encrypter)
    assert_type(ring.open(token, ["A256GCM"]), DecryptedToken)
    assert_type(ring.signer(), Signer)
    assert_type(ring.verifier(typ="JWT"), Verifier)
    assert_type(seen[0].kid, str | None)
    if ring.states()["a"] == "primary":
        ring.promote("a", "2027-01-01")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    RingKey(key)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    quiet = dt.timedelta(days=30)
    answer = ring.may_destroy("a", quiet=quiet, last_used=None, fetched={"p": at, "q": None})
    assert_type(answer, Destruction)
    ring.may_destroy("a", quiet=30, last_used=at, fetched={})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
