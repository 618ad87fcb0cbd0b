"""What is kept is computed once, and no more of it than there is room for."""

import threading

import pytest

from hubert_demo.analysis.threads import one_thread
from hubert_demo.memo import Memo


def test_a_result_is_computed_once_and_the_oldest_leaves():
    memo: Memo[int, list[int]] = Memo(2)
    first = memo.get(1, lambda: [1])
    assert memo.get(1, lambda: [2]) is first
    memo.get(2, lambda: [2])
    assert memo.get(1, lambda: [3]) is first
    memo.get(3, lambda: [3])
    assert memo.get(2, lambda: [4]) == [4]


def test_what_is_known_is_given_and_nothing_computed_for_it():
    memo: Memo[int, str] = Memo(1)
    assert memo.known(1) is None
    memo.get(1, lambda: "one")
    assert memo.known(1) == "one"
    seen = []
    memo.get(2, lambda: seen.append(memo.known(2)) or "two")
    assert seen == [None]
    assert memo.known(1) is None


def test_what_failed_is_tried_again():
    memo: Memo[str, int] = Memo(1)

    def fail() -> int:
        raise ValueError("not today")

    with pytest.raises(ValueError, match="not today"):
        memo.get("a", fail)
    assert memo.get("a", lambda: 5) == 5


def test_a_quick_result_does_not_wait_for_a_slow_one():
    memo: Memo[str, int] = Memo(2)
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> int:
        begun.set()
        return int(may_end.wait(30))

    thread = threading.Thread(target=memo.get, args=("slow", slow))
    thread.start()
    try:
        assert begun.wait(30)
        assert memo.get("quick", lambda: 1) == 1
        assert thread.is_alive()
    finally:
        may_end.set()
        thread.join()


def limits() -> dict[str, int]:
    from threadpoolctl import threadpool_info

    return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.fixture
def two_threads():
    """What a machine of several cores grants, though the tests keep to one thread."""
    import numpy  # noqa: F401 - brings the BLAS that is limited
    from threadpoolctl import threadpool_limits

    limits = threadpool_limits(2, "blas")
    yield
    limits.restore_original_limits()


def test_the_last_to_leave_lifts_the_limit(two_threads):
    before = limits()
    assert set(before.values()) == {2}
    inside, may_leave = threading.Event(), threading.Event()

    def work() -> None:
        with one_thread():
            inside.set()
            may_leave.wait(30)

    thread = threading.Thread(target=work)
    with one_thread():
        thread.start()
        inside.wait(30)
    assert set(limits().values()) == {1}
    may_leave.set()
    thread.join()
    assert limits() == before


def test_any_thread_sets_the_limit_whichever_was_the_first_to_do_so(two_threads):
    seen = []

    def work() -> None:
        with one_thread():
            seen.extend(limits().values())

    with one_thread():
        pass
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert set(seen) == {1}
    assert set(limits().values()) == {2}


def test_bytes_are_bounded_and_the_newest_always_stays():
    memo: Memo[int, bytes] = Memo(10, max_bytes=10, size_of=len)
    first, second = memo.get(1, lambda: bytes(4)), memo.get(2, lambda: bytes(6))
    assert memo.get(1, lambda: b"again") is first
    large = memo.get(3, lambda: bytes(50))
    assert memo.get(3, lambda: b"again") is large
    assert memo.get(2, lambda: b"again") is not second
