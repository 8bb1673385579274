"""Session cookies of Auth.js and next-auth, both ways with the npm packages themselves.

The peers are looked for in the folder that `JOSEAL_AUTHJS` names, where `npm install @auth/core
next-auth@4` was run.
"""

import json
import os
import shutil
import subprocess
import textwrap
import time
from pathlib import Path

import msgspec
import pytest
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import (
    ClaimsError,
    DecryptionError,
    InvalidKeyError,
    MalformedTokenError,
    TokenTooLargeError,
    UnknownKeyError,
)
from joseal.claims import AuthJsSession

SECRET, OTHER = "a text of 32 random bytes, base64", "the secret that was used before it"
USER = {"sub": "u-1", "name": "A", "email": "a@example.com"}
LARGE = {**USER, "pad": "x" * 9000}
VERSIONS = {4: "next-auth.session-token", 5: "authjs.session-token"}


def session(version=5, **settings):
    return AuthJsSession(SECRET, version=version, **({"secure": False} | settings))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("secure", [False, True])
def test_session_comes_back(version, secure):
    mine = session(version, secure=secure)
    cookies = mine.issue(USER)
    assert list(cookies) == [("__Secure-" if secure else "") + VERSIONS[version]] == [mine.cookie]
    read = mine.read({**cookies, "theme": "dark", f"{mine.cookie}x": "y"})
    assert read.all.items() >= USER.items()
    assert read.token_id is not None
    assert read.expires_at - read.issued_at == 30 * 24 * 60 * 60


def test_claims_are_given_as_a_struct():
    class User(msgspec.Struct):
        email: str

    assert session().read(session().issue(USER), User) == User("a@example.com")


@pytest.mark.parametrize(("version", "chunk"), [(4, 3933), (5, 3936)])
def test_large_session_is_cut_into_chunks(version, chunk):
    cookies = session(version).issue(LARGE)
    name = VERSIONS[version]
    assert list(cookies) == [f"{name}.{number}" for number in range(len(cookies))]
    assert {len(value) for value in list(cookies.values())[:-1]} == {chunk}
    shuffled = dict(sorted(cookies.items(), reverse=True))
    assert session(version).read(shuffled).subject == "u-1"


CHUNKS = session().issue(LARGE)
NAME = VERSIONS[5]


@pytest.mark.parametrize(
    ("cookies", "text"),
    [
        ({}, "there is no session among the cookies"),
        ({"theme": "dark"}, "there is no session among the cookies"),
        ({f"{NAME}.x": "a", f"{NAME}.00": "b", f"{NAME}.-1": "c"}, "there is no session"),
        ({**CHUNKS, NAME: "a"}, "whole and in chunks"),
        (
            {name: part for name, part in CHUNKS.items() if name[-1] != "0"},
            "a chunk of the session is missing",
        ),
        (
            {name: part for name, part in CHUNKS.items() if name[-1] != "1"},
            "a chunk of the session is missing",
        ),
        ({f"{NAME}.{number}": "a" for number in range(65)}, "too many"),
    ],
)
def test_cookies_that_are_not_one_session_are_refused(cookies, text):
    with pytest.raises(MalformedTokenError, match=text):
        session().read(cookies)


def test_session_that_has_expired_is_refused():
    begun = time.time()
    cookies = session(now=lambda: begun).issue(USER, lifetime_seconds=60)
    later = session(now=lambda: begun + 60 + 20)
    with pytest.raises(ClaimsError, match=r"^exp: it has passed$"):
        later.read(cookies)
    assert session(now=lambda: begun + 60 + 10).read(cookies).subject == "u-1"


def test_secret_is_changed_with_two_of_them():
    for version in VERSIONS:
        old = AuthJsSession(OTHER, version=version, secure=False)
        new = AuthJsSession([SECRET, OTHER], version=version, secure=False)
        assert new.read(old.issue(USER)).subject == "u-1"
        assert session(version).read(new.issue(USER)).subject == "u-1"
        with pytest.raises((UnknownKeyError, DecryptionError)):
            session(version).read(old.issue(USER))


def test_name_of_the_cookie_is_part_of_the_key_in_version_5():
    token = session().issue(USER)[NAME]
    with pytest.raises(UnknownKeyError):
        session(cookie="other").read({"other": token})
    token = session(4).issue(USER)[VERSIONS[4]]
    assert session(4, cookie="other").read({"other": token}).subject == "u-1"


def test_session_that_no_browser_keeps_is_not_issued():
    with pytest.raises(TokenTooLargeError):
        session().issue({"pad": "x" * 300_000})


