"""Training: objectives, data, the codec, the language model, the composer."""
