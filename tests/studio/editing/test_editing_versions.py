from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.audio import Region
from studio.editing.versions import MAX_VERSIONS, Edits, Proposal, Tokens, lineage
from tests.studio.editing.editing_help import version_of

TOKENS = Tokens(codes=np.zeros((4, 10), np.int16), frame_rate_hz=50)


def proposal_for(parent_id: str) -> Proposal:
    return Proposal(
        parent_id=parent_id,
        candidates=(),
        n_samples=80_000,
        offset_samples=0,
        sample_rate_hz=8_000,
        regions=(Region(start_sample=8_000, stop_sample=16_000),),
        is_loop=False,
        label="1.00–2.00 s made anew",
        parent_tokens={"codec": TOKENS},
    )


def three() -> Edits:
    edits = Edits().opened(version_of("a"))
    edits = edits.committed(version_of("b", parent_id="a"))
    return edits.committed(version_of("c", parent_id="b"))


def test_nothing_is_shown_before_a_clip_is_opened() -> None:
    edits = Edits()
    assert edits.current is None and not edits.can_undo and not edits.can_redo
    assert edits.undone() is edits and edits.redone() is edits


def test_undo_and_redo_walk_through_the_versions() -> None:
    edits = three()
    back = edits.undone().undone()
    assert (back.current_id, back.past, back.future) == ("a", (), ("b", "c"))
    assert back.redone().redone() == edits
    assert back.undone() is back


def test_a_transition_leaves_the_earlier_state_as_it_was() -> None:
    edits = three()
    edits.undone()
    edits.committed(version_of("d"))
    assert edits == three()


def test_what_is_opened_next_can_be_undone() -> None:
    edits = three().opened(version_of("other"))
    assert edits.current_id == "other"
    assert edits.undone().current_id == "c"
    assert len(edits.versions) == 4


def test_an_edit_after_an_undo_ends_redo_but_forgets_no_version() -> None:
    edits = three().undone().committed(version_of("d", parent_id="b"))
    assert not edits.can_redo
    assert edits.past == ("a", "b")
    assert edits.version("c") is not None


def test_a_version_is_gone_to_by_undo_by_redo_or_as_a_step_of_its_own() -> None:
    edits = three()
    assert edits.gone_to("a") == edits.undone().undone()
    assert edits.gone_to("a").gone_to("c") == edits
    branched = edits.undone().committed(version_of("d", parent_id="b"))
    back = branched.gone_to("c")
    assert (back.current_id, back.past, back.future) == ("c", ("a", "b", "d"), ())


@pytest.mark.parametrize("sent", [None, 0, ["a"], {"a": 1}, "z", "c"])
def test_going_to_nothing_or_to_what_is_shown_changes_nothing(sent: object) -> None:
    edits = three()
    assert edits.gone_to(sent) is edits


def test_a_proposal_waits_until_it_is_committed_or_discarded() -> None:
    edits = three().proposed(proposal_for("c"))
    assert edits.proposal is not None
    assert edits.discarded().proposal is None
    assert edits.committed(version_of("d", parent_id="c")).proposal is None
    assert edits.undone().proposal is None
    assert edits.discarded().current_id == "c"


def test_tokens_of_an_edit_stay_with_the_version_that_was_edited() -> None:
    edits = three().proposed(proposal_for("c")).discarded()
    assert edits.current is not None and edits.current.tokens == {"codec": TOKENS}
    assert edits.version("b").tokens == {}  # type: ignore[union-attr]


def test_a_proposal_is_shown_in_the_version_that_was_edited() -> None:
    edits = three().undone().proposed(proposal_for("c"))
    assert edits.current_id == "c" and edits.proposal is not None
    assert edits.current.tokens == {"codec": TOKENS}  # type: ignore[union-attr]
    assert edits.undone().current_id == "b"


def test_a_proposal_for_nothing_known_changes_nothing() -> None:
    edits = three()
    assert edits.proposed(proposal_for("gone")) is edits


def test_regions_are_told_in_seconds() -> None:
    assert proposal_for("a").regions_s == ((1.0, 2.0),)


def test_versions_are_bounded_and_undo_reaches_all_that_it_names() -> None:
    edits = Edits()
    for number in range(MAX_VERSIONS + 20):
        edits = edits.committed(version_of(str(number)))
    assert len(edits.versions) == MAX_VERSIONS
    assert all(edits.version(each) is not None for each in edits.past)
    for _ in range(MAX_VERSIONS - 1):
        edits = edits.undone()
    assert not edits.can_undo and edits.current is not None
    for _ in range(MAX_VERSIONS - 1):
        edits = edits.redone()
    assert edits.current_id == str(MAX_VERSIONS + 19)


def test_what_was_undone_leaves_before_what_undo_reaches() -> None:
    edits = three().undone()
    for number in range(MAX_VERSIONS - 2):
        edits = edits.committed(version_of(str(number)))
    assert edits.version("c") is None
    assert edits.version("a") is not None


@pytest.mark.parametrize("sent", [None, 0, ["a"], {"a": 1}, "z"])
def test_only_a_version_of_this_tab_is_found(sent: object) -> None:
    assert three().version(sent) is None
    assert proposal_for("a").candidate(sent) is None


def test_a_lineage_names_all_that_took_part() -> None:
    opened = version_of("a", origin={"model": "first"})
    assert lineage(version_of("x")) == []
    assert lineage(opened) == [{"model": "first"}]
    edited = replace(opened, made={"model": "second", "earlier": lineage(opened)})
    assert lineage(edited) == [{"model": "first"}, {"model": "second"}]


def test_a_strangers_lineage_does_no_harm() -> None:
    for earlier in ("text", 5, [1, "x"], {"a": 1}):
        assert lineage(version_of("a", origin={"model": "m", "earlier": earlier}))[-1] == {
            "model": "m"
        }
