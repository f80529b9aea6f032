from __future__ import annotations

import pytest

from studio.prompts import CHIPS, EXAMPLES, active_chips, is_chip, toggle_chip


def test_a_chip_goes_to_the_end() -> None:
    assert toggle_chip("", "piano") == "piano"
    assert toggle_chip("a quiet song", "piano") == "a quiet song, piano"
    assert toggle_chip("a quiet song, ", "piano") == "a quiet song, piano"


def test_a_second_tap_takes_it_away() -> None:
    assert toggle_chip(toggle_chip("a quiet song", "piano"), "piano") == "a quiet song"
    assert toggle_chip("Piano, slow", "piano") == "slow"


def test_a_persons_own_sentence_is_never_cut() -> None:
    prompt = "a piano in an old house"
    assert active_chips(prompt) == ()
    assert toggle_chip(toggle_chip(prompt, "piano"), "piano") == prompt


def test_no_word_is_in_two_groups() -> None:
    words = [word for group in CHIPS.values() for word in group]
    assert len(words) == len(set(words))
    assert all(word == word.lower() or "BPM" in word for word in words)


def test_a_chip_is_pressed_after_its_tap() -> None:
    for group in CHIPS.values():
        for word in group:
            assert active_chips(toggle_chip("x", word)) == (word,)


@pytest.mark.parametrize("sent", ["<b>", "", None, 3, ["piano"], {"a": 1}])
def test_what_no_chip_sends_is_no_chip(sent: object) -> None:
    assert not is_chip(sent)


def test_examples_fit_the_prompt() -> None:
    assert all(0 < len(text) <= 500 and "\n" not in text for text in EXAMPLES)
