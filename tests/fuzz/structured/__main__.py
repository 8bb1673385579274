"""Draw keys with changed structure, from the root of a checkout:

    python -m tests.fuzz.structured --count 1000000 --seed 7      a million, the same each time
    python -m tests.fuzz.structured --seed 7 --only 4711          one of them again

What breaks a rule is written to `.fuzz/structured/`, with the number that makes it again. The exit
status is not 0 where something was found.
"""

import argparse
import faulthandler
import gc
import sys
import time
import traceback
import warnings

import cryptography
from tests.fuzz.material import ROOT
from tests.fuzz.structured.rules import count_panics
from tests.fuzz.structured.run import Run

MOST_FINDINGS = 20
# Longer than a thousand executions take, on a machine that does other things too.
HANGS_AFTER = 1200
BETWEEN_REPORTS = 50_000


def arguments():
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.structured")
    parser.add_argument("--count", type=int, default=100_000, help="how many executions")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--begin", type=int, default=0, help="the number of the first one")
    parser.add_argument("--only", type=int, help="the number of the only one")
    parser.add_argument("--lenient", action="store_true", help="ignore warnings: more is read")
    parser.add_argument("--texts", action="store_true", help="print every text of a refusal")
    return parser.parse_args()


def written(run, number, error):
    place = ROOT / ".fuzz" / "structured"
    place.mkdir(parents=True, exist_ok=True)
    text = "".join(traceback.format_exception(error))
    (place / f"{run.seed}-{number}.txt").write_text(text, "utf-8", "backslashreplace")
    sys.stdout.write(f"FOUND {type(error).__name__}: --seed {run.seed} --only {number}\n")


def main():
    chosen = arguments()
    # As an exception, as in the tests, or not at all, as in most programs: BER and certificates that
    # break RFC 5280 are only warned of, and read.
    warnings.simplefilter("ignore" if chosen.lenient else "error")
    run = Run(chosen.seed)
    count_panics(run.rules.counts)
    # Or each collection walks every tree. A refusal leaves no cycle.
    gc.freeze()
    gc.set_threshold(50_000)
    if chosen.only is not None:
        run.one(chosen.only)
        return
    began, found = time.monotonic(), 0
    sys.stdout.write(
        f"cryptography {cryptography.__version__}, seed {chosen.seed}{' lenient' * chosen.lenient}\n"
    )
    for number in range(chosen.begin, chosen.begin + chosen.count):
        if number % 1000 == 0:
            faulthandler.dump_traceback_later(HANGS_AFTER, exit=True)
        try:
            run.one(number)
        except KeyboardInterrupt:
            break
        except BaseException as error:  # noqa: BLE001 - a panic is one, and is looked for
            written(run, number, error)
            found += 1
            if found == MOST_FINDINGS:
                break
        if (number + 1) % BETWEEN_REPORTS == 0:
            report(run, began, found)
    report(run, began, found)
    if chosen.texts:
        sys.stdout.write("".join(f"{text}\n" for text in sorted(run.rules.texts)))
    sys.exit(found > 0)


def report(run, began, found):
    took = time.monotonic() - began
    counts = ", ".join(f"{name} {count:,}" for name, count in sorted(run.rules.counts.items()))
    sys.stdout.write(
        f"{run.done - run.rules.counts['not given']:,} executions, {took:.0f} s, {time.process_time():.0f} CPU s, found {found}; "
        f"{counts}; texts of refusals {len(run.rules.texts)}; slowest {run.slowest[0]:.2f} s ({run.slowest[1]})\n"
    )
    sys.stdout.flush()


main()
