"""Electronic styles: ambient, lo-fi hip hop, house, techno and their kin."""

from engine.training.composer.drums import Groove
from engine.training.composer.rhythm import Swing
from engine.training.composer.style import Manner, Style

_DRIVING = {
    "major": ("I V vi IV", "vi IV I V", "IV I V vi", "I IV vi V"),
    "minor": ("i bVI bIII bVII", "i bVII bVI bVII", "i iv bVI bVII", "i bVI iv v"),
    "dorian": ("i IV i IV", "i7 IV7 i7 IV7"),
    "phrygian": ("i bII i bII", "i bII bVII i"),
}
_CLUB_MELODIES = (
    "x-.x-.x-x-.x-.x-", "x--x--x---x-x---", "x-x-.-x-x-x-x---", "x---x-x-..x-x-x-",
    "x..x..x.x.x...x.",
)  # fmt: skip

AMBIENT = Style(
    name="ambient", swells=True, chords_db=-7.0,
    tempos=((60, 78), (62, 88)),
    modes={"major": 0.4, "lydian": 0.15, "minor": 0.3, "dorian": 0.15},
    progressions={
        "major": ("Imaj7 % IVmaj7 %", "Iadd9 % vi7 %", "Imaj9 % IVadd9 Vsus4", "I Isus2 IVadd9 I"),
        "lydian": ("Imaj7 % II Imaj7", "Iadd9 II Iadd9 II"),
        "minor": ("iadd9 % bVImaj7 %", "i bVI bIII bVII", "i7 % iv7 %"),
        "dorian": ("i7 % IV %", "i9 IV i9 IV"),
    },
    leads=("synth pad", "piano", "flute", "pan flute", "electric piano", "tubular bells",
           "vibraphone", "string section", "synth lead", "church organ", "electric guitar"),
    chords=("synth pad", "string section", "synth pad", "choir"),
    pads=("synth pad", "choir", "string section"),
    arps=("celesta", "harp", "electric piano", "music box"),
    basses=("synth bass", "contrabass"),
    kits=("electronic", "brush"),
    pad_share=0.8, arp_share=0.45, drums_share=0.15, solo_share=0.3,
    solos=("synth", "piano", "bells", "strings", "flute", "organ"),
    forms=("steady", "steady", "crescendo"),
    jitter_ms=12, energy=-0.8, room=(0.85, 0.8),
    moods=("dreamy", "ethereal", "meditative", "atmospheric", "relaxing"),
    four=Manner(
        chords=("pad",),
        basses=("R---------------", "R-------5-------"),
        melodies=("x-------x-------", "x---------x-----", "....x-------x---", "x-----x---------"),
        arps=("0-1-2-3-4-3-2-1-", "0---2---1---3---", "0-2-4-2-1-3-5-3-"),
        grooves=(Groove(voices={"kick": "x.........x.....", "shaker": "..g...g...g...g."},
                        fill="none"),),
    ),
)  # fmt: skip

LOFI = Style(
    name="lo-fi hip hop", lively_minor="groovy",
    tempos=((68, 88), (72, 92)),
    modes={"major": 0.45, "minor": 0.35, "dorian": 0.2},
    progressions={
        "major": ("IVmaj7 iii7 ii7 Imaj7", "ii7 V7 Imaj7 vi7", "Imaj7 vi7 ii7 V9",
                  "Imaj9 IVmaj7 Imaj9 IVmaj7"),
        "minor": ("i9 iv7 bVII7 bIIImaj7", "bVImaj7 v7 i7 %", "i7 bVImaj7 iv7 v7"),
        "dorian": ("i9 IV9 i9 IV9", "i7 ii7 i7 IV7"),
    },
    leads=("electric piano", "piano", "jazz guitar", "vibraphone", "alto sax", "flute",
           "muted trumpet", "nylon guitar", "music box", "tenor sax"),
    chords=("electric piano", "electric piano", "jazz guitar", "piano"),
    pads=("synth pad", "string section"),
    basses=("electric bass", "acoustic bass"),
    kits=("standard", "808", "room"),
    rootless=True, drums_share=0.75, solo_share=0.05, solos=("piano",),
    swing=Swing(unit_beats=0.25, ratio=0.58), melody_scale="pentatonic",
    jitter_ms=13, energy=-0.5, room=(0.35, 0.3),
    moods=("chill", "mellow", "nostalgic", "cozy", "laid-back"),
    four=Manner(
        chords=("x-------..x-----", "x---..x-..x-----", "x-----x---x-----", "x-0-1-2-x-2-1-0-"),
        basses=("R-----R-..5-R---", "R--.....R-R-5---", "R-------..R-a---"),
        melodies=("..x-x-x---x-....", "x-x---x-x-......", "x---..x-x-x-....", "....x-x-x---x---"),
        grooves=(
            Groove(voices={"kick": "x......x.xx.....", "snare": "....x..g....x..g",
                           "hat": "x.o.x.o.x.o.x.o."}),
            Groove(voices={"kick": "x..x......x..x..", "snare": "....x.......x...",
                           "hat": "xoxoxoxoxoxoxoxo"}),
            Groove(voices={"kick": "x.....x...x.....", "rim": "....x.......x..o",
                           "hat": "x.o.x.oox.o.x.o."}),
        ),
    ),
)  # fmt: skip

