"""Text encoders: prompts in, features for cross-attention out."""

from engine.text.mini import MiniTextConfig, MiniTextEncoder
from engine.text.protocol import TextEncoder, TextFeatures
from engine.text.table import TokenTable, load_table, save_table

__all__ = [
    "MiniTextConfig",
    "MiniTextEncoder",
    "TextEncoder",
    "TextFeatures",
    "TokenTable",
    "load_table",
    "save_table",
]
