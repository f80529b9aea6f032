"""What rare words mean: the definitions of WordNet, and our own glossary of musicians' words.

A sentence encoder knows few rare words by themselves, but it understands their definitions: alone,
"trombonist" lies near "wistful"; as "a musician who plays the trombone" it lies where it should.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ToolError

GLOSSARY = Path(__file__).with_name("glossary.txt")
_FILES = ("noun", "verb", "adj", "adv")
_PLAIN = re.compile(r"[A-Za-z]{3,}")
_MOST_SYNONYMS = 4
# WordNet's numbers of its files of nouns: animals, body, food, places, natural objects, natural
# phenomena, plants, quantities, relations, substances. They are many; few prompts speak of them.
_FAR_FROM_MUSIC = frozenset({5, 8, 13, 15, 17, 19, 20, 23, 24, 27})


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """One sense, which several words may share.

    Args:
        words: in lower case, letters only; one or more.
        definition: "harmonium, organ, reed organ: a free-reed instrument in which air is forced …".
    """

    words: tuple[str, ...]
    definition: str


def read_meanings(folder: Path) -> Iterator[Meaning]:
    """All senses of single words, without the sorts of nouns that are far from music.

    Args:
        folder: with WordNet's `data.noun`, `data.verb`, `data.adj` and `data.adv`.

    Raises:
        ToolError: a file is missing or is none of WordNet's.

    Source: the format is described in WordNet's manual page wndb(5).
    """
    for part in _FILES:
        path = folder / f"data.{part}"
        if not path.is_file():
            raise ToolError(
                f"the dictionary's file {path} is missing",
                expected="the database files of WordNet 3.0",
                advice="Install WordNet (Debian: wordnet-base), or leave the dictionary out",
            )
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(" "):  # the licence, at the top
                continue
            try:
                meaning = _read_line(line)
            except (ValueError, IndexError) as error:
                raise ToolError(
                    f'{path.name} has the line "{line[:60]}"',
                    expected="a line of WordNet's database: numbers, words, | and a definition",
                    advice="Copy the file again",
                ) from error
            if meaning is not None:
                yield meaning


def _read_line(line: str) -> Meaning | None:
    """The sense of a line; None: no single words, or far from music."""
    facts, gloss = line.split("|", 1)
    fields = facts.split()
    kind, part, count = int(fields[1]), fields[2], int(fields[3], 16)
    # the number of words is hexadecimal; each is followed by a number of its own
    lemmas = [re.sub(r"\(\w+\)$", "", fields[4 + 2 * place]) for place in range(count)]
    words = tuple(dict.fromkeys(each.lower() for each in lemmas if _PLAIN.fullmatch(each)))
    if not words or (part == "n" and kind in _FAR_FROM_MUSIC):
        return None
    # examples follow in quotation marks, further definitions after a semicolon
    definition = gloss.split('; "')[0].split(";")[0].strip()
    synonyms = ", ".join(each.replace("_", " ") for each in lemmas[:_MOST_SYNONYMS])
    return Meaning(words=words, definition=f"{synonyms}: {definition}")


def read_glossary(path: Path = GLOSSARY) -> dict[str, Meaning]:
    """Words to their meaning in music, which goes before any other.

    Args:
        path: lines "word: definition"; those that begin with # are comments.

    Raises:
        ToolError: another line, or a word that comes twice.
    """
    found: dict[str, Meaning] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        word, colon, definition = (part.strip() for part in line.partition(":"))
        if not colon or not definition or not _PLAIN.fullmatch(word) or word in found:
            raise ToolError(
                f'line {number} of {path.name} is "{line[:60]}"',
                expected='"word: definition", every word once, of three letters or more',
                advice="Mend that line",
            )
        found[word] = Meaning(words=(word,), definition=definition)
    return found
