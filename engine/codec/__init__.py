"""Audio codecs: samples to tokens and back, all behind one small protocol."""
