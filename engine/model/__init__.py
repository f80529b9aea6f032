"""The language model: sizes, layouts, attention masks, network, and its use in decoding."""
