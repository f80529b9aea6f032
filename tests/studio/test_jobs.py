from __future__ import annotations

import pytest

from engine.errors import EngineError
from studio.jobs import JobBook


def test_jobs_of_other_tabs_come_before() -> None:
    book = JobBook()
    book.enter("a")
    book.enter("b")
    assert (book.ahead("a"), book.ahead("b")) == (0, 1)


def test_leaving_stops_ones_own_job_and_no_other() -> None:
    book = JobBook()
    mine, other = book.enter("a"), book.enter("b")
    book.leave("a")
    assert mine.stop.is_set()
    assert not other.stop.is_set()
    assert book.ahead("b") == 0


def test_a_job_that_was_cancelled_while_it_waited_starts_stopped() -> None:
    book = JobBook()
    book.enter("a")
    book.leave("a")
    with book.working("a") as job:
        assert job.stop.is_set()


def test_a_finished_job_is_forgotten() -> None:
    book = JobBook()
    book.enter("a")
    with book.working("a") as job:
        assert not job.stop.is_set()
    book.enter("b")
    assert book.ahead("b") == 0


def test_entering_again_stops_the_older_job() -> None:
    book = JobBook()
    older = book.enter("a")
    newer = book.enter("a")
    assert older.stop.is_set()
    assert not newer.stop.is_set()


def test_one_more_than_may_wait_is_refused_and_the_others_stay() -> None:
    book = JobBook()
    book.enter("at work", max_waiting=1)
    book.enter("waits", max_waiting=1)
    with pytest.raises(EngineError, match="expected room"):
        book.enter("too many", max_waiting=1)
    assert book.ahead("waits") == 1
    book.leave("at work")
    book.enter("too many", max_waiting=1)


def test_pressing_again_takes_no_second_place() -> None:
    book = JobBook()
    for _ in range(5):
        book.enter("a", max_waiting=0)


def test_a_tab_has_a_job_from_the_press_to_the_end() -> None:
    book = JobBook()
    assert not book.has("a")
    book.enter("a")
    with book.working("a"):
        assert book.has("a")
        assert not book.has("b")
    assert not book.has("a")


def test_a_run_that_fails_because_it_was_cancelled_does_not_take_the_next_job_with_it() -> None:
    book = JobBook()
    book.enter("a")
    book.cancel("a")
    book.enter("a")
    assert not book.turned_away("a")
    assert book.has("a")


def test_a_tab_is_cancelled_until_its_next_job() -> None:
    book = JobBook()
    book.enter("a")
    book.cancel("a")
    assert book.is_cancelled("a")
    assert not book.is_cancelled("b")
    book.enter("a")
    assert not book.is_cancelled("a")


def test_a_job_that_never_began_is_left() -> None:
    book = JobBook()
    book.enter("a")
    assert book.turned_away("a")
    assert not book.has("a")
    assert not book.turned_away("a")
