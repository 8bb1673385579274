"""The tables of the migration page are what comes of each side's defaults, where the peer is here."""

import pytest
from tests.interop import defaults

PAGE = defaults.columns_of(defaults.PAGE.read_text("utf-8"))
SAMPLE = ["A128CBC-HS256", "A256GCM"]


def test_every_peer_has_a_table():
    assert {title.rpartition(" ")[0] for title in PAGE} == {kind.name for kind in defaults.PEERS}


# Authlib warns of its own module when it is imported, whatever the filters are.
@pytest.mark.filterwarnings("ignore:authlib.jose module is deprecated")
@pytest.mark.parametrize("kind", defaults.PEERS, ids=lambda kind: kind.name)
def test_a_table_says_what_comes_of_the_defaults(kind):
    if not defaults.is_installed(kind):
        pytest.skip(f"{kind.name} is not installed")
    peer = kind()
    (title,) = (title for title in PAGE if title.rpartition(" ")[0] == kind.name)
    if title != f"{kind.name} {defaults.version_of(peer)}":
        pytest.skip(f"the page is about {title}")
    shown = {alg: pair for alg, pair in PAGE[title].items() if any(pair)}
    made = defaults.column(peer, SAMPLE)
    assert {alg: pair for alg, pair in made.items() if any(pair)} == shown


def test_a_cell_names_the_encs_that_differ():
    class Picky:
        names = frozenset({"A128KW", "A128GCM", "A256GCM", "A192GCM"})

        def encrypt(self, key, alg, enc, *, named):
            raise ValueError

        def decrypt(self, key, alg, enc, token, *, named):
            if enc == "A192GCM" or (enc == "A256GCM" and not named):
                raise ValueError
            return defaults.DATA

    encs = ["A128GCM", "A128CBC-HS256", "A192GCM", "A256GCM"]
    said = defaults.cell(Picky(), "A128KW", defaults.made_here, encs)
    assert said == "yes; no for A192GCM; if named for A256GCM"
    assert defaults.cell(Picky(), "A256KW", defaults.made_here, encs) == ""
    assert defaults.cell(Picky(), "A128KW", defaults.made_there, encs) == "no"
