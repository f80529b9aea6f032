"""Colours, type and spacing of Gradio's own components; own widgets use assets/web/base.css."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.themes.utils import colors

SANS = ("ui-sans-serif", "system-ui", "Segoe UI", "Roboto", "sans-serif")
_WEIGHTS = (400, 700)
"""Gradio's file of weight 600 lacks letters (it has no `a`); these two are whole."""

MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "monospace")

_AMBER = colors.Color(
    name="amber",
    c50="#fff8e6", c100="#ffedc2", c200="#ffdf94", c300="#ffce61", c400="#ffbe3d", c500="#f5a800",
    c600="#c98700", c700="#9a6700", c800="#6f4a00", c900="#4a3100", c950="#2b1c00",
)  # fmt: skip
_SLATE = colors.Color(
    name="slate",
    c50="#f7f8fb", c100="#eef0f5", c200="#dfe3ec", c300="#c4cad8", c400="#949db1", c500="#687287",
    c600="#4b5468", c700="#343c4e", c800="#212836", c900="#151a25", c950="#0c1018",
)  # fmt: skip


def studio_theme() -> gr.themes.Base:
    """The theme. Fonts come from Gradio's own files and the system; nothing is fetched."""
    theme = gr.themes.Base(
        primary_hue=_AMBER,
        secondary_hue=_AMBER,
        neutral_hue=_SLATE,
        radius_size=gr.themes.sizes.radius_lg,
        font=[gr.themes.LocalFont("IBM Plex Sans", weights=_WEIGHTS), *SANS],
        font_mono=[gr.themes.LocalFont("IBM Plex Mono", weights=_WEIGHTS), *MONO],
    )
    return theme.set(**_surfaces(), **_inputs(), **_buttons())


def _surfaces() -> dict[str, Any]:
    return {
        "body_background_fill": "*neutral_100",
        "body_background_fill_dark": "#0b0e15",
        "body_text_color": "#161b26",
        "body_text_color_dark": "#e8ebf2",
        "body_text_color_subdued": "#5b6478",
        "body_text_color_subdued_dark": "#98a1b5",
        "background_fill_primary": "#ffffff",
        "background_fill_primary_dark": "#131823",
        "background_fill_secondary": "*neutral_50",
        "background_fill_secondary_dark": "#0f131c",
        "block_background_fill": "transparent",
        "block_background_fill_dark": "transparent",
        "block_border_width": "0px",
        "block_border_width_dark": "0px",
        "block_shadow": "none",
        "block_shadow_dark": "none",
        "block_padding": "0px",
        "block_title_text_weight": "700",
        "block_title_text_size": "0.8rem",
        "block_title_text_color": "*body_text_color",
        "block_title_text_color_dark": "*body_text_color",
        "block_info_text_size": "0.76rem",
        "block_label_background_fill": "transparent",
        "block_label_background_fill_dark": "transparent",
        "border_color_primary": "#dde2eb",
        "border_color_primary_dark": "#252d3c",
        "border_color_accent": "*primary_500",
        "border_color_accent_dark": "*primary_400",
        "color_accent": "*primary_500",
        "color_accent_soft": "*primary_50",
        "color_accent_soft_dark": "#2c2412",
        "panel_border_width": "0px",
        "layout_gap": "16px",
        "form_gap_width": "0px",
        "shadow_drop": "none",
    }


def _inputs() -> dict[str, Any]:
    return {
        "input_background_fill": "#ffffff",
        "input_background_fill_dark": "#0f141e",
        "input_background_fill_focus": "#ffffff",
        "input_background_fill_focus_dark": "#0f141e",
        "input_border_color": "#cfd6e2",
        "input_border_color_dark": "#2c3546",
        "input_border_color_focus": "*primary_600",
        "input_border_color_focus_dark": "*primary_400",
        "input_border_width": "1px",
        "input_shadow": "none",
        "input_shadow_focus": "0 0 0 3px rgba(245, 168, 0, 0.22)",
        "input_shadow_focus_dark": "0 0 0 3px rgba(255, 190, 61, 0.2)",
        "input_placeholder_color": "*neutral_500",
        "input_placeholder_color_dark": "#8a93a7",
        "slider_color": "*primary_500",
        "slider_color_dark": "*primary_400",
        "checkbox_background_color": "#ffffff",
        "checkbox_background_color_dark": "#0f141e",
        "checkbox_background_color_selected": "*primary_600",
        "checkbox_background_color_selected_dark": "*primary_500",
        "checkbox_border_color": "#aab3c5",
        "checkbox_border_color_dark": "#465066",
        "checkbox_label_background_fill": "transparent",
        "checkbox_label_background_fill_dark": "transparent",
        "checkbox_label_background_fill_selected": "transparent",
        "checkbox_label_background_fill_selected_dark": "transparent",
        "checkbox_label_border_width": "0px",
        "checkbox_label_border_width_dark": "0px",
        "checkbox_label_padding": "0px",
    }


def _buttons() -> dict[str, Any]:
    return {
        "button_primary_background_fill": "#ffbe3d",
        "button_primary_background_fill_dark": "#ffbe3d",
        "button_primary_background_fill_hover": "#ffcb63",
        "button_primary_background_fill_hover_dark": "#ffcb63",
        "button_primary_text_color": "#1d1503",
        "button_primary_text_color_dark": "#1d1503",
        "button_primary_border_color": "transparent",
        "button_primary_border_color_dark": "transparent",
        "button_secondary_background_fill": "#ffffff",
        "button_secondary_background_fill_dark": "#1a2130",
        "button_secondary_background_fill_hover": "*neutral_50",
        "button_secondary_background_fill_hover_dark": "#222b3d",
        "button_secondary_border_color": "#cfd6e2",
        "button_secondary_border_color_dark": "#2f3950",
        "button_secondary_text_color": "*body_text_color",
        "button_secondary_text_color_dark": "*body_text_color",
        "button_border_width": "1px",
        "button_large_radius": "12px",
        "button_large_text_weight": "700",
        "button_transition": "background-color 0.12s ease, border-color 0.12s ease",
    }
