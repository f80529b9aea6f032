"""Words that compose a prompt: the chips, the examples, and how a chip changes the text."""

from __future__ import annotations

CHIPS: dict[str, tuple[str, ...]] = {
    "Genre": (
        "ambient", "lo-fi hip hop", "house", "techno", "synthwave", "drum and bass", "chiptune",
        "rock", "funk", "jazz", "blues", "reggae", "bossa nova", "folk", "orchestral", "cinematic",
    ),
    "Instrument": (
        "piano", "acoustic guitar", "electric guitar", "strings", "synth", "organ", "flute",
        "brass", "saxophone", "bells", "bass", "drums", "no drums",
    ),
    "Tempo": ("slow", "mid-tempo", "fast", "70 BPM", "90 BPM", "120 BPM", "140 BPM", "170 BPM"),
    "Mood": (
        "calm", "happy", "sad", "dark", "dreamy", "energetic", "epic", "warm", "mysterious",
        "playful",
    ),
}  # fmt: skip

EXAMPLES: tuple[str, ...] = (
    "warm lo-fi hip hop with mellow piano and soft drums, slow",
    "driving synthwave, fat bass and bright synth lead, 120 BPM",
    "gentle acoustic guitar folk tune, calm, no drums",
    "fast jazz trio with walking bass and saxophone",
    "dark cinematic strings, slow and mysterious",
    "happy chiptune melody, fast",
)


def toggle_chip(prompt: str, word: str) -> str:
    """Add a chip's word at the end of a prompt, or take it away again.

    Only a whole item between commas counts as the chip's: a person's own sentence is never cut.

    Args:
        prompt: the text as it is.
        word: one of `CHIPS`.

    Returns:
        The prompt with the word as its last item, or without that item.
    """
    if word in active_chips(prompt):
        items = [item for item in prompt.split(",") if item.strip().lower() != word.lower()]
        return ",".join(items).strip()
    return f"{prompt.rstrip(' ,')}, {word}" if prompt.strip(" ,") else word


def active_chips(prompt: str) -> tuple[str, ...]:
    """The chips whose word is an item of the prompt, in the order of `CHIPS`."""
    items = {item.strip().lower() for item in prompt.split(",")}
    return tuple(word for group in CHIPS.values() for word in group if word.lower() in items)


def is_chip(word: object) -> bool:
    """True for a word that a chip can send; the browser may send anything."""
    return isinstance(word, str) and any(word in group for group in CHIPS.values())
