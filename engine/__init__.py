"""MAGNeT and Hybrid-MAGNeT (arXiv 2401.04577): text and audio in, tokens and audio out.

The legend of all shapes, used everywhere:

    B  batch (variations)          K  codebook levels (residual quantiser), 0 is the coarsest
    T  codec frames                S  sequence columns (T, or T + K under the delay layout)
    V  codebook size; the mask id is V
    D  model width                 H  attention heads
    P  prompt-text tokens          C  audio channels          N  waveform samples

`T` is never samples and never iterations. `stage` is the codebook level being decoded, `step`
one refinement iteration within it. A boolean tensor's name says what True means.
"""
