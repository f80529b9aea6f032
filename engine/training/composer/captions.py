"""Captions drawn from facts: tags, phrases and sentences in many wordings, with omissions."""

import re
from collections.abc import Callable, Iterator

import numpy as np

from engine.training.composer import caption_nouns as nouns
from engine.training.composer import caption_words as words
from engine.training.composer.ensemble import pick
from engine.training.composer.song import Facts
from engine.training.composer.styles import STYLES
from engine.training.composer.theory import PITCH_NAMES, SCALES

_WORD = re.compile(r"[a-z0-9#&/']+(?:-[a-z0-9#&/']+)*")
_ELECTRONIC = frozenset({"house", "techno", "trance", "synthwave", "trap", "chiptune"})
_CONNECTIVES = ("a", "an", "and", "with", "tempo")
BPM_RANGE = (55, 185)


def write_caption(facts: Facts, rng: np.random.Generator) -> str:
    """Word some of a clip's facts; what is said is true, but not all is said.

    Args:
        facts: the facts.
        rng: random generator.

    Returns:
        A caption in lower case or, one time in four, with a capital letter and a full stop.
    """
    if facts.main_instrument == "drums":
        caption = _drums_only(facts, rng)
    else:
        shapes: tuple[Callable[[Facts, np.random.Generator], str], ...]
        shapes = (_tags, _tags, _phrase, _phrase, _phrase, _short, _sentences)
        caption = pick(shapes, rng)(facts, rng)
    caption = re.sub(r"\s+", " ", caption).strip(" ,.")
    if rng.random() < 0.25:
        return caption[0].upper() + caption[1:] + "."
    return caption


def caption_vocabulary() -> set[str]:
    """Collect every lower-case word that a caption can hold, numbers of the tempo included."""
    moods = [word for style in STYLES.values() for word in style.moods]
    texts = [
        *_texts(vars(nouns)),
        *_texts(vars(words)),
        *moods,
        *PITCH_NAMES,
        *SCALES,
        *_CONNECTIVES,
    ]
    found = {word for text in texts for word in caption_tokens(text)}
    for bpm in range(BPM_RANGE[0], BPM_RANGE[1] + 1):
        found |= {str(bpm), f"{bpm}bpm"}
    return found


def caption_tokens(caption: str) -> list[str]:
    """Split a caption into the words that `caption_vocabulary` counts."""
    return _WORD.findall(re.sub(r"\{\w+\}(bpm)?", " ", caption.lower()))


def _texts(value: object) -> Iterator[str]:
    """All strings in a module's tables, not its own attributes."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not str(key).startswith("__"):
                yield from _texts(item)


def _instrument(facts: Facts, rng: np.random.Generator) -> str:
    """The main instrument by its own name or its family's."""
    if rng.random() < 0.3:
        return pick(nouns.FAMILY_WORDS[facts.main_instrument], rng)
    return pick(nouns.INSTRUMENT_WORDS[facts.instruments[0]], rng)


def _backing(facts: Facts, rng: np.random.Generator) -> str | None:
    """One or two of the other pitched instruments."""
    others = [name for name in facts.instruments[1:] if name != "drums"]
    if not others:
        return None
    count = min(len(others), 1 + int(rng.random() < 0.4))
    chosen = [others[i] for i in rng.permutation(len(others))[:count]]
    return " and ".join(pick(nouns.INSTRUMENT_WORDS[name], rng) for name in chosen)


def _mood(facts: Facts, rng: np.random.Generator) -> str:
    """The mood by mode and energy mostly, else one of the style's."""
    if len(facts.moods) > 1 and rng.random() < 0.25:
        return pick(facts.moods[1:], rng)
    return pick(words.MOOD_WORDS[facts.moods[0]], rng)


def _drums_noun(facts: Facts, rng: np.random.Generator) -> str:
    electronic = facts.style in _ELECTRONIC and rng.random() < 0.5
    return pick(nouns.DRUM_MACHINE_NOUNS if electronic else nouns.DRUMS_NOUNS, rng)


def _key(facts: Facts, rng: np.random.Generator) -> str:
    if rng.random() < 0.55:
        return pick(words.MINOR_CLAUSES if facts.is_minor else words.MAJOR_CLAUSES, rng)
    mode = facts.mode if rng.random() < 0.6 else ("minor" if facts.is_minor else "major")
    return pick(words.KEY_CLAUSES, rng).format(key=facts.key.lower(), mode=mode)


