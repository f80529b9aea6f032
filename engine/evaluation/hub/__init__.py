"""The published judges: VGGish for FAD, PaSST for KL and CLAP for the text score, as the paper has.

Their weights are not part of this program. They are read from a local folder, from the Hub, or
from where their authors publish them; without them an evaluation goes on and says what is missing.
"""
