"""Song styles: rock, metal, punk, pop, country and soul."""

from engine.training.composer.drums import Groove
from engine.training.composer.style import Manner, Style

ROCK = Style(
    name="rock", chords_db=-6.5,
    tempos=((76, 89), (95, 125), (126, 165)),
    modes={"major": 0.4, "mixolydian": 0.2, "minor": 0.4},
    progressions={
        "major": ("I V vi IV", "I IV V IV", "I vi IV V", "I IV I V"),
        "mixolydian": ("I bVII IV I", "I IV bVII IV"),
        "minor": ("i bVII bVI bVII", "i bVI bIII bVII", "i iv bVII i"),
    },
    leads=("electric guitar", "overdriven guitar", "overdriven guitar", "distorted guitar",
           "rock organ", "piano", "alto sax"),
    chords=("overdriven guitar", "electric guitar", "distorted guitar", "electric guitar"),
    pads=("rock organ",),
    basses=("picked bass", "electric bass"),
    kits=("standard", "power", "room"),
    melody_scale="pentatonic", drums_share=0.78, solo_share=0.16, solos=("electric guitar",),
    pad_share=0.25, arp_share=0.0, jitter_ms=6, energy=0.6, chord_register=(45, 66),
    moods=("powerful", "driving", "rebellious", "confident"), room=(0.4, 0.25),
    four=Manner(
        chords=("X-x-x-x-X-x-x-x-", "X---x-x-X-x-x---", "X-x-.-x-X-x-x-x-", "X-----X-X-----x-"),
        basses=("R-R-R-R-R-R-R-R-", "R---R-R-R---R-a-", "R-R-R-5-R-R-R-a-"),
        melodies=("x-x-x---x-x-x---", "x---x-x-x---x-x-", "x-x-..x-x---x---", "..x-x-x-x-x-x---"),
        grooves=(
            Groove(voices={"kick": "X.......X.x.....", "snare": "....X.......X...",
                           "hat": "x.x.x.x.x.x.x.x."}, fill="rock"),
            Groove(voices={"kick": "X.....x.X.......", "snare": "....X..g....X...",
                           "ride": "x.x.x.x.x.x.x.x."}, fill="rock"),
            Groove(voices={"kick": "X..x....x.x.....", "snare": "....X.......X...",
                           "open": "x...x...x...x..."}, fill="rock"),
        ),
    ),
)  # fmt: skip

METAL = Style(
    name="metal", chords_db=-7.0,
    tempos=((100, 125), (130, 178), (140, 180)),
    modes={"minor": 0.65, "phrygian": 0.35},
    progressions={"minor": ("i5 % bVI5 bVII5", "i5 bVII5 bVI5 bVII5", "i5 % iv5 v5"),
                  "phrygian": ("i5 % bII5 i5", "i5 bII5 bIII5 bII5")},
    leads=("distorted guitar",),
    chords=("distorted guitar",),
    basses=("picked bass",),
    kits=("power",),
    drums_share=0.93, solo_share=0.07, solos=("electric guitar",), lead_share=0.6,
    pad_share=0.0, arp_share=0.0, jitter_ms=3, energy=1.0, chord_register=(38, 54),
    moods=("aggressive", "heavy", "furious", "brutal"), room=(0.35, 0.2),
    four=Manner(
        chords=("X.xxX.xxX.xxX.xx", "XxxxXxxxXxxxXxxx", "X-.xx.X-.xx.X-x-", "X..X..X..X..X.X."),
        basses=("R.RRR.RRR.RRR.RR", "RRRRRRRRRRRRRRRR", "R..R..R..R..R.R."),
        melodies=("x-x-x-x-x-x-x-x-", "xxxxx-x-xxxxx-x-", "x---x-x-x-x-x---", "x-xxx-xxx-xxx---"),
        grooves=(
            Groove(voices={"kick": "XxxxXxxxXxxxXxxx", "snare": "....X.......X...",
                           "crash": "x.......x.......", "ride": "x...x...x...x..."}, fill="rock"),
            Groove(voices={"kick": "X.xxX.xxX.xxX.xx", "snare": "....X.......X...",
                           "open": "x...x...x...x..."}, fill="rock"),
            Groove(voices={"kick": "x.x.x.x.x.x.x.x.", "snare": ".x.x.x.x.x.x.x.x",
                           "ride": "x.x.x.x.x.x.x.x."}, fill="rock"),
        ),
    ),
)  # fmt: skip

PUNK = Style(
    name="punk rock", chords_db=-8.0,
    tempos=((155, 180),),
    modes={"major": 0.8, "minor": 0.2},
    progressions={"major": ("I5 V5 vi5 IV5", "I5 IV5 V5 IV5", "I5 % IV5 V5"),
                  "minor": ("i5 bVI5 bIII5 bVII5",)},
    leads=("distorted guitar", "overdriven guitar"),
    chords=("distorted guitar", "overdriven guitar"),
    basses=("picked bass",),
    kits=("power", "standard"),
    melody_scale="pentatonic", drums_share=1.0, solo_share=0.0, lead_share=0.5, pad_share=0.0,
    arp_share=0.0, jitter_ms=5, energy=0.9, chord_register=(43, 60),
    moods=("rebellious", "raw", "energetic", "fun"), room=(0.3, 0.2),
    four=Manner(
        chords=("X-x-x-x-X-x-x-x-", "XxxxXxxxXxxxXxxx"),
        basses=("R-R-R-R-R-R-R-R-",),
        melodies=("x-x-x-x-x---x---", "x---x-x-x-x-x-x-"),
        grooves=(
            Groove(voices={"kick": "X...x...X...x...", "snare": "..X...X...X...X.",
                           "hat": "x.x.x.x.x.x.x.x."}, fill="rock"),
            Groove(voices={"kick": "X.....x.X.x.....", "snare": "....X.......X...",
                           "open": "x.x.x.x.x.x.x.x."}, fill="rock"),
        ),
    ),
)  # fmt: skip

