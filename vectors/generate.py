"""Write all test vectors: `python vectors/generate.py [--output FOLDER]`.

The same octets come out of every run. joseal is not imported, here or by any module beside this.
"""

import argparse
from pathlib import Path

from cases_authenticity import authenticity, construction
from cases_grammar import grammar
from cases_header import header
from cases_lengths import lengths
from cases_limits import limits
from cases_printed import content, printed, sample
from cases_private import padding, private
from cases_valid import valid
from notes import NOTES

# In the order of their numbers.
_BUILDERS = (
    printed,
    content,
    valid,
    grammar,
    header,
    lengths,
    limits,
    authenticity,
    construction,
    private,
    padding,
    sample,
)


def main() -> None:
    """Write the files into a folder, by default the one that this file is in."""
    parser = argparse.ArgumentParser(description="Write the test vectors.")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    folder: Path = parser.parse_args().output
    files = [build() for build in _BUILDERS]
    unused = set(NOTES) - {flag for file in files for flag in file.flags()}
    if unused:
        raise SystemExit(f"flags without a case: {', '.join(sorted(unused))}")
    for file in files:
        file.write(folder)


if __name__ == "__main__":
    main()
