"""Nothing secret in what Python remembers: no frames, no pickles."""

import copy
import dataclasses
import functools
import gc
import inspect
import pickle
import sys
import threading
import traceback
import types
import typing
import weakref

import pytest
from tests.helpers import forge
from tests.helpers.rows import each_row

from joseal import Decrypter, Encrypter, InvalidKeyError, KeySet, MalformedTokenError
from joseal._core import secrecy
from joseal._core.secrecy import Opaque, hide_locals, hide_locals_async


class Secret:
    """Something whose life can be watched."""


def caught_from(error, *secrets, **more):
    try:
        fail(error, *secrets, **more)
    except BaseException as found:  # noqa: BLE001 - whatever it is, it is looked at
        return found


class ForeignError(Exception):
    """A class that joseal can't know, such as a KMS client's own."""


class ForeignPanic(BaseException):
    """What passes every `except Exception`, such as a panic of a library in Rust."""


# joseal's own, what Python raises, what ends a program, and what nobody has thought of.
RAISED = [
    *(InvalidKeyError("x"), TypeError("x"), ValueError("x"), OverflowError("x"), MemoryError("x")),
    *(RecursionError("x"), OSError("x"), KeyboardInterrupt("x"), FileNotFoundError(2, "x")),
    *(KeyError("x"), IndexError("x"), AttributeError("x"), ZeroDivisionError("x")),
    *(RuntimeError("x"), NotImplementedError("x"), AssertionError("x"), ImportError("x")),
    *(SystemExit("x"), GeneratorExit("x"), ForeignError("x"), ForeignPanic("x")),
    UnicodeDecodeError("utf-8", b"x", 0, 1, "x"),
]


def as_module(name, source):
    """Run source text as a module of that name, and return what it defines."""
    defined = {
        "__name__": name,
        "hide_locals": hide_locals,
        "hide_locals_async": hide_locals_async,
    }
    exec(compile(source, f"{name}.py", "exec"), defined)  # noqa: S102 - the text is below
    return defined


FAILING = as_module(
    "joseal.failing",
    """
@hide_locals
def fail(error, *secrets, **more):
    inner = [secrets, more]
    del inner
    raise error

@hide_locals
def fail_with_cause(secret):
    try:
        raise OSError(secret)
    except OSError as cause:
        raise ValueError("x") from cause

@hide_locals
def fail_with_context(secret):
    try:
        raise OSError(secret)
    except OSError:
        raise ValueError("x")
""",
)
fail = FAILING["fail"]

OURS = as_module(
    "joseal.inner",
    """
def call(act, secret):
    kept = [secret]
    return act(*kept)

def fail(error, secret):
    kept = [secret]
    raise error

def fail_while_handling(error, secret):
    try:
        raise OSError(secret)
    except OSError:
        raise error

@hide_locals
def public(act, *secrets):
    kept = [secrets]
    return call(act, *secrets)

@hide_locals_async
async def coroutine(act, *secrets):
    kept = [secrets]
    return call(act, *secrets)

@hide_locals
def public_while_handling(act, secret):
    try:
        raise OSError(secret)
    except OSError:
        act(secret)
""",
)


def finished(act, *arguments):
    """Run the coroutine, which waits for nothing, and return what it returns."""
    running = OURS["coroutine"](act, *arguments)
    try:
        running.send(None)
    except StopIteration as done:
        return done.value
    finally:
        running.close()


GUARDS = {"function": OURS["public"], "coroutine": finished}
LIBRARY = as_module("urllib3.connection", "def call(act, secret):\n    return act(secret)\n")


