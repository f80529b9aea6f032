"""What a tab's Inpaint panel knows."""

from __future__ import annotations

from studio.desk import MAX_PULSES, Desk, with_pulse
from studio.editing.versions import Edits, Version
from studio.widgets.region_editor import EditorRegion

REGION = EditorRegion(start_s=1.0, stop_s=2.0)


def version_of(name: str, parent: str | None = None, n_samples: int = 100) -> Version:
    return Version(
        version_id=name,
        parent_id=parent,
        path=f"/{name}.wav",
        name=f"{name}.wav",
        n_samples=n_samples,
        sample_rate_hz=10,
        n_channels=1,
        depth="16-bit",
        preview_path="",
        peaks_path="",
        label=name,
    )


def desk_of(*versions: Version) -> Desk:
    edits = Edits()
    for version in versions:
        edits = edits.committed(version)
    return Desk(edits=edits)


def test_another_version_in_view_has_its_own_regions() -> None:
    desk = desk_of(version_of("a"))
    shown = desk.showing(desk.edits, (REGION,))
    assert shown.rev != desk.rev and shown.regions == (REGION,)
    assert desk.showing(desk.edits).regions == ()


def test_candidates_leave_what_is_drawn_alone() -> None:
    desk = desk_of(version_of("a")).showing(Edits(), (REGION,))
    assert desk.with_edits(desk.edits.discarded()) == desk


def test_an_edit_that_keeps_the_length_keeps_the_beats() -> None:
    first, second = version_of("a"), version_of("b", "a")
    longer = version_of("c", "b", n_samples=200)
    desk = desk_of(first, second, longer)
    keys = [desk.pulse_key(version, 4) for version in (first, second, longer)]
    assert keys[0] == keys[1] != keys[2]
    assert desk.pulse_key(first, 3) != keys[0]
    # A length that comes back after another one is another clip all the same.
    assert desk_of(first, longer, version_of("d", "c")).pulse_key(version_of("d", "c"), 4) == (
        "d", 100, 4,
    )  # fmt: skip


def test_beats_are_those_of_the_version_in_view() -> None:
    desk = desk_of(version_of("a"), version_of("b"))
    pulses = with_pulse({}, desk.pulse_key(version_of("a"), 4), "none in a")
    assert desk.pulse(pulses, 4) is None and Desk().pulse(pulses, 4) is None
    assert Desk(edits=desk.edits.undone()).pulse(pulses, 4) == "none in a"


def test_the_oldest_beats_are_forgotten() -> None:
    pulses = {}
    for number in range(MAX_PULSES + 3):
        pulses = with_pulse(pulses, (str(number), 1, 4), "")
    assert [name for name, *_ in pulses] == [str(n) for n in range(3, MAX_PULSES + 3)]
