"""The arguments next to a key: which of them are for the keys in use."""

import pytest

from joseal._core.keys.arguments import enc_in_use

OWN, OTHER = "HPKE-9", "RSA-OAEP-256"


@pytest.mark.parametrize(
    ("used", "known", "wanted"),
    [
        ([OTHER], [OTHER], "A256GCM"),
        ([OTHER, OWN], [OTHER, OWN], "A256GCM"),
        ([OWN], [OTHER, OWN], None),
        # The object that is made refuses it: no key ever needs it.
        ([OWN], [OWN], "A256GCM"),
    ],
)
def test_enc_is_for_keys_that_need_one(used, known, wanted):
    assert enc_in_use("A256GCM", iter(used), iter(known)) == wanted
    assert enc_in_use(None, used, known) is None


def test_enc_is_a_known_name_even_if_it_is_not_used():
    with pytest.raises(ValueError, match="A257GCM"):
        enc_in_use("A257GCM", [OWN], [OTHER, OWN])