def _bpm(facts: Facts, rng: np.random.Generator) -> str:
    return pick(words.BPM_CLAUSES, rng).format(bpm=round(facts.tempo_bpm))


def _tempo_clause(facts: Facts, rng: np.random.Generator) -> str:
    if rng.random() < 0.35:
        return _bpm(facts, rng)
    return pick(words.TEMPO_CLAUSES[facts.tempo_class], rng)


def _lead_clause(facts: Facts, rng: np.random.Generator) -> str:
    shapes: tuple[str, ...] = words.LEAD_CLAUSES
    if facts.solo and rng.random() < 0.6:
        shapes = words.SOLO_CLAUSES
    return pick(shapes, rng).format(instrument=_instrument(facts, rng))


def _drums_clause(facts: Facts, rng: np.random.Generator) -> str:
    if facts.has_drums:
        return pick(words.DRUM_CLAUSES, rng).format(drums=_drums_noun(facts, rng))
    return pick(words.DRUMLESS_CLAUSES, rng)


def _side_clauses(facts: Facts, rng: np.random.Generator) -> list[str]:
    """Rarer facts: key, metre, form, use."""
    clauses = []
    if rng.random() < 0.28:
        clauses.append(_key(facts, rng))
    if rng.random() < (0.3 if facts.metre == "3/4" else 0.04):
        clauses.append(pick(words.METRE_CLAUSES[facts.metre], rng))
    if words.FORM_CLAUSES[facts.form] and rng.random() < 0.3:
        clauses.append(pick(words.FORM_CLAUSES[facts.form], rng))
    if rng.random() < 0.2:
        clauses.append(pick(words.USE_CLAUSES[facts.moods[0]], rng))
    return clauses


def _adjectives(facts: Facts, rng: np.random.Generator, *, tempo: float, mood: float) -> list[str]:
    """Adjectives in any order; `tempo` and `mood` are the chances that each is among them."""
    found = []
    if rng.random() < mood:
        found.append(_mood(facts, rng))
    if rng.random() < tempo:
        found.append(pick(words.TEMPO_WORDS[facts.tempo_class], rng))
    if words.DENSITY_WORDS[facts.density] and rng.random() < 0.2:
        found.append(pick(words.DENSITY_WORDS[facts.density], rng))
    return [found[i] for i in rng.permutation(len(found))]


def _noun_phrase(
    facts: Facts, rng: np.random.Generator, *, tempo: float = 0.45, mood: float = 0.55
) -> str:
    """Adjectives and a noun, which names the style or, at times, the instrument."""
    adjectives = _adjectives(facts, rng, tempo=tempo, mood=mood)
    if not facts.has_drums and rng.random() < 0.08:
        adjectives.append(pick(words.DRUMLESS_ADJECTIVES, rng))
    if rng.random() < 0.18:
        solo = [pick(words.SOLO_ADJECTIVES, rng)] if facts.solo else []
        noun = " ".join([*solo, _instrument(facts, rng), pick(words.INSTRUMENT_HEADS, rng)])
    else:
        noun = pick(nouns.STYLE_WORDS[facts.style], rng)
        if rng.random() < 0.4:
            noun += " " + pick(words.HEADS, rng)
    joiner = ", " if rng.random() < 0.3 else " "
    phrase = " ".join([joiner.join(adjectives), noun]) if adjectives else noun
    opening = pick(words.OPENINGS, rng).format(a="an" if phrase[0] in "aeiou8" else "a")
    return f"{opening} {phrase}"


def _tags(facts: Facts, rng: np.random.Generator) -> str:
    """Comma-separated tags in any order."""
    tags = []
    if rng.random() < 0.85:
        tags.append(pick(nouns.STYLE_WORDS[facts.style], rng))
    if rng.random() < 0.8:
        shapes = words.SOLO_CLAUSES if facts.solo and rng.random() < 0.7 else ("{instrument}",)
        tags.append(pick(shapes, rng).format(instrument=_instrument(facts, rng)))
    if rng.random() < 0.6:
        tags.append(_mood(facts, rng))
    if rng.random() < 0.65:
        tempo = facts.tempo_class
        tags.append(
            _bpm(facts, rng)
            if rng.random() < 0.3
            else pick(words.TEMPO_WORDS[tempo] + words.TEMPO_TAGS[tempo], rng)
        )
    if rng.random() < 0.55:
        tags.append(pick(nouns.DRUMS_TAGS if facts.has_drums else words.DRUMLESS_CLAUSES, rng))
    backing = _backing(facts, rng)
    if backing and rng.random() < 0.3:
        tags.append(backing)
    tags += _side_clauses(facts, rng)
    tags = tags or [pick(nouns.STYLE_WORDS[facts.style], rng)]
    return ", ".join(tags[i] for i in rng.permutation(len(tags)))