def test_repr_shows_no_secret():
    assert SECRET not in repr(session())


@each_row(
    ("secret", "settings", "error"),
    [
        ("short", {}, InvalidKeyError),
        ([], {}, ValueError),
        (b"x" * 32, {}, TypeError),
        (5, {}, TypeError),
        ([SECRET, 5], {}, TypeError),
        (SECRET, {"version": 3}, ValueError),
        (SECRET, {"version": "5"}, TypeError),
        (SECRET, {"secure": "yes"}, TypeError),
        (SECRET, {"cookie": "a b"}, ValueError),
        (SECRET, {"cookie": ""}, ValueError),
        (SECRET, {"cookie": 5}, TypeError),
        (SECRET, {"now": 5}, TypeError),
    ],
)
def test_settings_that_make_no_sense_are_refused(secret, settings, error):
    with pytest.raises(error):
        AuthJsSession(secret, **settings)


@pytest.mark.parametrize(
    "cookies", [None, "a=b", [("a", "b")], {NAME: 5}, {f"{NAME}.0": b"x"}, {5: "x"}]
)
def test_cookies_of_another_type_are_a_type_error(cookies):
    with pytest.raises(TypeError, match="cookies must be a mapping of str to str"):
        session().read(cookies)


# The peers


def peer(program, **given):
    """Run a program with the packages of Auth.js, and return what it prints as JSON."""
    folder = os.environ.get("JOSEAL_AUTHJS")
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if folder is None or not (Path(folder) / "node_modules/@auth/core/jwt.js").is_file():
        pytest.skip(
            "JOSEAL_AUTHJS names no folder with the npm packages @auth/core and next-auth@4"
        )
    head = """
        import * as v5 from '@auth/core/jwt';
        import { createRequire } from 'node:module';
        const inside = process.cwd() + '/node_modules/@auth/core/lib/utils/cookie.js';
        const { SessionStore } = await import(inside);
        const v4 = createRequire(process.cwd() + '/')('next-auth/jwt');
        const given = JSON.parse(process.argv[1]);
        const show = (value) => console.log(JSON.stringify(value));
        if (!globalThis.crypto) globalThis.crypto = (await import('node:crypto')).webcrypto;
    """
    done = subprocess.run(
        ["node", "--input-type=module", "-e", textwrap.dedent(head) + program, json.dumps(given)],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


ENCODE = "const m = given.version === 5 ? v5 : v4; show(await m.encode(given));"
DECODE = "const m = given.version === 5 ? v5 : v4; show(await m.decode(given));"
GET = """
    const m = given.version === 5 ? v5 : v4;
    const headers = new Headers({ cookie: given.cookie });
    const cookies = Object.fromEntries(given.cookie.split('; ').map((each) => each.split('=')));
    show(await m.getToken({ req: { headers, cookies }, secret: given.secret, secureCookie: false }));
"""


def settings(version):
    salt = {"salt": VERSIONS[5]} if version == 5 else {}
    return {"version": version, "secret": SECRET, **salt}


@pytest.mark.parametrize("version", VERSIONS)
def test_session_of_the_npm_package_is_read(version):
    token = peer(ENCODE, **settings(version), token=USER)
    read = session(version).read({VERSIONS[version]: token})
    assert read.all.items() >= USER.items()


@pytest.mark.parametrize("version", VERSIONS)
def test_session_of_joseal_is_read_by_the_npm_package(version):
    (token,) = session(version).issue(USER).values()
    assert peer(DECODE, **settings(version), token=token).items() >= USER.items()
    header = json.loads(forge.unb64(token.split(".")[0]))
    theirs = json.loads(forge.unb64(peer(ENCODE, **settings(version), token=USER).split(".")[0]))
    assert header == theirs


@pytest.mark.parametrize("version", VERSIONS)
def test_chunks_of_joseal_are_put_together_by_the_npm_package(version):
    cookies = session(version).issue(LARGE)
    text = "; ".join(f"{name}={value}" for name, value in cookies.items())
    assert len(cookies) > 2
    read = peer(GET, version=version, secret=SECRET, cookie=text)
    assert read.items() >= LARGE.items()


def test_chunks_of_the_npm_package_are_put_together_here():
    (token,) = peer(
        """
        const token = await v5.encode(given);
        const store = new SessionStore({ name: given.salt, options: {} }, {}, { debug() {} });
        show([store.chunk(token, {}).map(({ name, value }) => [name, value])]);
        """,
        **settings(5),
        token=LARGE,
    )
    assert len(token) > 2
    assert session().read(dict(token)).all.items() >= LARGE.items()
