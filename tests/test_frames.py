"""Nothing secret in what Python remembers: no frames, no pickles."""

import copy
import gc
import pickle
import traceback
import weakref

import pytest

from joseal import KeyUseError
from joseal.frames import Opaque, no_locals


class Secret:
    """Something whose life can be watched."""


@no_locals
def fail(error, *secrets, **more):
    inner = [secrets, more]
    del inner
    raise error


def caught_from(error, *secrets, **more):
    try:
        fail(error, *secrets, **more)
    except BaseException as found:  # noqa: BLE001 - whatever it is, it is looked at
        return found


CLEANED = [
    *(KeyUseError("x"), TypeError("x"), ValueError("x"), OverflowError("x"), MemoryError("x")),
    *(RecursionError("x"), OSError("x"), KeyboardInterrupt("x"), FileNotFoundError(2, "x")),
    # What the caller's own mappings, sequences and devices may raise.
    *(KeyError("x"), IndexError("x"), AttributeError("x"), ZeroDivisionError("x")),
    *(RuntimeError("x"), NotImplementedError("x")),
    UnicodeDecodeError("utf-8", b"x", 0, 1, "x"),
]


@pytest.mark.parametrize("error", CLEANED, ids=lambda error: type(error).__name__)
def test_listed_error_leaves_as_itself_without_our_frames(error):
    found = caught_from(error, "4111", password="4111")
    assert found is error
    frames = [frame for frame, _ in traceback.walk_tb(found.__traceback__)]
    assert [frame.f_code.co_name for frame in frames] == ["caught_from", "guarded"]
    assert "4111" not in repr(frames[-1].f_locals)
    assert set(frames[-1].f_locals) <= {"function"}


class OtherError(Exception):
    """An error that nobody has thought of."""


@pytest.mark.parametrize(
    "error", [OtherError("x"), AssertionError("x"), ImportError("x"), SystemExit("x")]
)
def test_error_that_is_not_listed_keeps_its_traceback(error):
    found = caught_from(error)
    frames = [frame.f_code.co_name for frame, _ in traceback.walk_tb(found.__traceback__)]
    assert frames == ["caught_from", "guarded", "fail"]


@no_locals
def fail_with_cause(secret):
    try:
        fail(OSError(secret))
    except OSError as cause:
        raise ValueError("x") from cause


@no_locals
def fail_with_context(secret):
    try:
        fail(OSError(secret))
    except OSError:
        raise ValueError("x")  # noqa: B904 - a context is what is wanted here


@pytest.mark.parametrize("function", [fail_with_cause, fail_with_context])
def test_cause_and_context_from_below_are_dropped(function):
    with pytest.raises(ValueError, match="x") as caught:
        function("41" + "11")
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert not caught.value.__suppress_context__
    assert "4111" not in "".join(traceback.format_exception(caught.value))


def test_what_the_caller_was_handling_stays():
    handled = OSError("of the caller")
    found = None
    try:
        fail(handled)
    except OSError:
        found = caught_from(ValueError("x"))
    assert found.__context__ is handled
    assert handled.__context__ is None


def test_what_the_function_returns_or_is_called_stays():
    @no_locals
    def double(number: int, *, by: int = 2) -> int:
        """Double it."""
        return number * by

    assert (double(4), double(4, by=3)) == (8, 12)
    assert (double.__name__, double.__doc__) == ("double", "Double it.")


class WatchedError(ValueError):
    """An error whose life can be watched, as a bare ValueError's can't."""


def test_arguments_and_error_die_with_the_call():
    """No cycle of a frame and its own exception keeps them."""
    watched = []

    def made(kind):
        thing = kind()
        watched.append(weakref.ref(thing))
        return thing

    gc.disable()
    try:
        try:
            fail(made(WatchedError), made(Secret), more=made(Secret))
        except WatchedError:
            assert [reference() is None for reference in watched] == [False, True, True]
        assert [reference() is None for reference in watched] == [True, True, True]
    finally:
        gc.enable()


class Box(Opaque):
    __slots__ = ("__weakref__", "content")

    def __init__(self, content):
        self._set(content=content)


def test_opaque_object_is_set_once():
    box = Box("x")
    assert box.content == "x"
    for name in ("content", "other", "__class__"):
        with pytest.raises(AttributeError, match=r"^this object is immutable$"):
            setattr(box, name, Box)
        with pytest.raises(AttributeError, match=r"^this object is immutable$"):
            delattr(box, name)
    assert not hasattr(box, "__dict__")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_opaque_object_is_never_pickled(protocol):
    for value in (Box("x"), [Box("x")], {"box": Box("x")}):
        with pytest.raises(
            TypeError, match=r"^this object may hold a secret and can't be pickled$"
        ):
            pickle.dumps(value, protocol)


def test_copy_of_an_opaque_object_is_the_object():
    box = Box([])
    assert copy.copy(box) is box
    assert copy.deepcopy([box])[0] is box