def _short(facts: Facts, rng: np.random.Generator) -> str:
    """A few words: "slow sad piano", "happy rock", "techno without drums"."""
    parts = _adjectives(facts, rng, tempo=0.5, mood=0.5)
    if rng.random() < 0.55:
        if facts.solo and rng.random() < 0.6:
            parts.append(pick(words.SOLO_ADJECTIVES, rng))
        parts.append(_instrument(facts, rng))
        if rng.random() < 0.35:
            parts.append(pick(words.INSTRUMENT_HEADS, rng))
    else:
        parts.append(pick(nouns.STYLE_WORDS[facts.style], rng))
    if rng.random() < 0.25:
        drums = f"with {_drums_noun(facts, rng)}"
        parts.append(drums if facts.has_drums else pick(words.DRUMLESS_CLAUSES, rng))
    return " ".join(parts)


def _phrase(facts: Facts, rng: np.random.Generator) -> str:
    """One noun phrase with its clauses; the tempo is named in one of them only."""
    clauses = []
    if rng.random() < 0.75:
        lead = _lead_clause(facts, rng)
        backing = _backing(facts, rng)
        if backing and rng.random() < 0.35:
            lead += " " + pick(words.BACKING_CLAUSES, rng).format(backing=backing)
        clauses.append(lead)
    if rng.random() < 0.55:
        clauses.append(_drums_clause(facts, rng))
    tempo_later = rng.random() < 0.4
    if tempo_later:
        clauses.append(_tempo_clause(facts, rng))
    clauses += _side_clauses(facts, rng)
    joiner = ", " if rng.random() < 0.5 else " "
    return joiner.join([_noun_phrase(facts, rng, tempo=0.0 if tempo_later else 0.65), *clauses])


def _sentences(facts: Facts, rng: np.random.Generator) -> str:
    """A noun phrase and up to three short sentences."""
    lead = pick(words.LEAD_SENTENCES, rng).format(instrument=_instrument(facts, rng))
    mood, other = (_mood(facts, rng) for _ in range(2))
    feeling = pick(words.MOOD_SENTENCES, rng).format(mood=mood, other=other)
    tempo = pick(words.TEMPO_SENTENCES, rng).format(
        tempo=pick(words.TEMPO_WORDS[facts.tempo_class], rng)
    )
    drums = pick(words.DRUMS_SENTENCES if facts.has_drums else words.DRUMLESS_SENTENCES, rng)
    pace = tempo if rng.random() < 0.6 else _tempo_clause(facts, rng)
    rest = [lead, drums, pace, *_side_clauses(facts, rng)]
    if mood != other:
        rest.append(feeling)
    chosen = rng.permutation(len(rest))[: int(rng.integers(1, 5))]
    noun_phrase = _noun_phrase(
        facts, rng, tempo=0.0 if 2 in chosen else 0.6, mood=0.0 if len(rest) - 1 in chosen else 0.6
    )
    return ". ".join([noun_phrase, *(rest[i] for i in chosen)])


def _drums_only(facts: Facts, rng: np.random.Generator) -> str:
    """A caption of a clip in which only drums play: style, tempo, no pitches."""
    parts = []
    tempo_later = rng.random() < 0.4
    if not tempo_later and rng.random() < 0.7:
        parts.append(pick(words.TEMPO_WORDS[facts.tempo_class], rng))
    if rng.random() < 0.7:
        parts.append(pick(nouns.STYLE_WORDS[facts.style], rng))
    parts.append(pick(words.DRUMS_ONLY_HEADS, rng))
    clauses = [" ".join(parts)]
    if rng.random() < 0.4:
        clauses.append(pick(words.DRUMS_ONLY_CLAUSES, rng))
    if tempo_later:
        clauses.append(_tempo_clause(facts, rng))
    return ", ".join(clauses)
