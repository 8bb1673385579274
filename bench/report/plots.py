"""The plots of the page: SVG that takes its colours from the page, be it light or dark."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.bulk import workers
from bench.large import memory, streams
from bench.measure import Samples, low
from bench.tokens import importing, loading, refusing
from bench.tokens.peers import PEERS, Joseal
from bench.tokens.subjects import CHUNKED, LARGE, PRIMITIVES, SIZES

_NAMES: Final = tuple(peer.name for peer in PEERS)
_COLOURS: Final = dict(zip(_NAMES, ("#3b82d0", "#d08a1e", "#3f9c6b", "#9a6fc4"), strict=True))
_NEUTRAL: Final = "#8b919a"
_INK: Final = "#010203"
_LINE: Final = "#040506"
_MIB: Final = 1024 * 1024
_WIDTH_INCHES: Final = 4.9

_STYLE: Final = {
    "font.size": 9.5,
    "svg.hashsalt": "joseal",
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.edgecolor": _LINE,
    "grid.color": _LINE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


class Plot(NamedTuple):
    """A picture with what it says."""

    title: str
    caption: str
    svg: str


class _Bar(NamedTuple):
    label: str
    value: float
    shown: str
    colour: str = _NEUTRAL


def plots(measured: Mapping[str, Samples]) -> Iterator[Plot]:
    """Yield the plots of what was measured."""
    with mpl.rc_context(_STYLE):
        yield from _ratios(measured)
        yield from _rates(measured)
        yield _memory(measured)
        yield _refusals(measured[refusing.GROUP])
        yield _bulk(measured[workers.GROUP])
        yield _importing(measured[importing.GROUP])
        yield _loading(measured)
        yield _streams(measured[streams.MEMORY])


def _base(size: str) -> str:
    return CHUNKED if size in LARGE else PRIMITIVES


def _ratios(measured: Mapping[str, Samples]) -> Iterator[Plot]:
    for work, verb in (("encrypt", "Encrypting"), ("decrypt", "Decrypting")):
        figure, axes = _figure(4.6)
        for place, size in enumerate(SIZES):
            samples = measured[f"{work} {size}"]
            present = [name for name in _NAMES if name in samples]
            for row, name in enumerate(present):
                value = low(samples[name]) / low(samples[_base(size)])
                at = place + 0.2 * (row - (len(_NAMES) - 1) / 2)
                axes.barh(at, value, height=0.17, color=_COLOURS[name])
                axes.text(value, at, f" {value:.2f}", va="center", size=8)
        axes.axvline(1, color=_INK, linewidth=1.2)
        axes.annotate(
            *("the bare calls", (1, -0.6)), (4, 0), textcoords="offset points", size=8, va="center"
        )
        axes.set_yticks(range(len(SIZES)), list(SIZES))
        axes.set_ylim(len(SIZES) - 0.45, -0.8)
        axes.set_xlim(0, axes.get_xlim()[1] * 1.08)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("times as long as the bare calls")
        _legend(axes)
        yield Plot(
            f"{verb}, next to the bare calls",
            "The bare calls are RSA, AES and HMAC on the same bytes; from 1 MiB on AES and HMAC, "
            "in chunks that stay in the cache. Authlib decrypts at most 256,000 characters. "
            "Shorter is better.",
            _svg(figure, f"{verb}: time by size and library, as ratios to the bare calls"),
        )


def _legend(axes: Axes) -> None:
    handles = [mpl.patches.Patch(color=_COLOURS[name], label=name) for name in _NAMES]
    axes.legend(
        *(),
        handles=handles,
        ncols=4,
        loc="lower left",
        bbox_to_anchor=(-0.12, 1.0),
        columnspacing=1.2,
        handlelength=1.1,
    )


def _rates(measured: Mapping[str, Samples]) -> Iterator[Plot]:
    places = list(range(len(SIZES)))
    for work, verb in (("encrypt", "Encrypting"), ("decrypt", "Decrypting")):
        figure, axes = _figure(3.6)
        for name in _NAMES:
            rates = _mib_a_second(measured, work, dict.fromkeys(SIZES, name))
            axes.plot(places[: len(rates)], rates, "o-", color=_COLOURS[name], markersize=4)
        bare = _mib_a_second(measured, work, {size: _base(size) for size in SIZES})
        axes.plot(places, bare, "--", color=_INK, linewidth=1.2)
        axes.annotate("the bare calls", (2.9, bare[3]), ha="right", va="bottom", size=8)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.set_xticks(places, list(SIZES))
        axes.set_ylabel("MiB a second")
        axes.grid(axis="y", linewidth=0.6)
        _legend(axes)
        yield Plot(
            f"{verb}, throughput by size",
            "Small tokens cost what RSA costs, large ones what AES, HMAC, base64 and memory cost. "
            "The scale is logarithmic. Higher is better.",
            _svg(figure, f"{verb}: MiB a second by size and library"),
        )


def _mib_a_second(
    measured: Mapping[str, Samples], work: str, names: Mapping[str, str]
) -> list[float]:
    return [
        SIZES[size] / _MIB / low(measured[f"{work} {size}"][name])
        for size, name in names.items()
        if name in measured[f"{work} {size}"]
    ]


def _memory(measured: Mapping[str, Samples]) -> Plot:
    bars = []
    for group, verb in ((memory.SEAL, "encrypt"), (memory.OPEN, "decrypt")):
        samples = measured[group]
        (made,) = samples[memory.MADE]
        for name in _NAMES:
            if name in samples:
                value = samples[name][0] / made
                bars.append(_Bar(f"{verb}, {name}", value, f"{value:.2f}", _COLOURS[name]))
    return Plot(
        "Memory for 64 MiB",
        "Peak above the input, in sizes of the result, which is itself the first of them (the "
        "line). Shorter is better.",
        _svg(_bars(bars, "sizes of the result", line=1), "Peak memory by library"),
    )


def _refusals(samples: Samples) -> Plot:
    bars = [
        _Bar(name, found := low(seconds) * 1e6, f"{found:.1f} us", _coloured(name))
        for name, seconds in samples.items()
    ]
    return Plot(
        "What a refusal costs",
        "Only what passes all public checks reaches the private key, and costs as much as a good "
        "token of 300 bytes.",
        _svg(_bars(bars, "microseconds"), "Time to refuse, by fault, next to decrypting"),
    )


def _coloured(name: str) -> str:
    return _COLOURS[Joseal.name] if name == refusing.OPENED else _NEUTRAL


def _bulk(samples: Samples) -> Plot:
    bars = [
        _Bar(name, rate := 1 / low(seconds), f"{rate:,.0f}", _COLOURS[Joseal.name])
        for name, seconds in samples.items()
    ]
    return Plot(
        "Bulk decryption by workers",
        "Tokens of 300 bytes a second, over all workers. Longer is better.",
        _svg(_bars(bars, "tokens a second"), "Tokens a second by number of workers"),
    )


def _loading(measured: Mapping[str, Samples]) -> Plot:
    bars = [
        _Bar(
            f"{form}, {name.removesuffix(' alone')}",
            *(value := low(seconds) * 1e3, f"{value:.2f} ms"),
            _COLOURS.get(name, _NEUTRAL),
        )
        for form, group in (("PEM", loading.PEM), ("JWK", loading.JWK_GROUP))
        for name, seconds in measured[group].items()
    ]
    return Plot(
        "Loading a private key",
        "RSA-2048. A loader that takes no time has not checked the key yet: the check, which takes "
        "most of the time, comes with the first use.",
        _svg(_bars(bars, "milliseconds"), "Time to load a private key, by library"),
    )


def _importing(samples: Samples) -> Plot:
    bars = [
        _Bar(name, value := low(seconds) * 1e3, f"{value:.0f} ms", _COLOURS.get(name, _NEUTRAL))
        for name, seconds in samples.items()
    ]
    return Plot(
        "Importing",
        "In a fresh process, byte-compiled. The grey bar is the minimum for encrypting with RSA "
        "and AES.",
        _svg(_bars(bars, "milliseconds"), "Time to import, by library"),
    )


def _streams(samples: Samples) -> Plot:
    bars = [
        _Bar(name, value := samples[name][0] / _MIB, f"{value:.1f} MiB", _COLOURS[Joseal.name])
        for name in streams.SUBJECTS
    ]
    return Plot(
        "Streaming",
        "Peak of resident memory above an idle interpreter with joseal imported. It does not grow "
        "with the size.",
        _svg(_bars(bars, "MiB"), "Peak memory of streams"),
    )


def _figure(height_inches: float) -> tuple[Figure, Axes]:
    figure = Figure((_WIDTH_INCHES, height_inches), layout="constrained")
    return figure, figure.add_subplot()


def _bars(bars: Sequence[_Bar], label: str, line: float | None = None) -> Figure:
    figure, axes = _figure(0.75 + 0.27 * len(bars))
    places = range(len(bars))
    colours = [bar.colour for bar in bars]
    axes.barh(places, [bar.value for bar in bars], height=0.68, color=colours)
    for place, bar in enumerate(bars):
        axes.text(bar.value, place, f" {bar.shown}", va="center", size=8)
    axes.set_yticks(places, [bar.label for bar in bars])
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.set_xlim(0, max(bar.value for bar in bars) * 1.2)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(label)
    if line is not None:
        axes.axvline(line, color=_INK, linewidth=1.2)
    return figure


def _svg(figure: Figure, description: str) -> str:
    """Return the figure for a page: without a prologue, in the page's colours."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace(_INK, "currentColor").replace(_LINE, "var(--line)")
    # Nothing points to these names, and they would come twice on one page.
    svg = re.sub(r' id="\w+_\d+"', "", svg)
    svg = re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"', r"<svg \1", svg, count=1)
    svg = re.sub(r"<svg height=\"[^\"]*\" width=\"[^\"]*\"", "<svg", svg, count=1)
    return svg.replace("<svg", f'<svg role="img" aria-label="{description}"', 1)
