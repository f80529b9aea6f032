"""Prompts ask in the captions' words, paraphrases in none of them, and both can be played."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from engine.evaluation.paraphrases import PARAPHRASES
from engine.evaluation.prompts import (
    FACTS,
    MODE_OF_MOOD,
    MOODS,
    PROMPTS,
    QUESTIONS,
    TEMPOS,
    Prompt,
    read_prompts,
    spread,
)
from engine.training.composer import caption_nouns as nouns
from engine.training.composer import caption_words as words
from engine.training.composer.captions import caption_tokens, caption_vocabulary
from engine.training.composer.instruments import INSTRUMENTS, MAIN_FAMILIES
from engine.training.composer.moods import main_mood
from engine.training.composer.song import tempo_class
from engine.training.composer.styles import STYLES
from engine.training.composer.theory import is_minor_mode

EVERY = (*PROMPTS, *PARAPHRASES)


def wordings(field: str, value: object) -> set[str]:
    """How captions say a fact."""
    if field == "instrument":
        own = [name for name, each in INSTRUMENTS.items() if each.family == value]
        named = [word for name in own for word in nouns.INSTRUMENT_WORDS[name]]
        return {*named, *nouns.FAMILY_WORDS[str(value)]}
    if field == "drums":
        spoken = {*words.DRUMLESS_CLAUSES, *words.DRUMLESS_ADJECTIVES}
        plain = {*nouns.DRUMS_NOUNS, *nouns.DRUM_MACHINE_NOUNS, *nouns.DRUMS_TAGS}
        return plain if value else spoken
    if field == "tempo":
        tempo = str(value)
        return {*words.TEMPO_WORDS[tempo], *words.TEMPO_TAGS[tempo], *words.TEMPO_CLAUSES[tempo]}
    if field == "is_minor":
        return {"minor"} if value else {"major"}
    if field == "mood":
        return set(words.MOOD_WORDS[str(value)])
    if field == "style":
        return set(nouns.STYLE_WORDS[str(value)])
    return {"solo", "alone", "unaccompanied"}


def said(prompt: Prompt, field: str, value: object) -> bool:
    text = f" {prompt.text} "
    return any(re.search(rf"(?<![\w-]){re.escape(each)}(?![\w-])", text)
               for each in wordings(field, value))  # fmt: skip


def asked_fields(prompt: Prompt) -> Iterator[tuple[str, object]]:
    for field in {field for field, _ in FACTS.values()}:
        value = getattr(prompt, field)
        if value is not None:
            yield field, value


def name(prompt: Prompt) -> str:
    return prompt.text


def test_every_word_of_a_prompt_occurs_in_captions() -> None:
    assert {word for each in PROMPTS for word in caption_tokens(each.text)} <= caption_vocabulary()


@pytest.mark.parametrize("prompt", PROMPTS, ids=name)
def test_a_prompt_says_what_it_asks(prompt: Prompt) -> None:
    for field, value in asked_fields(prompt):
        assert said(prompt, field, value), (field, value)


@pytest.mark.parametrize("prompt", EVERY, ids=name)
def test_nothing_says_the_contrary(prompt: Prompt) -> None:
    for field, value in FACTS.values():
        if field in ("tempo", "mood", "is_minor") and getattr(prompt, field) != value:
            assert not said(prompt, field, value), (field, value)
    assert said(prompt, "drums", False) == (prompt.drums is False and not prompt.hinges)


@pytest.mark.parametrize("prompt", PARAPHRASES, ids=name)
def test_what_a_paraphrase_asks_hangs_on_words_that_no_caption_has(prompt: Prompt) -> None:
    assert prompt.hinges.keys() == {field for field, _ in asked_fields(prompt)} != set()
    assert set(prompt.hinges.values()) <= set(caption_tokens(prompt.text)) - caption_vocabulary()


@pytest.mark.parametrize("prompt", PARAPHRASES, ids=name)
def test_a_paraphrase_has_no_wording_of_the_captions(prompt: Prompt) -> None:
    for field, value in asked_fields(prompt):
        assert not said(prompt, field, value), (field, value)


def test_there_are_a_hundred_different_ones_of_each() -> None:
    assert len(PROMPTS) == len(PARAPHRASES) == 100
    assert len({each.text for each in EVERY}) == 200


@pytest.mark.parametrize(("prompts", "least"), [(PROMPTS, 8), (PARAPHRASES, 7)])
def test_no_instrument_is_forgotten(prompts: tuple[Prompt, ...], least: int) -> None:
    found = Counter(each.instrument for each in prompts)
    assert all(found[family] >= least for family in MAIN_FAMILIES)
    for family in MAIN_FAMILIES:
        drums = {each.drums for each in prompts if each.instrument == family}
        assert {True, False} <= drums, family


@pytest.mark.parametrize("prompts", [PROMPTS, PARAPHRASES])
@pytest.mark.parametrize(
    ("question", "answers", "least"),
    [
        ("drums", ("True", "False"), 0.35),
        ("tempo", TEMPOS, 0.25),
        ("mode", ("major", "minor"), 0.4),
        ("mood", MOODS, 0.15),
    ],
)
def test_answers_are_balanced(
    prompts: tuple[Prompt, ...], question: str, answers: tuple[str, ...], least: float
) -> None:
    found = Counter(each.asked()[question] for each in prompts if question in each.asked())
    assert set(found) == set(answers)
    assert min(found.values()) >= least * found.total()


@pytest.mark.parametrize("prompts", [PROMPTS, PARAPHRASES])
def test_twenty_styles_are_asked_for(prompts: tuple[Prompt, ...]) -> None:
    assert len({each.style for each in prompts} - {None}) >= 20


@pytest.mark.parametrize("prompt", EVERY, ids=name)
def test_a_prompt_contradicts_neither_its_style_nor_itself(prompt: Prompt) -> None:
    if prompt.style is not None:
        style = STYLES[prompt.style]
        leads = {INSTRUMENTS[each].family for each in (*style.leads, *style.chords)}
        leads |= set(style.solos)
        assert prompt.instrument is None or prompt.instrument in leads
        assert prompt.drums is None or style.drums_share != (0.0 if prompt.drums else 1.0)
        if prompt.tempo is not None:
            ends = {tempo_class(bpm) for each in style.tempos for bpm in each}
            assert prompt.tempo in ends
        if prompt.is_minor is not None:
            assert prompt.is_minor in {is_minor_mode(mode) for mode in style.modes}
    if prompt.mood is not None:
        mode = MODE_OF_MOOD[prompt.mood]
        assert prompt.is_minor is None or ("minor" if prompt.is_minor else "major") == mode
        names = list(STYLES) if prompt.style is None else [prompt.style]
        made = {
            main_mood(STYLES[style], minor=mode == "minor", tempo=tempo, has_drums=drums)
            for style in names
            for tempo in ([prompt.tempo] if prompt.tempo else TEMPOS)
            for drums in ([True, False] if prompt.drums is None else [prompt.drums])
        }
        assert prompt.mood in made


def test_answers_are_worded_as_the_probe_words_them() -> None:
    prompt = Prompt(text="", instrument="bells", drums=False, is_minor=False, solo=True)
    assert prompt.asked() == {
        "instrument": "bells", "drums": "False", "mode": "major", "solo": "True",
    }  # fmt: skip
    assert Prompt(text="anything").asked() == {}
    everything = {question for each in EVERY for question in each.asked()}
    assert everything == set(QUESTIONS)


def test_a_table_is_read_line_by_line() -> None:
    first, second = read_prompts(
        """
        no drums, slow | slow, no drums
        strings=viola, lo-fi hip hop | viola, lo-fi
        """
    )
    assert first == Prompt(text="slow, no drums", drums=False, tempo="slow")
    assert (second.instrument, second.style) == ("strings", "lo-fi hip hop")
    assert second.hinges == {"instrument": "viola"}


@pytest.mark.parametrize("prompts", [PROMPTS, PARAPHRASES[:70]])
def test_a_few_prompts_are_spread_over_all_instruments(prompts: tuple[Prompt, ...]) -> None:
    chosen = [each for _, each in spread(prompts, 16)]
    assert {each.instrument for each in chosen} == set(MAIN_FAMILIES)
    assert {each.drums for each in chosen} >= {True, False}
    assert {each.tempo for each in chosen} >= set(TEMPOS)


@pytest.mark.parametrize("total", [1, 2, 3, 7, 100])
def test_more_prompts_begin_with_the_same_and_all_are_each_once(total: int) -> None:
    items = tuple(range(total))
    every = spread(items, 2 * total)
    assert sorted(every) == [(item, item) for item in items]
    for count in range(1, total + 1):
        assert spread(items, count) == every[:count]
