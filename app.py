"""Start MAGNeT Studio: `python app.py`, and the entry point of a Hugging Face Space."""

from __future__ import annotations

from contextlib import suppress

with suppress(ImportError):
    # On ZeroGPU this patches torch, so it has to come before torch is imported.
    import spaces  # noqa: F401

from studio.serve import serve

if __name__ == "__main__":
    serve()