def locals_of(error):
    """Return what a crash reporter keeps, of each frame below the test's own, by function name."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][1:]
    return [(frame.f_code.co_name, dict(frame.f_locals)) for frame in frames]


def caught(act, *arguments):
    """Return what `act` raises, which may have been raised before."""
    for error in RAISED:
        error.__traceback__ = None
    try:
        act(*arguments)
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is looked at
        return error


@each_row("error", RAISED, ids=lambda error: type(error).__name__)
def test_every_class_leaves_with_its_places_and_without_our_locals(error):
    found = caught(OURS["public"], functools.partial(OURS["fail"], error), "s-4111")
    assert found is error
    (guarded, its_own), *inner = locals_of(found)
    assert (guarded, its_own.keys()) == ("guarded", {"function"})
    assert inner == [("public", {}), ("call", {}), ("fail", {})]


@each_row("error", RAISED, ids=lambda error: type(error).__name__)
def test_every_class_raised_by_the_callers_object_keeps_the_callers_frames(error):
    def device(data):
        mine = "the caller's own"
        helper(data, mine)

    def helper(data, mine):
        raise error

    found = caught(OURS["public"], device, "s-4111")
    assert found is error
    names = [name for name, _ in locals_of(found)]
    assert names == ["guarded", "public", "call", "device", "helper"]
    assert [held for _, held in locals_of(found)[1:3]] == [{}, {}]
    assert locals_of(found)[-1][1]["mine"] == "the caller's own"
    last = traceback.extract_tb(found.__traceback__)[-1]
    assert (last.filename, last.line) == (__file__, "raise error")


def test_library_that_we_called_is_cleared_and_one_that_the_caller_called_is_not():
    error = ValueError("x")
    found = caught(
        OURS["public"],
        functools.partial(LIBRARY["call"], functools.partial(OURS["fail"], error)),
        "s-4111",
    )
    assert [held for _, held in locals_of(found)[1:]] == [{}, {}, {}, {}]

    def device(data):
        LIBRARY["call"](refuse, data)

    def refuse(data):
        raise error

    found = caught(OURS["public"], device, "s-4111")
    assert [name for name, held in locals_of(found) if held.get("secret") == "s-4111"] == ["call"]


def test_callers_exception_keeps_its_cause():
    def device(data):
        try:
            LIBRARY["call"](refuse, data)
        except OSError as error:
            raise ForeignError("x") from error

    def refuse(data):
        raise OSError("unreachable")

    found = caught(OURS["public"], device, "s-4111")
    assert str(found.__cause__) == "unreachable"
    assert found.__cause__ is found.__context__
    assert found.__suppress_context__
    places = traceback.extract_tb(found.__cause__.__traceback__)
    assert [place.name for place in places] == ["device", "call", "refuse"]


def test_what_joseal_was_handling_does_not_leave_with_the_callers_exception():
    def device(data):
        raise ForeignError("x")

    found = caught(OURS["public_while_handling"], device, "s-4111")
    assert [held for _, held in locals_of(found)[1:2]] == [{}]
    frames = traceback.walk_tb(found.__context__.__traceback__)
    assert [frame.f_locals for frame, _ in frames] == [{}]
    assert found.__context__.__cause__ is found.__context__.__context__ is None


@each_row("error", RAISED, ids=lambda error: type(error).__name__)
def test_coroutine_is_guarded_as_a_function_is(error):
    found = caught(finished, functools.partial(OURS["fail"], error), "s-4111")
    assert found is error
    (_, _), (guarded, its_own), *inner = locals_of(found)
    assert (guarded, its_own.keys()) == ("guarded", {"function"})
    assert inner == [("coroutine", {}), ("call", {}), ("fail", {})]
    assert finished(len, "s-4111") == 6


@pytest.mark.parametrize("guard", GUARDS)
def test_interrupt_while_it_is_cleaned_leaves_without_any_place(guard, monkeypatch):
    def interrupted(error, handled):
        raise KeyboardInterrupt(error)

    error = ForeignError("x")
    monkeypatch.setattr(secrecy, "_clean", interrupted)
    found = caught(GUARDS[guard], functools.partial(OURS["fail_while_handling"], error), "s-4111")
    assert isinstance(found, KeyboardInterrupt)
    assert found.__cause__ is found.__context__ is None
    assert error.__traceback__ is error.__cause__ is error.__context__ is None
    frames = [frame for frame, _ in traceback.walk_tb(found.__traceback__)]
    ours = [frame for frame in frames if frame.f_globals["__name__"].startswith("joseal")]
    assert {frame.f_code.co_name for frame in ours} <= {"guarded"}
    assert "s-4111" not in repr([frame.f_locals for frame in ours])


@pytest.fixture
def untraced():
    """Watch no frame: a tracer works in the frame that it watches, and takes stack there."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize("guard", GUARDS)
def test_no_local_shows_wherever_the_stack_ends(guard):
    """What cleans needs less of the stack than what may have taken a secret in hand."""

    def deep(left):
        return GUARDS[guard](len, "s-4111") if left == 0 else deep(left - 1)

    limit = sys.getrecursionlimit()
    ends = 0
    try:
        depth = len(inspect.stack())
        sys.setrecursionlimit(depth + 60)
        for left in range(20, 60):
            error = caught(deep, left)
            ends += isinstance(error, RecursionError)
            while error is not None:
                for frame, _ in traceback.walk_tb(error.__traceback__):
                    ours = frame.f_globals["__name__"].startswith("joseal")
                    assert not ours or "s-4111" not in repr(frame.f_locals)
                error = error.__context__
    finally:
        sys.setrecursionlimit(limit)
    assert 0 < ends < 40


@pytest.mark.parametrize("function", [FAILING["fail_with_cause"], FAILING["fail_with_context"]])
def test_cause_and_context_from_below_are_dropped(function):
    with pytest.raises(ValueError, match="x") as caught:
        function("s-" + "4111")
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert not caught.value.__suppress_context__
    assert "s-4111" not in "".join(traceback.format_exception(caught.value))


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
    @hide_locals
    def double(number: int, *, by: int = 2) -> int:
        """Double it."""
        return number * by

    assert (double(4), double(4, by=3)) == (8, 12)
    assert (double.__name__, double.__doc__) == ("double", "Double it.")