POP = Style(
    name="pop",
    tempos=((74, 89), (94, 124), (126, 136)),
    modes={"major": 0.7, "minor": 0.3},
    progressions={"major": ("I V vi IV", "vi IV I V", "I vi IV V", "I IV vi V"),
                  "minor": ("i bVI bIII bVII", "i iv bVI V", "bVI bVII i i")},
    leads=("piano", "synth lead", "acoustic guitar", "electric guitar", "polysynth", "flute",
           "violin", "glockenspiel", "alto sax", "electric piano"),
    chords=("piano", "acoustic guitar", "electric guitar", "electric piano", "polysynth"),
    pads=("synth pad", "string section"),
    arps=("glockenspiel", "polysynth", "electric guitar"),
    basses=("electric bass", "synth bass"),
    kits=("standard", "electronic", "room"),
    drums_share=0.7, solo_share=0.1, solos=("piano", "acoustic guitar"), arp_share=0.3,
    jitter_ms=5, energy=0.3, moods=("catchy", "modern", "polished", "melodic"), room=(0.45, 0.35),
    four=Manner(
        chords=("x---x---x---x---", "x-----x---x-x---", "x--x--x-x--x--x-", "x-0-1-2-x-2-1-2-"),
        basses=("R---R---R---R-a-", "R-----R-R-----R-", "R-R-R-R-R-R-R-R-"),
        melodies=("x-x-x---x-x-x---", "x---x-x-x---....", "x-x-x-x---x-x---", "x--x--x-x---x---"),
        arps=("0-1-2-1-3-2-1-2-", "0-2-1-2-0-2-1-2-"),
        grooves=(
            Groove(voices={"kick": "X.......x.x.....", "snare": "....X.......X...",
                           "hat": "x.x.x.x.x.x.x.x."}),
            Groove(voices={"kick": "X.....x.x.......", "clap": "....X.......X...",
                           "hat": "xoxoxoxoxoxoxoxo"}, fill="electronic"),
        ),
    ),
)  # fmt: skip

COUNTRY = Style(
    name="country",
    tempos=((72, 88), (96, 124), (130, 170)),
    modes={"major": 0.9, "mixolydian": 0.1},
    progressions={"major": ("I IV V I", "I % IV I", "I V I IV", "I IV I V"),
                  "mixolydian": ("I bVII IV I",)},
    leads=("acoustic guitar", "electric guitar", "violin", "piano",
           "acoustic guitar"),
    chords=("acoustic guitar", "acoustic guitar", "banjo"),
    basses=("acoustic bass", "electric bass"),
    kits=("standard", "brush"),
    melody_scale="pentatonic", drums_share=0.65, solo_share=0.15, solos=("acoustic guitar",),
    pad_share=0.0, arp_share=0.2, arps=("banjo",), jitter_ms=7, energy=0.4,
    moods=("cheerful", "rustic", "heartfelt", "down-home"), room=(0.35, 0.25),
    four=Manner(
        chords=("b---x---p---x---", "b---x-x-p---x-x-", "b-2-x-2-p-2-x-2-"),
        basses=("R-------d-------", "R---..5-d---..a-", "R---d---R---d---"),
        melodies=("x-x-x-x-x---x---", "x---x-x-x-x-x-x-", "..x-x-x-x-x-x---"),
        arps=("0213021302130213", "2031203120312031"),
        grooves=(
            Groove(voices={"kick": "X.......X.......", "snare": "..g.X.g...g.X.g.",
                           "hat": "x.x.x.x.x.x.x.x."}),
            Groove(voices={"kick": "X.......X.......", "snare": "g.gxg.gxg.gxg.gx"}),
        ),
    ),
)  # fmt: skip

SOUL = Style(
    name="soul", lively_minor="groovy",
    tempos=((64, 88), (92, 116)),
    modes={"major": 0.6, "minor": 0.4},
    progressions={"major": ("Imaj7 IVmaj7 ii7 V7", "I iii7 IV V", "Imaj7 vi7 IVmaj7 V7"),
                  "minor": ("i7 iv7 bVImaj7 V7", "i9 iv9 i9 iv9")},
    leads=("organ", "electric piano", "tenor sax", "electric guitar", "trumpet", "brass section",
           "piano", "alto sax"),
    chords=("electric piano", "organ", "piano", "electric guitar"),
    pads=("organ", "string section"),
    basses=("electric bass",),
    kits=("standard", "room"),
    melody_scale="pentatonic", drums_share=0.7, solo_share=0.18,
    solos=("organ", "piano", "saxophone", "saxophone"),
    pad_share=0.4, arp_share=0.0, jitter_ms=10, energy=0.0,
    moods=("soulful", "warm", "romantic", "smooth"), room=(0.4, 0.3),
    four=Manner(
        chords=("x-----x---x-x---", "x---x---x---x---", "..x...x...x...x."),
        basses=("R-----R-5---R-a-", "R---..R-R-5-7-a-", "R--R..5-R--R..a-"),
        melodies=("x-x-x---x---....", "..x-x-x-x---x-x-", "x---x-x-x-x-x---"),
        grooves=(
            Groove(voices={"kick": "X......xx.......", "snare": "....X.......X..g",
                           "hat": "x.x.x.x.x.x.x.x."}),
            Groove(voices={"kick": "X..x....x.x.....", "snare": "....X..g.g..X...",
                           "hat": "x.o.x.o.x.o.x.o."}),
        ),
    ),
)  # fmt: skip

BAND_STYLES = (ROCK, METAL, PUNK, POP, COUNTRY, SOUL)
