"""How good is it: measures of codecs and of generated music."""
