"""Remote keys, as a type checker sees them."""

from typing import assert_type

from joseal import Decrypter, Encrypter, KeySet, Signer, Verifier
from joseal.remote import Fetch, FileKeys, Health, KeySource, OpenIdIssuer, RemoteKeys


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
    assert_type(remote.verifier(token, typ="JWT", crit={"exp"}), Verifier)
    remote.verifier(token, enc="A256GCM")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    remote.verifier(token, typ=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(remote.encrypter("A256GCM", kid="a", header={"typ": "x"}), Encrypter)
    remote.encrypter("A256CBC")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(mine.decrypter({"A256GCM"}, token, accept_zip=True), Decrypter)
    assert_type(mine.signer(), Signer)
