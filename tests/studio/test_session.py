from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.decode import GenerationRequest
from studio.session import MAX_TAKES, Session, Take, new_take_id, roll_dice, seed_of


def _take(seed: int, *, is_example: bool = False) -> Take:
    return Take(
        take_id=f"id-{seed}",
        path="x.wav",
        request=GenerationRequest(seed=seed),
        model="fake",
        licence="CC0-1.0",
        duration_s=1.0,
        sample_rate_hz=32_000,
        gain_db=0.0,
        peaks="",
        is_example=is_example,
    )


EXAMPLES = tuple(_take(1_000 + i, is_example=True) for i in range(8))


def _own(n_takes: int) -> Session:
    session = Session().with_examples(EXAMPLES)
    for seed in range(n_takes):
        session = session.with_takes((_take(seed),))
    return session


def test_new_takes_come_first_in_their_own_order() -> None:
    session = Session().with_takes((_take(1),)).with_takes((_take(2), _take(3)))
    assert [take.request.seed for take in session.takes] == [2, 3, 1]


def test_a_transition_leaves_the_earlier_session_as_it_was() -> None:
    before = Session().with_takes((_take(1),))
    before.with_takes((_take(2),))
    assert len(before.takes) == 1


def test_old_takes_leave_the_page() -> None:
    session = Session()
    for seed in range(MAX_TAKES + 5):
        session = session.with_takes((_take(seed),))
    assert len(session.takes) == MAX_TAKES
    assert session.takes[0].request.seed == MAX_TAKES + 4


def test_examples_stand_below_own_takes_in_their_own_order() -> None:
    assert _own(0).shown == EXAMPLES
    assert [take.request.seed for take in _own(2).shown[:3]] == [1, 0, 1_000]
    assert _own(2).shown[2:] == EXAMPLES


def test_examples_take_no_room_from_own_takes_and_have_what_these_leave() -> None:
    assert len(_own(MAX_TAKES).takes) == MAX_TAKES
    assert _own(16).shown[16:] == EXAMPLES
    assert _own(20).shown[20:] == EXAMPLES[:4]
    assert _own(MAX_TAKES).shown == _own(MAX_TAKES).takes
    assert _own(MAX_TAKES + 5).shown == _own(MAX_TAKES + 5).takes


def test_an_example_is_found_like_a_take() -> None:
    for n_own in (0, 3, MAX_TAKES):
        assert _own(n_own).take("id-1007") is EXAMPLES[7]


def test_only_a_take_of_this_session_is_found() -> None:
    session = Session().with_takes((_take(1),))
    assert session.take("id-1") is session.takes[0]
    for sent in ("id-2", None, 0, ["id-1"], {"a": 1}):
        assert session.take(sent) is None


def test_a_variation_alone_has_its_own_seed() -> None:
    alone = seed_of(GenerationRequest(seed=7, variations=4), 2)
    assert (alone.seed, alone.variations) == (9, 1)


def test_dice_leave_room_for_eight_variations() -> None:
    assert all(0 <= roll_dice() + 7 <= 2**32 - 1 for _ in range(100))


def test_names_of_takes_differ() -> None:
    assert len({new_take_id() for _ in range(100)}) == 100


def test_takes_are_compared_without_their_tokens() -> None:
    with_tokens = replace(_take(1), codes=np.zeros((4, 50), np.int16), codec_hash="codec")
    assert with_tokens == _take(1)
    assert Session().with_takes((with_tokens,)) == Session().with_takes((_take(1),))
