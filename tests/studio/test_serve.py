from __future__ import annotations

import subprocess
import sys

from click.testing import CliRunner

from studio.serve import serve
from studio.settings import SETTINGS


def test_help_names_every_setting_and_its_variable() -> None:
    text = CliRunner().invoke(serve, ["--help"]).output
    for setting in SETTINGS:
        assert setting.flag in text
        assert setting.variable in "".join(text.split())


def test_a_wrong_flag_is_a_message_not_a_traceback() -> None:
    result = CliRunner().invoke(serve, ["--port", "many"])
    assert result.exit_code == 1
    assert "--port is 'many'; expected a whole number from 1 to 65535." in result.output


def test_an_unknown_model_is_a_message_not_a_traceback() -> None:
    result = CliRunner().invoke(serve, ["--model", "no-such-model"])
    assert result.exit_code == 1
    assert "no-such-model" in result.output


def test_help_does_not_wait_for_gradio_or_torch() -> None:
    code = "import sys, studio.serve; sys.exit(bool({'gradio', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
