"""`magnet-studio generate`, with a model that needs no weights."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import engine.music
from engine.audio import Waveform, read_audio, read_provenance
from engine.cli import main
from engine.decode import DecodeStep, GenerationRequest, Mode, Phase, request_from_dict
from engine.errors import CheckpointError, RequestError
from engine.knobs import KNOBS, Family


class FakeModel:
    """Two steps of zeros; a clip whose level is `peak` and whose length is the request's."""

    name = "fake"
    licence = "CC0-1.0"
    weights_hash = "abc"
    peak = 0.5
    device = torch.device("cpu")
    family = Family.MINI

    def __init__(self) -> None:
        self.requests: list[GenerationRequest] = []

    def modes_with(self, opener: object) -> tuple[Mode, ...]:
        return tuple(Mode)

    def generate(self, request: GenerationRequest, helpers: object) -> Iterator[DecodeStep]:
        self.requests.append(request)
        codes = torch.zeros(request.variations, 4, 5, dtype=torch.int64)
        for index, phase in enumerate((Phase.OPENING, Phase.PARALLEL)):
            yield DecodeStep(
                phase=phase,
                stage=0,
                step=0,
                total_steps=1,
                index=index,
                count=2,
                codes=codes,
                masked=codes > 0,
                updated=codes == 0,
                keep=codes > 0,
                confidence=torch.ones_like(codes, dtype=torch.float32),
                temperature=1.0,
                cfg_coef=1.0,
            )

    def listen(self, codes: torch.Tensor) -> list[Waveform]:
        n_samples = round(self.requests[-1].duration_s * 8_000)
        clip = self.peak * np.sin(np.arange(n_samples) / 5)
        return [
            Waveform(samples=clip.astype(np.float32)[None], sample_rate_hz=8_000) for _ in codes
        ]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> FakeModel:
    fake = FakeModel()
    monkeypatch.setattr(engine.music, "load", lambda name, **_: fake)
    return fake


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_words_become_a_file_that_tells_how_to_make_it_again(
    model: FakeModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.wav"
    assert main(["generate", "slow piano", "-o", str(path), "--duration-s", "2"]) == 0
    assert read_audio(path).duration_s == 2.0
    kept = read_provenance(path)
    assert kept is not None
    assert (kept["model"], kept["model_sha256"], kept["licence"]) == ("fake", "abc", "CC0-1.0")
    assert request_from_dict(kept["request"]) == model.requests[0]
    assert str(path) in capsys.readouterr().out


def test_the_bar_starts_again_when_the_clip_does(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In 32 bits, where 16 did not do: the records count from 0 again."""
    import tqdm

    from engine.cli.bars import with_progress

    places: list[int] = []

    class Bar:
        n, total = 0, None

        def __init__(self, **_: object) -> None:
            pass

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def set_description(self, *_: object, **__: object) -> None:
            pass

        def update(self, n: int = 1) -> None:
            self.n += n
            places.append(self.n)

    monkeypatch.setattr(tqdm, "tqdm", Bar)
    once = list(model.generate(GenerationRequest(), {}))
    assert list(with_progress([once[0], *once])) == [once[0], *once]
    assert places == [1, 1, 2]


def test_json_is_the_only_thing_on_standard_output(
    model: FakeModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "a.wav")
    assert main(["generate", "x", "-o", path, "--seed", "7", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["model"], facts["licence"], facts["seed"]) == ("fake", "CC0-1.0", 7)
    assert facts["settings"]["options"]["steps"] == [16, 4, 2, 2]
    assert facts["seconds"] >= 0
    (file,) = facts["files"]
    assert (file["path"], file["seed"], file["gain_db"]) == (path, 7, 0.0)
    assert file["rms_db"] == pytest.approx(-9.03, abs=0.1)


def test_silence_has_a_level_that_json_can_hold(
    model: FakeModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model.peak = 0.0
    assert main(["generate", "x", "-o", str(tmp_path / "a.wav"), "--json"]) == 0
    file = json.loads(capsys.readouterr().out)["files"][0]
    assert file["rms_db"] is None and file["true_peak_db"] is None


def test_variations_get_a_file_and_a_seed_each(model: FakeModel, tmp_path: Path) -> None:
    output = str(tmp_path / "song.flac")
    assert main(["generate", "x", "-o", output, "--variations", "3", "--seed", "5"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "song-1.flac",
        "song-2.flac",
        "song-3.flac",
    ]
    kept = read_provenance(tmp_path / "song-3.flac")
    assert kept is not None
    assert (kept["request"]["seed"], kept["request"]["variations"]) == (7, 1)


def test_every_knob_can_be_typed(model: FakeModel, tmp_path: Path) -> None:
    typed = {
        "negative_prompt": "drums",
        "mode": "parallel",
        "duration_s": "3",
        "opening_s": "0.5",
        "variations": "2",
        "seed": "9",
        "steps": "4,3,2,1",
        "temperature": "2.5",
        "top_p": "off",
        "top_k": "40",
        "cfg_start": "5",
        "cfg_end": "2",
        "schedule": "paper",
        "arrangement": "stride1",
        "span_score": "prod",
        "span_len": "5",
        "opening_temperature": "0.9",
        "opening_top_k": "off",
        "opening_cfg": "4",
        "prompt_rows": "semi",
        "context_s": "4",
        "opener": "another",
        "rescorer": "self",
        "rescorer_weight": "0.3",
        "rescorer_levels": "2",
        "rescorer_every": "3",
    }
    arguments = ["generate", "x", "-o", str(tmp_path / "a.wav"), "--preset", "best"]
    for name, value in typed.items():
        arguments += [f"--{name.replace('_', '-')}", value]
    assert main([*arguments, "--greedy", "--no-anneal-temperature", "--as-released"]) == 0
    switches = {"greedy", "anneal_temperature", "as_released"}
    assert typed.keys() | {"prompt"} | switches == KNOBS.keys()
    request = model.requests[0]
    assert (request.negative_prompt, request.mode.value, request.seed) == ("drums", "parallel", 9)
    options = request.options
    assert (options.steps, options.top_p, options.top_k) == ((4, 3, 2, 1), None, 40)
    assert (options.greedy, options.anneal_temperature) == (True, False)
    assert (options.opening_top_k, options.span_len) == (None, 5)
    assert (options.schedule.value, options.prompt_rows.value) == ("paper", "semi")


def test_a_preset_is_followed_where_nothing_is_typed(model: FakeModel, tmp_path: Path) -> None:
    assert main(["generate", "x", "-o", str(tmp_path / "a.wav"), "--preset", "best"]) == 0
    assert model.requests[0].options.steps == (20, 10, 10, 10)
    assert model.requests[0].options.arrangement.value == "stride1"


def test_without_a_seed_each_run_draws_its_own(model: FakeModel, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        assert main(["generate", "x", "-o", str(tmp_path / name)]) == 0
    assert model.requests[0].seed != model.requests[1].seed


def test_a_file_is_replaced_only_when_told(
    model: FakeModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"mine")
    assert main(["generate", "x", "-o", str(path)]) == 1
    assert path.read_bytes() == b"mine" and not model.requests
    assert "--force" in capsys.readouterr().err
    assert main(["generate", "x", "-o", str(path), "--force"]) == 0
    assert read_audio(path).duration_s == 10.0


def test_sound_over_full_scale_is_turned_down_and_the_gain_is_told(
    model: FakeModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model.peak = 2.0
    assert main(["generate", "x", "-o", str(tmp_path / "a.wav"), "--json"]) == 0
    file = json.loads(capsys.readouterr().out)["files"][0]
    assert file["gain_db"] == pytest.approx(-6.02, abs=0.1)
    assert read_audio(tmp_path / "a.wav").peak == pytest.approx(1.0, abs=0.01)


def test_a_float_file_keeps_what_is_over_full_scale(model: FakeModel, tmp_path: Path) -> None:
    model.peak = 2.0
    path = tmp_path / "a.wav"
    assert main(["generate", "x", "-o", str(path), "--encoding", "float"]) == 0
    assert read_audio(path).peak == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize(
    ("status", "arguments", "message"),
    [
        (2, ["--duration-s", "999"], "Duration is 999"),
        (2, ["--duration-s", "1e300"], "Duration is 1e+300"),
        (2, ["--temperature", "nan"], "Temperature is nan"),
        (2, ["--steps", "0,1,1,1"], "One of the steps is 0"),
        (2, ["--seed", "-5"], "Seed is -5"),
        (2, ["--variations", "0"], "Variations is 0"),
        (2, ["--negative-prompt", "a\nb"], "line break"),
        (2, ["--negative-prompt", "a" * 10_000], "10,000 characters"),
        (1, ["--encoding", "FLOAT", "-o", "x.mp3"], "encoding"),
        (1, ["-o", "x.xyz"], "ends in '.xyz'"),
        (1, ["-o", "x"], "no ending"),
        (1, ["-o", ""], "no ending"),
        (1, ["-o", "-"], "standard output"),
        (1, ["-o", "no/such/folder/x.wav"], "folder"),
        (1, ["-o", f"{'x' * 1000}.wav"], "too long"),
    ],
)
def test_a_wrong_value_is_explained_before_the_model_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    status: int,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engine.music, "load", None)
    assert main(["generate", "x", "-o", "a.wav", *arguments]) == status
    captured = capsys.readouterr()
    assert captured.err.startswith("Error: ") and message in captured.err
    assert not captured.out and not list(tmp_path.iterdir())


def test_a_folder_in_the_place_of_the_file_is_never_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine.music, "load", None)
    path = tmp_path / "a.wav"
    path.mkdir()
    assert main(["generate", "x", "-o", str(path), "--force"]) == 1
    assert "a.wav is a folder" in capsys.readouterr().err


def test_a_folder_that_may_not_be_written_to_is_refused_before_the_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine.music, "load", None)
    # Imitated, because the tests may run as root, who may write everywhere.
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert main(["generate", "x", "-o", str(tmp_path / "a.wav")]) == 1
    assert "may not be written to" in capsys.readouterr().err


def test_an_empty_prompt_plays_anything(model: FakeModel, tmp_path: Path) -> None:
    assert main(["generate", "", "-o", str(tmp_path / "a.wav")]) == 0
    assert model.requests[0].prompt == ""


def test_settings_that_the_model_cannot_carry_out_are_wrong_usage(
    monkeypatch: pytest.MonkeyPatch, model: FakeModel, tmp_path: Path
) -> None:
    def generate(request: GenerationRequest, helpers: object) -> None:
        raise RequestError("the duration is 12 s", expected="less", advice="Ask for less")

    monkeypatch.setattr(model, "generate", generate)
    assert main(["generate", "x", "-o", str(tmp_path / "a.wav")]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_text_can_be_told(model: FakeModel, tmp_path: Path) -> None:
    path = tmp_path / "\udcff.wav"
    done = main(["generate", "x", "-o", str(path)])
    assert done == 0 and path.exists()


def test_an_error_of_the_engine_is_one_line_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str, **_: object) -> None:
        raise CheckpointError(f"there is no model {name!r}", expected="another", advice="Look")

    monkeypatch.setattr(engine.music, "load", missing)
    assert main(["generate", "x", "-o", str(tmp_path / "a.wav"), "--model", "huge"]) == 1
    assert capsys.readouterr().err == ("Error: There is no model 'huge'; expected another. Look.\n")


def test_ctrl_c_stops_with_130_and_leaves_nothing(tmp_path: Path) -> None:
    code = textwrap.dedent(
        f"""
        import os, signal, sys, engine.music
        from engine.decode import Mode
        from engine.knobs import Family
        class Model:
            family = Family.MINI
            def modes_with(self, opener):
                return tuple(Mode)
            def generate(self, request, helpers):
                # A shell may have started the tests with the signal turned off.
                signal.signal(signal.SIGINT, signal.default_int_handler)
                os.kill(os.getpid(), signal.SIGINT)
                yield from ()
        engine.music.load = lambda name, **_: Model()
        from engine.cli import main
        sys.exit(main(["generate", "x", "-o", {str(tmp_path / "a.wav")!r}]))
        """
    )
    done = _python(code)
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr and list(tmp_path.iterdir()) == []
