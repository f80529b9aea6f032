"""A hundred prompts in the captions' words, and what each of them asks for.

All are plain wordings that a user may type, and all can be played: a style is asked for with
instruments, tempos and drums that the composer's styles have, so that a model which fails one
cannot be excused by its training. The paraphrases (`engine.evaluation.paraphrases`) ask for the
same facts in words that no caption has.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar

from engine.training.composer.instruments import MAIN_FAMILIES
from engine.training.composer.styles import STYLES

Item = TypeVar("Item")

QUESTIONS = ("instrument", "drums", "tempo", "mode", "mood", "style", "solo")
"""What a judge of a clip may be asked; the probe's names."""
TEMPOS = ("slow", "medium", "fast")
MOODS = ("happy", "calm", "sad", "tense")
MODE_OF_MOOD: Mapping[str, str] = MappingProxyType(
    {"happy": "major", "calm": "major", "sad": "minor", "tense": "minor"}
)
"""True of every composed clip (`composer.moods`): a mood asks for a mode without naming it."""


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A text and what it asks for; None: nothing said.

    Args:
        text: as typed.
        instrument: the main one, of `MAIN_FAMILIES`.
        drums: True for drums, False for none.
        tempo: of `TEMPOS`.
        is_minor: the mode by name, not by mood.
        mood: of `MOODS`.
        style: of `STYLES`.
        solo: True for one instrument alone.
        hinges: for paraphrases, the word on which each of these fields hangs, by field.
    """

    text: str
    instrument: str | None = None
    drums: bool | None = None
    tempo: str | None = None
    is_minor: bool | None = None
    mood: str | None = None
    style: str | None = None
    solo: bool | None = None
    hinges: Mapping[str, str] = field(default_factory=dict)

    def asked(self) -> dict[str, str]:
        """The right answer to each of the `QUESTIONS` that it settles, as the probe words it."""
        mode = None if self.is_minor is None else ("minor" if self.is_minor else "major")
        answers = {
            "instrument": self.instrument,
            "drums": self.drums,
            "tempo": self.tempo,
            "mode": mode,
            "mood": self.mood,
            "style": self.style,
            "solo": self.solo,
        }
        return {question: str(each) for question, each in answers.items() if each is not None}


FACTS: Mapping[str, tuple[str, Any]] = MappingProxyType(
    {
        **{name: ("instrument", name) for name in MAIN_FAMILIES},
        "drums": ("drums", True),
        "no drums": ("drums", False),
        **{name: ("tempo", name) for name in TEMPOS},
        "minor": ("is_minor", True),
        "major": ("is_minor", False),
        **{name: ("mood", name) for name in MOODS},
        **{name: ("style", name) for name in STYLES},
        "solo": ("solo", True),
    }
)
"""The names of facts in a table of prompts: field and value."""


def read_prompts(table: str) -> tuple[Prompt, ...]:
    """The prompts of a table: a line each, facts (by `FACTS`) and text parted by "|".

    A fact may carry the word that it hangs on: "strings=viola, slow=lento | a viola, lento".

    Raises:
        KeyError: no such fact.
    """
    found = []
    for line in table.strip().splitlines():
        named, text = (part.strip() for part in line.split("|"))
        values: dict[str, Any] = {}
        hinges: dict[str, str] = {}
        for each in named.split(","):
            name, _, hinge = each.strip().partition("=")
            key, value = FACTS[name]
            values[key] = value
            if hinge:
                hinges[key] = hinge
        found.append(Prompt(text=text, hinges=hinges, **values))
    return tuple(found)


def spread(items: Sequence[Item], count: int) -> tuple[tuple[int, Item], ...]:
    """Some of a table that is in order of instruments, of all kinds alike, with their numbers.

    More of them begin with the same ones: what was generated for a few serves for many.

    Args:
        items: one or more.
        count: 1 or more; all are taken where there are fewer.
    """
    total = len(items)
    # steps of the golden section: of no other do few steps lie so evenly
    strides = (each for each in range(1, total + 1) if math.gcd(each, total) == 1)
    stride = min(strides, key=lambda each: abs(each - 0.618034 * total))
    numbers = [step * stride % total for step in range(min(count, total))]
    return tuple((number, items[number]) for number in numbers)


PROMPTS = read_prompts(
    """
