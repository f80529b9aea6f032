"""Groove styles: jazz, blues, funk, disco, reggae, bossa nova and Latin dance."""

from engine.training.composer.drums import Groove
from engine.training.composer.rhythm import Swing
from engine.training.composer.style import Manner, Style

TRIPLETS = Swing(unit_beats=0.5, ratio=2 / 3)

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
    rootless=True, drums_share=0.65, solo_share=0.2, pad_share=0.0, arp_share=0.0,
    solos=("piano", "saxophone", "saxophone", "electric guitar", "brass"),
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
    melody_scale="blues", drums_share=0.6, solo_share=0.2, pad_share=0.15, arp_share=0.0,
    solos=("electric guitar", "acoustic guitar", "piano", "saxophone"),
    solo_chords=("x.ox.ox.ox.o", "b--x-.p--x-."), jitter_ms=10, energy=0.0,
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
    melody_scale="pentatonic", drums_share=0.8, solo_share=0.0, pad_share=0.2, arp_share=0.0,
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
    drums_share=0.75, solo_share=0.0, pad_share=0.3, arp_share=0.0, jitter_ms=7, energy=0.1,
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
    drums_share=0.8, solo_share=0.08, solos=("acoustic guitar",), pad_share=0.0, arp_share=0.0,
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

GROOVE_STYLES = (JAZZ, BLUES, FUNK, DISCO, REGGAE, BOSSA, LATIN)
