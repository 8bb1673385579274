"""Which algs may be combined if a recorded message must be safe from a quantum computer.

Source: draft-ietf-jose-hpke-pq-pqt section 5.
"""

from collections.abc import Iterable

from joseal._core.algorithms.registry import ALGS


def weakest_of(algs: Iterable[str]) -> str | None:
    """Return the alg that undoes the others' protection against a quantum computer, if one does."""
    specs = [ALGS[alg] for alg in algs if alg in ALGS]
    if not any(spec.kind == "AKP" for spec in specs):
        return None
    return next((spec.name for spec in specs if not spec.is_quantum_resistant), None)
