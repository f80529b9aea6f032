from __future__ import annotations

import pytest

from engine.errors import RequestError
from studio.settings import SETTINGS, Settings, settings_from


def test_without_anything_the_defaults_hold() -> None:
    assert settings_from({}, {}) == Settings()


def test_a_flag_wins_over_the_environment() -> None:
    settings = settings_from({"MAGNET_STUDIO_PORT": "8000"}, {"port": "9000"})
    assert settings.port == 9000


def test_the_environment_wins_over_the_default() -> None:
    settings = settings_from({"MAGNET_STUDIO_QUEUE_SIZE": " 3 ", "MAGNET_STUDIO_SHARE": "Yes"}, {})
    assert (settings.queue_size, settings.share) == (3, True)


def test_every_field_has_a_row_and_every_row_a_field() -> None:
    assert [setting.name for setting in SETTINGS] == list(Settings.__dataclass_fields__)


def test_folders_of_models_have_commas_between() -> None:
    settings = settings_from({"MAGNET_STUDIO_MODELS": "/data/my band, ./other ,"}, {})
    assert settings.models == ("/data/my band", "./other")
    assert settings_from({}, {"models": ""}).models == ()


def test_the_hub_can_be_turned_off() -> None:
    assert settings_from({}, {"hub": "no"}).hub is False


def test_users_are_pairs() -> None:
    settings = settings_from({}, {"auth": "ada:x:y, bob:z"})
    assert settings.auth == (("ada", "x:y"), ("bob", "z"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("port", "80 80"),
        ("port", "0"),
        ("port", "70000"),
        ("port", "²"),
        ("queue_size", "0"),
        ("max_upload_mb", "-1"),
        ("keep_models", "0"),
        ("hub", "sometimes"),
        ("share", "perhaps"),
        ("log_level", "loud"),
        ("auth", "ada"),
        ("model", " "),
    ],
)
def test_a_text_that_does_not_fit_is_refused_by_the_name_that_was_used(
    name: str, text: str
) -> None:
    with pytest.raises(RequestError) as by_flag:
        settings_from({}, {name: text})
    with pytest.raises(RequestError) as by_environment:
        settings_from({f"MAGNET_STUDIO_{name.upper()}": text}, {})
    assert f"--{name.replace('_', '-')}" in str(by_flag.value)
    assert f"MAGNET_STUDIO_{name.upper()}" in str(by_environment.value)


def test_a_password_is_not_repeated_in_the_message() -> None:
    with pytest.raises(RequestError) as error:
        settings_from({}, {"auth": "hunter2"})
    assert "hunter2" not in str(error.value)
