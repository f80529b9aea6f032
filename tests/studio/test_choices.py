from __future__ import annotations

import pytest

from engine.checkpoints.offers import Offer
from engine.errors import CheckpointError, RequestError
from engine.knobs import Family, build_request
from engine.model.config import ModelKind
from studio.choices import (
    check_choice,
    find_offer,
    helper_choices,
    helpers_of,
    modes_for,
    openers_for,
    rescorers_for,
    start_values,
)
from tests.studio.fake_shelf import fake_offer, published

MINI = fake_offer("mini")
PLAIN = published("plain")
LONG = published("long", window_s=30.0)
SOUND = published("sound", sample_rate_hz=16_000)
HYBRID = published("hybrid", kind=ModelKind.HYBRID, window_s=30.0)
GEN = published("gen", kind=ModelKind.AUTOREGRESSIVE, window_s=30.0)
OFFERS = (MINI, PLAIN, LONG, SOUND, HYBRID, GEN)


@pytest.mark.parametrize(
    ("offer", "family"),
    [
        (MINI, Family.MINI),
        (PLAIN, Family.MUSIC),
        (LONG, Family.LONG_MUSIC),
        (SOUND, Family.SOUND),
    ],
)
def test_the_family_is_known_before_a_model_is_loaded(offer: Offer, family: Family) -> None:
    assert offer.family is family


def test_a_model_starts_in_hybrid_mode_if_it_can() -> None:
    assert start_values(MINI)["mode"] == start_values(HYBRID)["mode"] == "hybrid"
    assert start_values(PLAIN)["mode"] == "parallel"
    assert start_values(GEN)["mode"] == "autoregressive"


def test_a_model_starts_with_its_familys_values() -> None:
    assert start_values(LONG)["steps"][0] == 60
    assert start_values(SOUND)["cfg_start"] == 20.0
    assert start_values(MINI, "draft")["steps"] == (8, 2, 1, 1)


def test_a_clip_starts_no_longer_than_the_window() -> None:
    assert start_values(LONG)["duration_s"] == 10.0
    short = start_values(fake_offer(window_s=2.0))
    assert (short["duration_s"], short["opening_s"]) == (2.0, 1.0)


def test_what_a_model_starts_with_can_be_carried_out() -> None:
    for offer in (*OFFERS, fake_offer("tiny", window_s=0.5)):
        check_choice(build_request(start_values(offer)), offer, OFFERS)


def test_another_model_can_open_if_it_has_the_same_codec_and_writes_left_to_right() -> None:
    assert openers_for(PLAIN, OFFERS) == ("hybrid", "gen")
    assert openers_for(MINI, OFFERS) == openers_for(SOUND, OFFERS) == ()
    assert openers_for(GEN, OFFERS) == ()


def test_a_hybrid_can_judge_its_own_tokens() -> None:
    assert rescorers_for(HYBRID, OFFERS) == ("self", "gen")
    assert rescorers_for(MINI, OFFERS) == ("self",)
    assert rescorers_for(PLAIN, OFFERS) == ("hybrid", "gen")


def test_nobody_comes_first_in_a_list_of_helpers() -> None:
    assert helper_choices("opener", PLAIN, OFFERS)[0] == ("No other model", "")
    assert helper_choices("opener", HYBRID, OFFERS)[0] == ("This model", "")
    assert helper_choices("rescorer", MINI, OFFERS) == [("Nobody", ""), ("This model", "self")]


def test_with_an_opener_a_parallel_model_is_a_hybrid() -> None:
    assert modes_for(PLAIN) == ("parallel",)
    assert modes_for(PLAIN, has_opener=True) == ("parallel", "hybrid")
    request = build_request({"mode": "hybrid", "opener": "gen"})
    check_choice(request, PLAIN, OFFERS)


def test_a_mode_that_the_model_has_not_is_refused_before_it_is_loaded() -> None:
    with pytest.raises(RequestError, match="mode is hybrid; expected parallel for plain"):
        check_choice(build_request({"mode": "hybrid"}), PLAIN, OFFERS)


def test_a_helper_with_another_codec_is_refused() -> None:
    with pytest.raises(RequestError, match="gen cannot help mini"):
        check_choice(build_request({"mode": "hybrid", "opener": "gen"}), MINI, OFFERS)


def test_a_helper_that_is_not_on_offer_is_refused() -> None:
    with pytest.raises(CheckpointError, match="'/etc' is not on offer"):
        check_choice(build_request({"mode": "parallel", "rescorer": "/etc"}), PLAIN, OFFERS)


def test_only_helpers_that_have_something_to_do_are_needed() -> None:
    values = {"opener": "gen", "rescorer": "hybrid"}
    assert helpers_of(build_request({**values, "mode": "hybrid"})) == ("gen", "hybrid")
    assert helpers_of(build_request({**values, "mode": "parallel"})) == ("hybrid",)
    assert helpers_of(build_request({**values, "mode": "autoregressive"})) == ()
    idle = {**values, "mode": "parallel", "rescorer_weight": 0.0}
    assert helpers_of(build_request(idle)) == ()
    assert helpers_of(build_request({"mode": "hybrid", "rescorer": "self"})) == ()


@pytest.mark.parametrize("sent", ["../mini", "", None, 3, {"name": "mini"}])
def test_only_what_is_on_offer_is_found(sent: object) -> None:
    assert find_offer("mini", OFFERS) is MINI
    with pytest.raises(CheckpointError, match="expected mini or plain"):
        find_offer(sent, OFFERS)