piano, solo, no drums, slow, minor, sad | slow sad solo piano in a minor key, no drums
piano, fast, major, happy, classical piano | fast happy classical piano in a major key
piano, drums, medium, happy, pop | happy pop song with piano and drums at a medium tempo
piano, solo, no drums, slow, calm | calm piano alone, slow, without drums
piano, drums, fast, tense, drum and bass | dark drum and bass with piano and electronic drums, fast
piano, drums, slow, lo-fi hip hop | slow lo-fi hip hop with rhodes piano and a drum beat
piano, drums, fast, jazz | fast jazz with piano and drums
piano, drums, minor, house | house music in a minor key with piano and a kick drum
piano, no drums, medium, major | moderate grand piano piece in a major key, no percussion
piano, fast, minor, tense, classical piano | stormy fast piano sonata in minor
acoustic guitar, solo, no drums, slow, calm | slow peaceful solo acoustic guitar, no drums
acoustic guitar, no drums, medium, major, folk | folk song in a major key at a moderate tempo on acoustic guitar, no drums
acoustic guitar, drums, fast, happy, country | fast cheerful country song with acoustic guitar and drums
acoustic guitar, drums, medium, bossa nova | mid-tempo bossa nova with nylon guitar and percussion
acoustic guitar, drums, fast, minor, latin | fast salsa in a minor key with acoustic guitar and drums
acoustic guitar, no drums, slow, minor, sad | sad slow acoustic guitar in minor, without drums
acoustic guitar, no drums, slow, calm, lullaby | gentle slow lullaby on acoustic guitar, no beat
acoustic guitar, drums, medium, happy, pop | happy mid-tempo pop song with acoustic guitar and live drums
acoustic guitar, drums, slow, blues | slow blues with steel-string guitar and drums
acoustic guitar, drums, fast, happy, folk | joyful fast folk song with strummed guitar and drums
electric guitar, drums, fast, major, rock | fast rock in a major key with electric guitar and drums
electric guitar, drums, fast, minor, tense, metal | angry fast heavy metal in minor with distorted guitar and drums
electric guitar, drums, fast, happy, punk rock | fast happy punk rock with electric guitar and drums
electric guitar, solo, no drums, slow, blues | slow blues on solo electric guitar, no drums
electric guitar, drums, medium, minor, funk | mid-tempo funk groove in minor with electric guitar and drums
electric guitar, drums, slow, reggae | slow reggae with electric guitar and a drum kit
electric guitar, drums, medium, disco | medium tempo disco with electric guitar and a steady beat
electric guitar, solo, no drums, medium, major | solo clean electric guitar in a major key at a moderate tempo, without drums
electric guitar, no drums, slow, calm, ambient | slow calm ambient with electric guitar, no percussion
electric guitar, no drums, medium, minor, tense, rock | tense mid-tempo rock in a minor key with overdriven guitar, no drums
strings, drums, fast, minor, tense, cinematic | dramatic fast film score in minor with strings and percussion
strings, solo, no drums, slow, sad | slow mournful solo violin, no drums
strings, no drums, fast, major, happy, orchestral | joyful fast symphony in a major key led by strings, no drums
strings, medium, major, waltz | mid-tempo waltz in a major key with strings
strings, drums, fast, celtic | fast irish jig with fiddle and drums
strings, solo, no drums, slow, calm | slow calm cello alone, without percussion
strings, no drums, slow, minor, sad, orchestral | slow sorrowful orchestral piece in minor with string section, no drums
strings, drums, medium, major, disco | disco in a major key with strings and drums at a medium tempo
strings, drums, fast, happy, country | fast happy bluegrass with fiddle and drums
strings, drums, slow, minor, trap | slow trap in a minor key with pizzicato strings and drums
synth, drums, fast, minor, tense, techno | fast dark techno in minor with synth and a drum machine
synth, drums, fast, minor, tense, trance | urgent fast trance in a minor key with synth lead and drums
synth, no drums, slow, calm, ambient | slow peaceful ambient with synth pad, no drums
synth, drums, fast, major, happy, chiptune | fast happy 8-bit video game music in major with square synth and drums
synth, drums, medium, minor, synthwave | mid-tempo synthwave in minor with analog synth and drums
synth, drums, medium, happy, house | happy house with synth and drums at a medium tempo
synth, solo, no drums, slow, major | slow solo synthesizer in a major key, no drums
synth, no drums, slow, minor, sad | sad slow synth melody in minor, beatless
synth, no drums, medium, major, chiptune | mid-tempo chiptune in a major key with square wave, no drums
synth, drums, medium, happy, pop | cheerful mid-tempo pop with synth and drums
organ, solo, no drums, slow, calm, sacred organ | slow calm church hymn on pipe organ alone, no drums
organ, slow, minor, sad, sacred organ | sad slow chorale on church organ in a minor key
organ, drums, fast, rock | fast classic rock with rock organ and drums
organ, drums, medium, major, soul | mid-tempo soul in a major key with hammond organ and drums
organ, drums, medium, blues | blues shuffle with organ and drums at a medium tempo
organ, drums, slow, reggae | slow reggae with organ and drums
organ, no drums, medium, happy, waltz | happy mid-tempo ballroom waltz on organ, no drums
organ, solo, no drums, medium, major | solo organ in a major key at a moderate pace, no percussion
organ, drums, fast, jazz | fast jazz with hammond organ and drums
organ, drums, fast, minor, house | fast house in minor with organ and a drum machine
flute, drums, fast, celtic | fast celtic reel with tin whistle and drums
flute, solo, no drums, slow, calm | slow gentle solo flute, without drums
flute, no drums, medium, major, folk | mid-tempo folk song in a major key with flute, no drums
flute, no drums, slow, ambient | slow ambient with pan flute, no percussion
flute, drums, medium, major, bossa nova | bossa nova in a major key with flute and percussion at a moderate tempo
flute, drums, fast, happy, latin | fast happy salsa with flute and drums
flute, no drums, slow, minor, sad | sad slow flute melody in a minor key, no drums
flute, drums, medium, minor, funk | mid-tempo funk in minor with flute and drums
flute, drums, medium, happy, march | happy march with flute and drums at a medium tempo
flute, no drums, fast, major, orchestral | fast orchestral piece in a major key led by flute, no drums
brass, drums, medium, happy, march | cheerful military march with trumpet and drums at a medium tempo
brass, drums, fast, jazz | fast swing jazz with trumpet and drums
brass, drums, fast, minor, latin | fast latin dance in minor with brass section and percussion
brass, solo, no drums, slow, sad | slow sad solo trumpet, no drums
brass, drums, minor, tense, cinematic | tense film score in a minor key with brass and percussion
brass, no drums, medium, major, orchestral | moderate orchestral piece in a major key with french horn, no drums
brass, drums, medium, funk | mid-tempo funk with horns and drums
brass, drums, slow, major, reggae | slow reggae in major with trombone and drums
brass, drums, medium, happy, soul | happy mid-tempo soul groove with horn section and drums
brass, no drums, slow, major, calm | calm slow brass ensemble in a major key, no drums
saxophone, solo, no drums, slow, jazz | slow jazz on solo saxophone, no drums
saxophone, drums, fast, major, jazz | fast bebop in a major key with alto sax and drums
saxophone, drums, slow, soul | slow soul with saxophone and drums
saxophone, drums, medium, funk | medium tempo funk with tenor sax and drums
saxophone, drums, medium, minor, house | house groove in minor with saxophone and drums at a medium tempo
saxophone, no drums, medium, calm, bossa nova | peaceful bossa nova with soprano sax at a moderate tempo, no drums
saxophone, solo, no drums, slow, minor, sad | sad slow saxophone alone in minor, without drums
saxophone, drums, medium, minor, blues | mid-tempo blues in a minor key with saxophone and drums
saxophone, drums, fast, happy, rock | fast happy rock song with saxophone and drums
saxophone, drums, slow, minor, synthwave | slow synthwave in minor with saxophone and electronic drums
bells, solo, no drums, slow, calm, lullaby | slow gentle lullaby on music box alone, no drums
bells, no drums, medium, major, happy | happy mid-tempo glockenspiel tune in a major key, no drums
bells, drums, medium, jazz | mid-tempo jazz with vibraphone and drums
bells, drums, slow, minor, trap | slow trap beat in a minor key with bells and a drum machine
bells, drums, slow, major, lo-fi hip hop | slow lo-fi hip hop in a major key with vibraphone and drums
bells, drums, fast, latin | fast salsa with marimba and percussion
bells, no drums, slow, minor, ambient | slow ambient in minor with chimes, no percussion
bells, no drums, medium, waltz | mid-tempo waltz with celesta, no drums
bells, drums, medium, happy, house | joyful house with marimba and drums at a medium tempo
bells, no drums, slow, minor, sad | sad slow music box in a minor key, no drums
"""  # noqa: E501
)
