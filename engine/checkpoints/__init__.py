"""Model files: our own folders, and (by `upstream_names`) those that others publish."""
