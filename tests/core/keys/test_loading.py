"""What the ways to load a key return before there is a key."""

from tests.helpers import forge

from joseal._core.keys import loading


def test_what_was_loaded_shows_no_material():
    secret = forge.secret("A256KW", "A256GCM")
    loaded = loading.of_bytes(secret, "A256KW")
    assert loaded.material == secret
    assert repr(loaded) == "Loaded(alg='A256KW', kid=None)"
