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


def test_lock_of_an_object_is_one_in_a_process_and_another_in_a_child(monkeypatch):
    lock = processes.LockOfProcess()
    held = lock.current()
    assert lock.current() is held
    with held:
        monkeypatch.setattr(processes, "process_id", lambda: (-1, 1))
        child = lock.current()
        assert child is not held
        assert not child.locked()
        assert lock.current() is child


def test_lock_of_a_child_is_one_however_many_threads_ask_first(monkeypatch):
    lock = processes.LockOfProcess()
    lock.current()

    class Meanwhile:
        """A thread that was faster, between the look and the lock."""

        def __enter__(self):
            lock._kept = processes._Kept((-1, 1), other)

        def __exit__(self, *_error):
            pass

    other = threading.Lock()
    monkeypatch.setattr(processes, "process_id", lambda: (-1, 1))
    monkeypatch.setattr(processes, "process_lock", Meanwhile)
    assert lock.current() is other


def test_system_without_fork_has_one_process(monkeypatch):
    monkeypatch.delattr(os, "register_at_fork")
    module = runpy.run_path(processes.__file__)
    assert module["process_id"]() == (os.getpid(), 0)
    assert not module["process_lock"]().locked()
