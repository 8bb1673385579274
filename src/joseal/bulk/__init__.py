"""Many tokens at once: in order, in bounded memory, one outcome for each item, on any executor.

    with encrypt_many(rows, load_sealer) as outcomes:       # load_sealer makes an Encrypter
        for row, outcome in zip(names, outcomes):
            print(row, outcome.value if outcome.error is None else outcome.code)

Rules:
- A bad item is an outcome and does not end the run: no exception of an item leaves a worker.
- Outcomes come in the order of the items, and none is missing or comes twice, even when processes
  die. The iterable is consumed only as outcomes are taken.
- A prepared object works on threads. It can't be pickled, so processes get a factory, which each
  of them calls once in a run: a function of a module, without arguments.
- joseal's own processes are spawned, never forked: a fork would copy locks that other threads hold.
  As with every use of spawned processes, a script needs its `if __name__ == "__main__"`.
- The name of a task does not depend on its content. Its pickle contains the content: an executor
  that spans machines needs an encrypted transport (Dask: `tls://`) and no spilling to disk.
"""

from joseal.bulk.many import decrypt_many, encrypt_many, rewrap_many
from joseal.bulk.outcome import Item, ItemError, LostError, Outcome, Outcomes

__all__ = [
    "Item",
    "ItemError",
    "LostError",
    "Outcome",
    "Outcomes",
    "decrypt_many",
    "encrypt_many",
    "rewrap_many",
]