HOUSE = Style(
    name="house", pumps=True, chords_db=-7.0, lively_minor="groovy",
    tempos=((116, 125), (126, 130)),
    modes={"minor": 0.45, "major": 0.35, "dorian": 0.2},
    progressions={**_DRIVING, "minor": ("i7 iv7 bVII7 bIIImaj7", "i bVI bIII bVII", "i7 % iv7 %"),
                  "major": ("Imaj7 vi7 ii7 V7", "I V vi IV", "IVmaj7 V7 iii7 vi7")},
    leads=("piano", "synth lead", "polysynth", "organ", "alto sax", "square synth", "vibraphone",
           "trumpet", "string section", "flute"),
    chords=("piano", "polysynth", "organ", "electric piano"),
    pads=("synth pad", "string section"),
    basses=("synth bass",),
    kits=("electronic", "808"),
    drums_share=0.85, solo_share=0.0, lead_share=0.75, jitter_ms=1.5, energy=0.7,
    forms=("steady", "steady", "build and drop", "breakdown", "intro"),
    moods=("groovy", "danceable", "pulsing", "energetic", "club"), room=(0.5, 0.35),
    four=Manner(
        chords=("..x-..x-..x-..x-", "x--x--x-..x--x..", "..x...x...x...xx", "x..x..x..x..x.x."),
        basses=("..R-..R-..R-..R-", "R-8-R-8-R-8-R-8-", "R..R..8.R..R..8.", "..R-..R-..R-.8R-"),
        melodies=_CLUB_MELODIES,
        grooves=(
            Groove(voices={"kick": "X...X...X...X...", "clap": "....x.......x...",
                           "open": "..x...x...x...x.", "hat": "x.ox.o.ox.ox.o.o"},
                   fill="electronic"),
            Groove(voices={"kick": "X...X...X...X...", "clap": "....x.......x...",
                           "open": "..x...x...x...x.", "shaker": "xoxoxoxoxoxoxoxo"},
                   fill="electronic"),
        ),
    ),
)  # fmt: skip

TECHNO = Style(
    name="techno", pumps=True, chords_db=-7.0,
    tempos=((120, 125), (126, 145)),
    modes={"minor": 0.6, "phrygian": 0.25, "dorian": 0.15},
    progressions={
        "minor": ("i % % %", "i % bVI bVII", "i5 % bVII5 %"),
        "phrygian": ("i % bII %", "i % % bII"),
        "dorian": ("i7 % IV %",),
    },
    leads=("synth lead", "square synth", "polysynth", "synth lead", "tubular bells", "organ",
           "string section"),
    chords=("polysynth", "square synth", "synth lead"),
    pads=("synth pad",),
    arps=("square synth", "synth lead"),
    basses=("synth bass",),
    kits=("electronic", "808"),
    drums_share=0.93, solo_share=0.06, solos=("synth",), lead_share=0.6, arp_share=0.8,
    jitter_ms=0.8, energy=0.9, room=(0.6, 0.4),
    forms=("steady", "steady", "build and drop", "breakdown", "intro"),
    moods=("hypnotic", "driving", "dark", "mechanical", "club"),
    four=Manner(
        chords=("x..x..x...x.....", "..x.....x.x.....", "x.....x.....x..."),
        basses=("..RR..RR..RR..RR", ".RRR.RRR.RRR.RRR", "R.RR.RR.R.RR.R8."),
        melodies=("x..x..x..x..x.x.", "x.x...x.x.x...x.", "x-..x-..x-x-..x-"),
        arps=("0121012301210121", "0.2.1.2.0.2.1.3.", "0230230230230232"),
        grooves=(
            Groove(voices={"kick": "X...X...X...X...", "clap": "....x.......x...",
                           "hat": "oxxxoxxxoxxxoxxx", "open": "..x...x...x...x."},
                   fill="electronic"),
            Groove(voices={"kick": "X...X...X...X...", "rim": "..x..x....x..x..",
                           "open": "..x...x...x...x.", "ride": "x.x.x.x.x.x.x.x."},
                   fill="electronic"),
        ),
    ),
)  # fmt: skip

