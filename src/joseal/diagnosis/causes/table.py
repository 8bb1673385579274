"""The type of a table of causes: for each stable code the sentence and the remedy.

Source: none; the format is this project's own.
"""

from collections.abc import Mapping
from typing import TypeAlias

# Code: what is wrong, and what to do about it.
Texts: TypeAlias = Mapping[str, tuple[str, str]]
