"""The Edit workspace without its page: what a tab knows of its edits, its files, how one runs.

versions    values and pure transitions: opened, proposed, committed, undone
opening     from a user's file or a take to the first version; its beats
orders      what one press asks for, and what can be said of it before anything is read
work        one edit: from an order to a proposal
candidates  what is written of each way to fill the regions: an exact excerpt
keeping     a candidate, or a crop, becomes the next version, proven bit by bit
files       folders in Gradio's cache: nothing in them is half-written
previews    what a browser can play of a clip
peaks       what a page draws of it
statuses    what the run status says meanwhile
words       names, labels and proofs as a person reads them
"""