TRANCE = Style(
    name="trance", pumps=True,
    tempos=((130, 142),),
    modes={"minor": 0.7, "major": 0.3},
    progressions=_DRIVING,
    leads=("synth lead", "polysynth", "square synth", "piano", "synth lead", "string section"),
    chords=("synth pad", "polysynth", "string section"),
    pads=("synth pad", "choir"),
    arps=("square synth", "polysynth", "synth lead"),
    basses=("synth bass",),
    kits=("electronic",),
    drums_share=0.85, solo_share=0.08, solos=("synth",), arp_share=0.85, pad_share=0.7,
    jitter_ms=0.8, energy=1.0, room=(0.75, 0.55),
    forms=("steady", "build and drop", "breakdown", "steady"),
    moods=("euphoric", "uplifting", "energetic", "soaring", "club"),
    four=Manner(
        chords=("pad", "x-..x-..x-x-..x-", "x..x..x..x..x.x."),
        basses=("..R-..R-..R-..R-", ".RRR.RRR.RRR.RRR", "R-8-R-8-R-8-R-8-"),
        melodies=_CLUB_MELODIES,
        arps=("0123210123454321", "0123012301230123", "0213021302130213"),
        grooves=(
            Groove(voices={"kick": "X...X...X...X...", "clap": "....X.......X...",
                           "open": "..x...x...x...x.", "hat": "xoxoxoxoxoxoxoxo"},
                   fill="electronic"),
        ),
    ),
)  # fmt: skip

DRUM_AND_BASS = Style(
    name="drum and bass",
    tempos=((165, 178),),
    modes={"minor": 0.8, "major": 0.2},
    progressions={"minor": ("i % bVI bVII", "i7 % bVImaj7 %", "i bVII bVI %"),
                  "major": ("Imaj7 % vi7 %", "I % IV V")},
    leads=("synth lead", "piano", "square synth", "electric piano", "polysynth", "flute",
           "string section", "vibraphone"),
    chords=("synth pad", "polysynth", "electric piano"),
    pads=("synth pad", "string section"),
    basses=("synth bass",),
    kits=("electronic", "standard"),
    drums_share=1.0, solo_share=0.0, lead_share=0.75, jitter_ms=1.5, energy=1.0,
    forms=("steady", "steady", "build and drop", "intro"),
    moods=("energetic", "driving", "urgent", "intense"), room=(0.55, 0.35),
    four=Manner(
        chords=("pad", "x-----x---------", "..x-....x-......"),
        basses=("R-----R---8-R---", "R---..R-..R-8-a-", "R-------R--8----"),
        melodies=("x---x-x-----x---", "x-----x-x-------", "x-x---x-x---x---"),
        grooves=(
            Groove(voices={"kick": "X.........X.....", "snare": "....X..g.g..X..g",
                           "hat": "x.x.x.x.x.x.x.x."}, fill="default"),
            Groove(voices={"kick": "X.X.......X.....", "snare": "....X..g.g..X.g.",
                           "ride": "x.x.x.x.x.x.x.x."}, fill="default"),
        ),
    ),
)  # fmt: skip

