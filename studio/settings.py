"""One table of settings, read from the environment and from command-line flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import RequestError

ENVIRONMENT_PREFIX = "MAGNET_STUDIO_"
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})
LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one studio runs.

    Args:
        host: address to listen on; 0.0.0.0 for every interface; None: what Gradio's own
            environment says (a Space sets it), else this machine only.
        port: TCP port; None: the first free one from 7860.
        model: what the studio starts with: a name in the catalogue, or a folder.
        models: further folders, one model each, that visitors may choose.
        keep_models: models that stay loaded, >= 1; the one used longest ago leaves first.
        hub: False fetches nothing from the Hub; published models that are here stay on offer.
        device: torch device; None: the best one there is.
        queue_size: jobs that may wait, >= 1; further ones are refused with a message.
        max_upload_mb: largest file a browser may send, > 0.
        auth: (user, password) pairs; empty: open to everyone.
        share: True asks Gradio for a public link (needs the network).
        root_path: path under which a proxy serves the studio; None: the root.
        open_browser: True opens a tab at start.
        log_level: one of `LOG_LEVELS`.
    """

    host: str | None = None
    port: int | None = None
    model: str = "studio-mini"
    models: tuple[str, ...] = ()
    keep_models: int = 2
    hub: bool = True
    device: str | None = None
    queue_size: int = 16
    max_upload_mb: int = 50
    auth: tuple[tuple[str, str], ...] = ()
    share: bool = False
    root_path: str | None = None
    open_browser: bool = False
    log_level: str = "info"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One row of the table: the field of `Settings`, how text becomes its value, and its help."""

    name: str
    read: Callable[[str], Any]
    help: str

    @property
    def variable(self) -> str:
        """The environment variable."""
        return ENVIRONMENT_PREFIX + self.name.upper()

    @property
    def flag(self) -> str:
        """The command-line flag."""
        return "--" + self.name.replace("_", "-")


def settings_from(environment: Mapping[str, str], flags: Mapping[str, str | None]) -> Settings:
    """Read the settings; a flag wins over the environment, and that over the default.

    Args:
        environment: usually `os.environ`.
        flags: texts by setting name; None or absent where not given.

    Raises:
        RequestError: a text that its setting cannot take.
    """
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        given, origin = flags.get(setting.name), setting.flag
        if given is None:
            given, origin = environment.get(setting.variable), setting.variable
        if given is not None:
            values[setting.name] = _read(setting, given, origin)
    return Settings(**values)


def _read(setting: Setting, text: str, origin: str) -> Any:
    try:
        return setting.read(text.strip())
    except ValueError as error:
        # A password must not end up in a log.
        shown = "a text that does not fit" if setting.name == "auth" else repr(text)
        raise RequestError(
            f"{origin} is {shown}", expected=str(error), advice=f"It means: {setting.help}"
        ) from error


def _text(text: str) -> str:
    if not text:
        raise ValueError("a text that is not empty")
    return text


def _optional_text(text: str) -> str | None:
    return text or None


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        expected = f"a whole number from {low} to {high}"
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(expected)
        return int(text)

    return read


def _port(text: str) -> int | None:
    return _whole(1, 65535)(text) if text else None


def _switch(text: str) -> bool:
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    raise ValueError("true or false")


def _level(text: str) -> str:
    if text.lower() not in LOG_LEVELS:
        raise ValueError(" or ".join(LOG_LEVELS))
    return text.lower()


def _folders(text: str) -> tuple[str, ...]:
    return tuple(folder.strip() for folder in text.split(",") if folder.strip())


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    pairs = tuple(pair.partition(":")[::2] for pair in text.split(",") if pair.strip())
    if any(not user.strip() or not password for user, password in pairs):
        raise ValueError("user:password, several separated by commas")
    return tuple((user.strip(), password) for user, password in pairs)


SETTINGS: tuple[Setting, ...] = (
    Setting(name="host", read=_optional_text, help="address to listen on; 0.0.0.0 for all"),
    Setting(name="port", read=_port, help="TCP port; without it the first free one from 7860"),
    Setting(
        name="model", read=_text, help="model to start with: name in the catalogue, or a folder"
    ),
    Setting(
        name="models",
        read=_folders,
        help="further folders, one model each, that visitors may choose; commas between them",
    ),
    Setting(
        name="keep_models",
        read=_whole(1, 100),
        help="models that stay loaded; the one used longest ago leaves first",
    ),
    Setting(name="hub", read=_switch, help="whether published models may be fetched from the Hub"),
    Setting(name="device", read=_optional_text, help="torch device; without it the best one"),
    Setting(name="queue_size", read=_whole(1, 1000), help="jobs that may wait"),
    Setting(name="max_upload_mb", read=_whole(1, 4096), help="largest upload, in megabytes"),
    Setting(name="auth", read=_pairs, help="user:password pairs that may enter"),
    Setting(name="share", read=_switch, help="ask Gradio for a public link"),
    Setting(name="root_path", read=_optional_text, help="path under which a proxy serves the page"),
    Setting(name="open_browser", read=_switch, help="open a browser tab at start"),
    Setting(name="log_level", read=_level, help="debug, info, warning or error"),
)