@dataclasses.dataclass(frozen=True)
class FrozenError(Exception):
    """A class that refuses every assignment, also that of a traceback."""

    code: int = 1


def test_error_that_refuses_assignments_is_cleaned():
    found = caught(OURS["public"], functools.partial(OURS["fail_while_handling"], FrozenError()), 4)
    assert isinstance(found, FrozenError)
    assert found.__cause__ is found.__context__ is None
    assert [held for _, held in locals_of(found)[1:]] == [{}, {}, {}]


def test_members_of_a_group_are_cleaned():
    """A device that asks several machines gathers what each of them raised."""
    inner, gathered = ValueError("x"), []

    def device(data):
        try:
            LIBRARY["call"](functools.partial(OURS["fail"], inner), data)
        except ValueError as error:
            gathered.append(error)
        raise ExceptionGroup("several", [ExceptionGroup("more", gathered)])

    found = caught(OURS["public"], device, "s-4111")
    assert isinstance(found, ExceptionGroup)
    frames = [frame for frame, _ in traceback.walk_tb(inner.__traceback__)]
    assert [frame.f_code.co_name for frame in frames] == ["device", "call", "fail"]
    assert frames[0].f_locals["data"] == "s-4111"
    assert frames[-1].f_locals == {}


class Pair(typing.NamedTuple):
    secret: str


def test_constructor_of_a_named_tuple_is_ours():
    found = caught(OURS["public"], functools.partial(Pair.__new__, int), "s-4111")
    assert isinstance(found, TypeError)
    assert [name for name, _ in locals_of(found)][-1] == "<lambda>"
    assert [held for _, held in locals_of(found)[1:]] == [{}, {}, {}]


def test_frame_that_another_thread_still_runs_leaves_with_the_traceback():
    """One exception object is raised in two threads: each has the other's frames on it."""
    error = ForeignError("x")
    reached, left = threading.Event(), threading.Event()

    def running(secret):
        try:
            OURS["fail"](error, secret)
        except ForeignError:
            reached.set()
            left.wait(10)

    other = threading.Thread(target=OURS["call"], args=(running, "s-4111"))
    other_traceback = threading.Thread(target=other.run)
    other_traceback.start()
    try:
        assert reached.wait(10)
        frame = sys._current_frames()[other_traceback.ident]
        while frame.f_code.co_name != "call":
            frame = frame.f_back
        shared = types.TracebackType(error.__traceback__, frame, frame.f_lasti, frame.f_lineno)

        def device(data):
            raise error.with_traceback(shared)

        found = None
        try:
            OURS["public"](device, "s-4111")
        except ForeignError as again:
            found = again
        assert found is error
        shown = [frame.f_locals for frame, _ in traceback.walk_tb(found.__traceback__)][1:]
        assert "kept" not in {name for held in shown for name in held}
    finally:
        left.set()
        other_traceback.join()


def test_exception_of_the_caller_that_joseal_raises_again_makes_no_cycle():
    first, second = OSError("first"), KeyError("second")
    try:
        try:
            raise first
        except OSError:
            raise second  # noqa: B904 - the context is what is tested
    except KeyError:
        found = caught_from(first)
    chain = []
    while found is not None:
        assert found not in chain
        chain.append(found)
        found = found.__context__
    assert chain == [first, second]


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


class Hidden(Opaque):
    __slots__ = ("_content",)

    def __init__(self, content):
        self._set(_content=content)


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
            TypeError, match=r"^this object may hold a secret and can't be pickled: "
        ):
            pickle.dumps(value, protocol)


def test_copy_of_an_opaque_object_is_the_object():
    box = Box([])
    assert copy.copy(box) is box
    assert copy.deepcopy([box])[0] is box


def test_error_of_a_constructor_can_be_reported():
    for make in (
        lambda: Encrypter(forge.key("RSA-OAEP"), enc="A128GCM"),
        lambda: KeySet([]),
        lambda: Decrypter([], enc="A128GCM"),
    ):
        with pytest.raises(InvalidKeyError) as caught:
            make()
        traceback.TracebackException.from_exception(caught.value, capture_locals=True)


def refused_while_handling():
    try:
        {}["of the caller"]
    except KeyError:
        Decrypter(forge.key("A128KW"), enc="A128GCM").decrypt("x")


def test_what_the_caller_was_handling_is_printed_too():
    with pytest.raises(MalformedTokenError) as caught:
        refused_while_handling()
    assert "of the caller" in "".join(traceback.format_exception(caught.value))


def test_secret_is_in_no_state_and_in_no_list_of_names():
    """Debuggers show the value of each attribute that is listed."""
    box = Box("s-4111")
    with pytest.raises(TypeError, match=r"^this object may hold a secret and can't be pickled$"):
        box.__getstate__()
    hidden = Hidden("s-4111")
    assert "content" in dir(box)
    assert "_content" not in dir(hidden)
    assert {"__class__", "__slots__"} <= set(dir(hidden))