SYNTHWAVE = Style(
    name="synthwave",
    tempos=((78, 89), (92, 118)),
    modes={"minor": 0.65, "major": 0.2, "dorian": 0.15},
    progressions=_DRIVING,
    leads=("synth lead", "polysynth", "square synth", "electric guitar", "alto sax",
           "overdriven guitar"),
    chords=("polysynth", "synth pad", "string section"),
    pads=("synth pad", "string section"),
    arps=("square synth", "polysynth"),
    basses=("synth bass",),
    kits=("electronic", "power"),
    drums_share=0.7, solo_share=0.12, solos=("synth",), arp_share=0.7, jitter_ms=1.0, energy=0.2,
    moods=("retro", "nostalgic", "neon", "cool"), room=(0.7, 0.5),
    forms=("steady", "steady", "intro", "build and drop"),
    four=Manner(
        chords=("pad", "x-----x-----x---"),
        basses=("R-R-R-R-R-R-R-R-", "RRRRRRRRRRRRRRRR", "R.RRR.RRR.RRR.RR"),
        melodies=("x-----x-x-------", "x---x---x-x-x---", "x--x--x---------"),
        arps=("0123012301230123", "0.2.1.3.0.2.1.3.", "0124210201242102"),
        grooves=(
            Groove(voices={"kick": "X.......X.......", "snare": "....X.......X...",
                           "hat": "x.x.x.x.x.x.x.x."}, fill="rock"),
            Groove(voices={"kick": "X...X...X...X...", "snare": "....X.......X...",
                           "hat": "xoxoxoxoxoxoxoxo"}, fill="rock"),
        ),
    ),
)  # fmt: skip

TRAP = Style(
    name="trap",
    tempos=((66, 80), (70, 88)),
    modes={"minor": 0.75, "phrygian": 0.25},
    progressions={"minor": ("i % bVI %", "i bVI iv v", "i % iv V"),
                  "phrygian": ("i % bII %", "i bII i bVII")},
    leads=("tubular bells", "piano", "music box", "flute", "synth lead", "string section",
           "nylon guitar", "pizzicato strings", "brass section"),
    chords=("synth pad", "piano", "string section"),
    pads=("choir", "synth pad"),
    basses=("synth bass",),
    kits=("808",),
    drums_share=0.85, solo_share=0.08, solos=("bells",), jitter_ms=2.0, energy=0.3, pad_share=0.35,
    moods=("dark", "moody", "hard", "confident"), room=(0.5, 0.35),
    four=Manner(
        chords=("pad", "x-------x-------"),
        basses=("R-----R-....R---", "R-------..R---R-", "R--R------R-----"),
        melodies=("x-x-x-..x-x-x---", "x---x-x-x---....", "x--x--x---x-x---"),
        grooves=(
            Groove(voices={"kick": "X......x..x.....", "clap": "....X.......X...",
                           "hat": "x.x.x.x.x.xxx.x."}, fill="electronic"),
            Groove(voices={"kick": "X.....x...x..x..", "clap": "....X.......X...",
                           "hat": "x.xxx.x.x.x.xxxx"}, fill="electronic"),
        ),
    ),
)  # fmt: skip

CHIPTUNE = Style(
    name="chiptune",
    tempos=((95, 125), (126, 178)),
    modes={"major": 0.6, "minor": 0.4},
    progressions={"major": ("I V vi IV", "I IV V I", "I vi IV V", "I bVII IV I"),
                  "minor": ("i bVI bVII i", "i bVII bVI V", "i iv bVII bIII")},
    leads=("square synth", "square synth", "square synth", "synth lead"),
    chords=("square synth",),
    arps=("square synth", "synth lead"),
    basses=("synth bass",),
    kits=("808", "electronic"),
    drums_share=0.65, solo_share=0.15, solos=("synth",), arp_share=0.9, pad_share=0.0,
    jitter_ms=0.3, energy=0.7, room=(0.1, 0.05),
    moods=("playful", "retro", "pixelated", "adventurous"),
    four=Manner(
        chords=("0123012301230123", "x.x.x.x.x.x.x.x.", "0121012101210121"),
        basses=("R.8.R.8.R.8.R.8.", "R.R.5.5.R.R.5.5.", "R..R..R.R..R..5."),
        melodies=("x.x.xx.xx.x.x-x.", "x-x-xxx-x-x-x---", "x..x..x-xxx-x-x-", "xxx-x-x-xxx-x-x-"),
        arps=("0123012301230123", "0213021302130213"),
        grooves=(
            Groove(voices={"kick": "x...x...x...x...", "snare": "....x.......x...",
                           "hat": "x.x.x.x.x.x.x.x."}, fill="electronic"),
            Groove(voices={"kick": "x.....x.x.......", "snare": "....x.......x..x",
                           "hat": "xxxxxxxxxxxxxxxx"}, fill="electronic"),
        ),
    ),
)  # fmt: skip

ELECTRONIC_STYLES = (
    AMBIENT, LOFI, HOUSE, TECHNO, TRANCE, DRUM_AND_BASS, SYNTHWAVE, TRAP, CHIPTUNE,
)  # fmt: skip
