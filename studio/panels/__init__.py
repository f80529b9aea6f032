"""The panels of the page; each builds its components and returns them as a small dataclass."""
