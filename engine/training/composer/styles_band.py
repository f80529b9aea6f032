"""Band styles: rock, metal, jazz, blues, funk, reggae, pop and their kin."""

from engine.training.composer.drums import Groove
from engine.training.composer.rhythm import Swing
from engine.training.composer.style import Manner, Style

TRIPLETS = Swing(unit_beats=0.5, ratio=2 / 3)

ROCK = Style(
    name="rock", chords_db=-5.0,
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
    melody_scale="pentatonic", drums_share=0.88, solo_share=0.08, solos=("electric guitar",),
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
    name="metal", chords_db=-5.0,
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
    name="punk rock", chords_db=-5.0,
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

JAZZ = Style(
    name="jazz", lively_minor="groovy", chords_db=-10.0,
    tempos=((66, 88), (92, 125), (130, 180)),
    modes={"major": 0.6, "minor": 0.25, "dorian": 0.15},
    progressions={
        "major": ("ii7,V7 Imaj7 ii7,V7 Imaj7", "Imaj7,vi7 ii7,V7 iii7,VI7 ii7,V7",
                  "Imaj7 VI7 ii7 V7", "Imaj7 iv7,bVII7 Imaj7 ii7,V7"),
        "minor": ("iim7b5,V7 i6 iim7b5,V7 i6", "i7 iv7 iim7b5 V7", "i6,bVImaj7 iim7b5,V7 i6 V7"),
        "dorian": ("i7 % i7 IV7", "i9 IV13 i9 IV13"),
    },
    leads=("tenor sax", "alto sax", "trumpet", "muted trumpet", "piano", "jazz guitar",
           "vibraphone", "flute", "trombone", "soprano sax", "organ"),
    chords=("piano", "jazz guitar", "piano"),
    basses=("acoustic bass",),
    kits=("jazz", "brush"),
    rootless=True, drums_share=0.75, solo_share=0.15, pad_share=0.0, arp_share=0.0,
    solos=("piano", "saxophone", "electric guitar", "brass"),
    swing=TRIPLETS, jitter_ms=9, energy=0.1, three_share=0.15,
    moods=("smooth", "sophisticated", "swinging", "late-night", "cool"), room=(0.4, 0.3),
    four=Manner(
        chords=("x-....x-........", "..x-....x-......", "x.....x-..x-....", "......x-......x-"),
        basses=("walk",),
        melodies=("x-x-x-x-x---..x-", "..x-x-x-x-x-x---", "x---x-x-..x-x-x-", "x--.x-x-x-x-....",
                  "x-x---x-x-x-x-x-"),
        grooves=(
            Groove(voices={"ride": "x...x.o.x...x.o.", "pedal": "....x.......x...",
                           "kick": "g.......g.......", "snare": "......g........g"}, fill="latin"),
            Groove(voices={"ride": "x...x.o.x...x.o.", "pedal": "....x.......x...",
                           "snare": "..g.......g..g..", "kick": "o...g...g...g..."}),
        ),
    ),
    three=Manner(
        chords=("x---....x---", "....x---x---"),
        basses=("walk", "R-------5---"),
        melodies=("x---x-x-x---", "x-x-x-x-x---", "x-------x-x-"),
        grooves=(Groove(voices={"ride": "x...x.o.x.o.", "pedal": "....x...x...",
                                "kick": "x..........."}, fill="none"),),
    ),
)  # fmt: skip

BLUES = Style(
    name="blues", lively_minor="groovy",
    tempos=((60, 88), (92, 122), (126, 145)),
    modes={"mixolydian": 0.6, "minor": 0.4},
    progressions={"mixolydian": ("I7 IV7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7", "I7 IV7 I7 V7"),
                  "minor": ("i7 iv7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 V7", "i7 iv7 i7 V7")},
    leads=("electric guitar", "overdriven guitar", "piano", "organ", "tenor sax",
           "acoustic guitar", "electric guitar"),
    chords=("electric guitar", "piano", "organ", "acoustic guitar"),
    basses=("electric bass", "acoustic bass"),
    kits=("standard", "room", "brush"),
    melody_scale="blues", drums_share=0.7, solo_share=0.2, pad_share=0.15, arp_share=0.0,
    solos=("electric guitar", "acoustic guitar", "piano"), solo_chords=("x.ox.ox.ox.o", "b--x-.p--x-."),
    jitter_ms=10, energy=0.0,
    moods=("soulful", "gritty", "bluesy", "heartfelt"), room=(0.35, 0.25),
    chord_register=(48, 70),
    four=Manner(
        chords=("x.ox.ox.ox.o", "x-.x-.x-.x-.", "..x..x..x..x"),
        basses=("R-.R-.5-.5-.", "R-.3-.5-.7-.", "R--3--5--7--", "R--3--5--a--"),
        melodies=("x-xx--x-xx--", "..xx-xx--...", "x--x-xx-x---", "x-xx-xx-----"),
        grooves=(
            Groove(voices={"kick": "X.....x..x..", "snare": "...X.....X..",
                           "hat": "x.xx.xx.xx.x"}, fill="default"),
            Groove(voices={"kick": "X..x..X..x..", "snare": "...X.....X..",
                           "ride": "x.xx.xx.xx.x"}, fill="default"),
        ),
    ),
)  # fmt: skip

FUNK = Style(
    name="funk", lively_minor="groovy", chords_db=-7.0,
    tempos=((92, 120), (96, 116)),
    modes={"dorian": 0.5, "mixolydian": 0.3, "minor": 0.2},
    progressions={"dorian": ("i7 % IV9 %", "i9 IV9 i9 IV9", "i7 % % IV7"),
                  "mixolydian": ("I9 % IV9 %", "I7 % % bVII"),
                  "minor": ("i7 % iv7 %", "i7 bVII i7 v7")},
    leads=("muted guitar", "brass section", "alto sax", "electric piano", "organ", "trumpet",
           "electric guitar", "synth lead", "tenor sax", "flute"),
    chords=("muted guitar", "electric guitar", "electric piano", "organ"),
    pads=("brass section", "organ"),
    basses=("slap bass", "electric bass"),
    kits=("standard", "room"),
    melody_scale="pentatonic", drums_share=0.93, solo_share=0.0, pad_share=0.2, arp_share=0.0,
    jitter_ms=5, energy=0.6, moods=("groovy", "funky", "sassy", "playful"), room=(0.25, 0.2),
    four=Manner(
        chords=("x.ox..x..ox.x.o.", "..x...x...x..xx.", "x..x..x.x..x..x.", "xoxxoxxoxoxxoxxo"),
        basses=("R..R..8.R.7.8.a.", "R.gR.g5.7.8.g.R.", "R..g8.gR..5.7.8.", "R...R.8g.R..75R."),
        melodies=("x.xx..x.x.x..x..", "..x.xx..x..x.x..", "x--x..x.xx.x....", "x.x...xx.x......"),
        grooves=(
            Groove(voices={"kick": "X..x..x...x..x..", "snare": "....X..g.g..X..g",
                           "hat": "x.x.x.x.x.x.x.x."}),
            Groove(voices={"kick": "X.x.....x.x....x", "snare": "....X.g..g.gX.g.",
                           "hat": "xoxoxoxoxoxoxoxo"}),
        ),
    ),
)  # fmt: skip

DISCO = Style(
    name="disco", lively_minor="groovy",
    tempos=((108, 124),),
    modes={"minor": 0.5, "major": 0.5},
    progressions={"minor": ("i7 iv7 bVII7 bIIImaj7", "i bVI bVII i"),
                  "major": ("Imaj7 vi7 ii7 V7", "I IV ii V")},
    leads=("string section", "brass section", "electric guitar", "electric piano", "trumpet",
           "alto sax", "piano", "flute", "violin"),
    chords=("muted guitar", "electric piano", "piano"),
    pads=("string section",),
    basses=("electric bass", "slap bass"),
    kits=("standard",),
    drums_share=1.0, solo_share=0.0, pad_share=0.7, arp_share=0.0, jitter_ms=4, energy=0.8,
    moods=("danceable", "glamorous", "groovy", "glittering"), room=(0.4, 0.3),
    four=Manner(
        chords=("x.xxx.xxx.xxx.xx", "..x-..x-..x-..x-", "x..x..x.x..x..x."),
        basses=("R-8-R-8-R-8-R-8-", "R.8.R.8.5.8.R.a.", "R..R8..R..8.R.8."),
        melodies=("x---x-x-x-x-x---", "x-x-..x-x-x-x---", "x--x--x-x---x---"),
        grooves=(
            Groove(voices={"kick": "X...X...X...X...", "snare": "....X.......X...",
                           "open": "..x...x...x...x.", "tambourine": "xoxoxoxoxoxoxoxo"}),
        ),
    ),
)  # fmt: skip

REGGAE = Style(
    name="reggae", lively_minor="groovy", chords_db=-6.0,
    tempos=((64, 88), (68, 84)),
    modes={"major": 0.6, "minor": 0.4},
    progressions={"major": ("I IV I IV", "I V vi IV", "I ii I V", "I % IV V"),
                  "minor": ("i iv i iv", "i bVII i bVII", "i bVI bVII i")},
    leads=("organ", "trumpet", "trombone", "electric guitar", "tenor sax", "flute", "piano",
           "brass section"),
    chords=("electric guitar", "organ", "piano"),
    pads=("organ",),
    basses=("electric bass",),
    kits=("standard", "room"),
    drums_share=0.9, solo_share=0.0, pad_share=0.3, arp_share=0.0, jitter_ms=7, energy=0.1,
    moods=("laid-back", "tropical", "easygoing", "rootsy"), room=(0.5, 0.35),
    four=Manner(
        chords=("....X.......X...", "....x.x.....x.x.", "..x...x...x...x."),
        basses=("R--R..5---3-R---", "..R-R-5-..R-3-5-", "R-..R-3-5-..3-R-"),
        melodies=("x-x---x-x---....", "..x-x-x---x-x---", "x---x-x-....x-x-"),
        grooves=(
            Groove(voices={"kick": "........X.......", "rim": "........X.......",
                           "hat": "x.x.x.x.x.x.xxx."}, fill="reggae"),
            Groove(voices={"kick": "x...x...x...x...", "rim": "........X.....o.",
                           "hat": "x.o.x.o.x.o.x.o."}, fill="reggae"),
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
    drums_share=0.8, solo_share=0.1, solos=("piano", "acoustic guitar"), arp_share=0.3,
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
            Groove(voices={"kick": "X.......X.......", "snare": "g.gxg.gxg.gxg.gx"}, fill="default"),
        ),
    ),
)  # fmt: skip

BOSSA = Style(
    name="bossa nova", lively_minor="groovy",
    tempos=((70, 88), (96, 125), (126, 148)),
    modes={"major": 0.65, "minor": 0.35},
    progressions={"major": ("Imaj7 % ii7 V7", "Imaj9 VI7 ii7 V7", "Imaj7 II7 ii7 V7"),
                  "minor": ("i7 % iim7b5 V7", "i9 iv7 bVII7 bIIImaj7")},
    leads=("nylon guitar", "flute", "tenor sax", "piano", "vibraphone", "nylon guitar", "trumpet",
           "alto sax", "jazz guitar"),
    chords=("nylon guitar", "nylon guitar", "electric piano", "piano"),
    pads=("string section",),
    basses=("acoustic bass",),
    kits=("brush", "jazz", "standard"),
    rootless=True, drums_share=0.65, solo_share=0.15, solos=("acoustic guitar", "piano"),
    pad_share=0.25, arp_share=0.0, jitter_ms=7, energy=-0.2,
    moods=("breezy", "romantic", "smooth", "relaxed"), room=(0.45, 0.35),
    four=Manner(
        chords=("x-..x-..x--x--x-|..x-..x-x--x--x-", "x--x--x---x--x--", "..x-..x-x-..x-x-"),
        basses=("R-----d-d-----R-", "R-----5-5-----a-"),
        melodies=("x---x-x---x-x---", "..x-x---x-x---x-", "x-----x-x---x-x-", "x-x-x---....x-x-"),
        grooves=(
            Groove(voices={"kick": "x.....x.x.....x.", "rim": "x..x..x...x..x..",
                           "hat": "xoxoxoxoxoxoxoxo"}, fill="latin"),
            Groove(voices={"kick": "x.....x.x.....x.", "rim": "..x..x....x..x..",
                           "shaker": "xoxoxoxoxoxoxoxo"}, fill="none"),
        ),
    ),
)  # fmt: skip

LATIN = Style(
    name="latin", lively_minor="groovy",
    tempos=((92, 124), (130, 178)),
    modes={"minor": 0.55, "major": 0.45},
    progressions={"minor": ("i iv V7 i", "i bVII bVI V7", "i % V7 %"),
                  "major": ("I IV V7 IV", "I % V7 %", "I vi ii7 V7")},
    leads=("trumpet", "brass section", "piano", "flute", "nylon guitar", "trombone", "alto sax",
           "marimba"),
    chords=("piano", "nylon guitar", "piano"),
    basses=("acoustic bass", "electric bass"),
    kits=("standard",),
    drums_share=0.92, solo_share=0.05, solos=("acoustic guitar",), pad_share=0.0, arp_share=0.0,
    jitter_ms=5, energy=0.7, moods=("festive", "spicy", "passionate", "danceable"),
    room=(0.35, 0.25),
    four=Manner(
        chords=("x.xx.xx.x.xx.xx.", "x-.x-.x-.x-.x-x-", "x-x-.x-x-.x-x-.x"),
        basses=("...5--8-...5--8-", "R-----5-----8---", "R--..5--8---..a-"),
        melodies=("x-.x-.x-..x-x-..", "x-x-x-.x-.x-x---", "..x-x-.x-.x-x-x-"),
        grooves=(
            Groove(voices={"kick": "x.....x.x.....x.", "conga": "..x...xx..x...xx",
                           "claves": "x..x..x...x.x...", "cowbell": "x...x...x...x..."},
                   fill="latin"),
            Groove(voices={"kick": "x...x...x...x...", "snare": "...x..x....x..x.",
                           "shaker": "xoxoxoxoxoxoxoxo"}, fill="latin"),
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
    melody_scale="pentatonic", drums_share=0.85, solo_share=0.08, solos=("organ", "piano"),
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

BAND_STYLES = (
    ROCK, METAL, PUNK, JAZZ, BLUES, FUNK, DISCO, REGGAE, POP, COUNTRY, BOSSA, LATIN, SOUL,
)  # fmt: skip
