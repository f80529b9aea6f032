"""The stand-in lets the two libraries import, and speaks up when something is asked of it."""

from __future__ import annotations

import subprocess
import sys

# Each in its own process: what is imported cannot be taken back.

_WITHOUT = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torchaudio" and not path:
            raise OSError("Could not load this library")
sys.meta_path.insert(0, Refuse())
from engine.torchaudio_stand_in import ensure_torchaudio
assert ensure_torchaudio() is False
"""


def _run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_encodec_and_t5_import_after_it_on_this_machine() -> None:
    _run(
        "from engine.torchaudio_stand_in import ensure_torchaudio\n"
        "ensure_torchaudio()\n"
        "import encodec\n"
        "from encodec.quantization import ResidualVectorQuantizer\n"
        "from transformers import EncodecModel, T5EncoderModel\n"
    )


def test_encodec_and_t5_import_where_torchaudio_does_not() -> None:
    _run(_WITHOUT + "import encodec\nfrom transformers import EncodecModel, T5EncoderModel\n")


def test_a_second_call_changes_nothing() -> None:
    _run(
        _WITHOUT
        + "import torchaudio as first\n"
        + "assert ensure_torchaudio() is False\n"
        + "import torchaudio as second\n"
        + "assert first is second\n"
    )


def test_using_the_stand_in_says_what_to_install() -> None:
    _run(
        _WITHOUT
        + "import torchaudio.transforms\n"
        + "from engine.errors import ToolError\n"
        + "try:\n"
        + "    torchaudio.transforms.Resample(1, 2)\n"
        + "except ToolError as error:\n"
        + "    assert 'torchaudio.transforms.Resample' in str(error)\n"
        + "else:\n"
        + "    raise SystemExit('no error')\n"
    )


def test_a_torchaudio_that_imports_is_left_in_place() -> None:
    _run(
        "import sys, types\n"
        "real = sys.modules['torchaudio'] = types.ModuleType('torchaudio')\n"
        "from engine.torchaudio_stand_in import ensure_torchaudio\n"
        "assert ensure_torchaudio() is True\n"
        "assert sys.modules['torchaudio'] is real\n"
    )
