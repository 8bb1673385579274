"""The table as a whole: names, sources, open questions, and that it is nothing but data."""

import ast
import copy
import inspect
import re
from pathlib import Path

import pytest
from tests.helpers.rows import each_row

from joseal import profiles
from joseal.profiles import Profile, identity, juspay, payments, registry

ALL = list(profiles.PROFILES.values())
DATA = (juspay, payments, identity)


def name_of(profile):
    return profile.name


def test_every_profile_has_a_name_of_its_own():
    held = [value for module in DATA for value in vars(module).values() if type(value) is Profile]
    assert len(held) == len(ALL) == 19
    assert {profile.name: profile for profile in held} == profiles.PROFILES


def test_every_profile_is_exported_under_its_name():
    for name, profile in profiles.PROFILES.items():
        assert getattr(profiles, name.replace("-", "_").upper()) is profile


@each_row("profile", ALL, ids=name_of)
def test_profile_is_documented(profile):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", profile.name)
    assert profile.about.endswith(".")
    assert len(profile.about) > 20
    assert all(source.strip() for source in profile.sources)


def test_sources_are_pages_but_for_the_one_that_has_none():
    without = {
        profile.name
        for profile in ALL
        if not all(re.fullmatch(r"https://[\w.-]+/\S*", source) for source in profile.sources)
    }
    assert without == {"axis-bank"}


@each_row("profile", ALL, ids=name_of)
def test_what_is_not_confirmed_has_an_open_question(profile):
    assert profile.confirmed == (not profile.open_question)
    assert profile.confirmed or len(profile.open_question) > 40


def test_what_is_confirmed():
    assert {p.name for p in ALL if p.confirmed} == {"mastercard", "openid4vp", "haip"}


def test_what_is_a_draft():
    assert {profile.name for profile in ALL if profile.is_draft} == {"payouts-post-quantum"}
    assert profiles.VISA_MLE.with_send(enc="C20P").is_draft
    received = profiles.VISA_MLE.replace(send=None)
    assert received.with_receive(algs=("HPKE-0-KE",)).is_draft
    assert not received.is_draft
    assert not profiles.VISA_MLE.replace(receive=None).is_draft


def test_pairs_of_keys_with_two_uses():
    assert {profile.name for profile in ALL if profile.dual_use} == {
        *("juspay-express", "juspay-express-fields", "juspay-webhooks", "axis-bank"),
        "hyperswitch-vault",
    }


@each_row("profile", ALL, ids=name_of)
def test_profile_can_not_be_changed(profile):
    for part in (profile, profile.send, profile.receive):
        if part is not None:
            with pytest.raises(AttributeError):
                part.envelope = None
            hash(part)
    assert copy.deepcopy(profile) == profile


def test_table_can_not_be_changed():
    with pytest.raises(TypeError):
        profiles.PROFILES["mine"] = profiles.VISA_MLE


@pytest.mark.parametrize("module", [*DATA, registry], ids=lambda module: module.__name__)
def test_profiles_are_data_without_code(module):
    tree = ast.parse(inspect.getsource(module))
    code = (ast.FunctionDef, ast.Lambda, ast.If, ast.IfExp, ast.For, ast.While, ast.ClassDef)
    assert [node for node in ast.walk(tree) if isinstance(node, code)] == []


def test_code_names_no_vendor():
    folder = Path(profiles.__file__).parent
    data = {Path(module.__file__).name for module in (*DATA, registry)} | {"__init__.py"}
    vendors = re.compile(
        r"\b(juspay|jusbiz|hyperswitch|visa|cybersource|mastercard|axis|wise|brazil|spid|openid)",
        re.IGNORECASE,
    )
    # An example of a docstring is about some profile, and so has a name.
    examples = re.compile(r"^ *(>>>|\.\.\.) .*$", re.MULTILINE)
    code = {path.name: path.read_text("utf-8") for path in folder.glob("*.py")}
    found = {name for name, text in code.items() if vendors.search(examples.sub("", text))}
    assert found == data
