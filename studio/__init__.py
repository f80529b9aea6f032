"""The web front end: thin adapters between Gradio and the engine."""
