"""Keys are loaded here to be used."""

from tests.helpers.rsa_keys import checked_once  # noqa: F401 - a fixture
