"""What the page is made of: own widgets with a constant template each, and knobs from the table."""
