"""The table of all styles."""

from engine.training.composer.style import Style
from engine.training.composer.styles_acoustic import ACOUSTIC_STYLES
from engine.training.composer.styles_band import BAND_STYLES
from engine.training.composer.styles_electronic import ELECTRONIC_STYLES
from engine.training.composer.styles_groove import GROOVE_STYLES

STYLES: dict[str, Style] = {
    style.name: style
    for style in (*ACOUSTIC_STYLES, *BAND_STYLES, *GROOVE_STYLES, *ELECTRONIC_STYLES)
}
