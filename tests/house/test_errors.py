"""What holds for every error of the package, wherever it is defined."""

import importlib
import inspect
import pickle
import pkgutil
import re
from collections.abc import Iterator

import pytest
from tests.helpers.rows import each_row

import joseal

SAMPLES = {str: "sample", int: 7, int | None: 8, bool: True}
GROUPS = (joseal.JoseError, joseal.TokenError)

for info in pkgutil.walk_packages(joseal.__path__, "joseal."):
    # One would run the command line; pytest wants to be the first to import the other.
    if info.name not in ("joseal.__main__", "joseal.juspay.pytest_plugin"):
        importlib.import_module(info.name)


def descendants(kind: type[joseal.JoseError]) -> Iterator[type[joseal.JoseError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from descendants(child)


def sample(kind: type[joseal.JoseError]) -> joseal.JoseError:
    parameters = inspect.signature(kind).parameters.values()
    return kind(*(SAMPLES[parameter.annotation] for parameter in parameters))


ERRORS = [kind for kind in descendants(joseal.JoseError) if not kind.__name__.startswith("_")]
RAISED = [kind for kind in ERRORS if kind not in GROUPS]


@each_row("kind", RAISED)
def test_error_has_a_code_of_its_own_or_its_parents(kind: type[joseal.JoseError]) -> None:
    assert re.fullmatch(r"[a-z_]+", kind.code)
    assert kind.code != joseal.JoseError.code


def test_no_two_errors_of_the_contract_share_a_code() -> None:
    contract = [kind for kind in RAISED if kind.__name__ in joseal.__all__]
    assert len({kind.code for kind in contract}) == len(contract) == 11


@each_row("kind", RAISED)
def test_error_pickles_and_comes_back_equal(kind: type[joseal.JoseError]) -> None:
    error = sample(kind)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  our own pickle of a line before
    assert type(again) is kind
    assert again == error
    assert str(again) == str(error)
    kept = {**error.__dict__}
    if kind is joseal.ApiError:  # the other side's texts stay behind
        kept |= {"error_message": "", "user_message": ""}
    assert again.__dict__ == kept


@each_row("kind", RAISED)
def test_error_differs_from_other_kinds(kind: type[joseal.JoseError]) -> None:
    assert all(sample(kind) != sample(other) for other in RAISED if other is not kind)


@pytest.mark.parametrize("kind", GROUPS)
def test_group_is_never_raised_itself(kind: type[joseal.JoseError]) -> None:
    with pytest.raises(TypeError, match="only groups errors"):
        kind("anything")


@each_row("kind", ERRORS)
def test_error_is_in_the_facade_or_next_to_what_raises_it(kind: type[joseal.JoseError]) -> None:
    assert kind.__name__ in joseal.__all__ or kind.__module__ != "joseal.errors"
