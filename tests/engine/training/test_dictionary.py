"""Definitions from WordNet's files."""

from pathlib import Path

import pytest

from engine.errors import ToolError
from engine.training.dictionary import Meaning, read_glossary, read_meanings

_LICENCE = "  1 This software and database is being provided to you\n"
_TUBA = (
    "02804123 06 n 03 bass_horn 0 sousaphone 0 Tuba 0 001 @ 02803934 n 0000 | the lowest brass "
    'wind instrument; an oom-pah; "he played the tuba"  \n'
)
_EEL = "02543607 05 n 01 eel 0 001 @ 02512053 n 0000 | a snakelike fish  \n"
_SLOW = '00983333 00 a 02 slow(a) 0 slow_going 1 000 | not moving quickly; "a slow walker"  \n'


def _folder(path: Path, *, noun: str = "", adj: str = "") -> Path:
    for part, lines in {"noun": noun, "verb": "", "adj": adj, "adv": ""}.items():
        (path / f"data.{part}").write_text(_LICENCE + lines, encoding="utf-8")
    return path


def test_a_sense_has_its_single_words_and_its_first_definition(tmp_path: Path) -> None:
    found = list(read_meanings(_folder(tmp_path, noun=_TUBA)))
    definition = "bass horn, sousaphone, Tuba: the lowest brass wind instrument"
    assert found == [Meaning(words=("sousaphone", "tuba"), definition=definition)]


def test_marks_of_syntax_are_no_part_of_a_word(tmp_path: Path) -> None:
    (found,) = read_meanings(_folder(tmp_path, adj=_SLOW))
    assert found.words == ("slow",)


def test_animals_are_left_out(tmp_path: Path) -> None:
    assert not list(read_meanings(_folder(tmp_path, noun=_EEL)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"data\.noun.*missing"):
        list(read_meanings(tmp_path))


@pytest.mark.parametrize("line", ["not a database\n", "02804123 06 n | too short\n"])
def test_another_file_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ToolError, match="WordNet"):
        list(read_meanings(_folder(tmp_path, noun=line)))


def test_the_glossary_is_whole_and_knows_musicians_words() -> None:
    glossary = read_glossary()
    assert len(glossary) > 500
    assert "guitar" in glossary["rickenbacker"].definition


@pytest.mark.parametrize("line", ["moog", "moog:", "b3: an organ", "tuba: brass\ntuba: low"])
def test_a_damaged_glossary_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "glossary.txt"
    path.write_text(f"# words\n\n{line}\n", encoding="utf-8")
    with pytest.raises(ToolError, match=r"(?i)line \d of glossary\.txt"):
        read_glossary(path)
