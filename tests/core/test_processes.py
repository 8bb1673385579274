"""Which process this is: what a forked child finds. What a real fork does is in tests/faults."""

import os
import runpy
import threading

from joseal._core import processes


def test_child_has_a_number_and_a_free_lock_of_its_own():
    process = processes._Process()
    held = process.lock
    held.acquire()
    try:
        numbers = [process.forks]
        for _ in range(3):
            process.after_fork()
            numbers.append(process.forks)
            assert process.lock is not held
            assert not process.lock.locked()
    finally:
        held.release()
    assert numbers == [0, 1, 2, 3]


def test_id_and_lock_are_one_in_a_process():
    found = []
    thread = threading.Thread(
        target=lambda: found.extend((processes.process_id(), processes.process_lock()))
    )
    thread.start()
    thread.join()
    assert found == [processes.process_id(), processes.process_lock()]
    assert processes.process_id()[0] == os.getpid()


def test_system_without_fork_has_one_process(monkeypatch):
    monkeypatch.delattr(os, "register_at_fork")
    module = runpy.run_path(processes.__file__)
    assert module["process_id"]() == (os.getpid(), 0)
    assert not module["process_lock"]().locked()
