"""The file names of the release format."""

from __future__ import annotations

STATE_FILE = "state_dict.bin"
COMPRESSION_FILE = "compression_state_dict.bin"
RELEASE_FILES = (STATE_FILE, COMPRESSION_FILE)
