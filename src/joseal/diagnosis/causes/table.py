"""What a table of causes is: for each stable code the sentence and the remedy.

Source: none; the shape is this project's own.
"""

from collections.abc import Mapping
from typing import TypeAlias

# Code: what is wrong, and what to do about it.
Texts: TypeAlias = Mapping[str, tuple[str, str]]
