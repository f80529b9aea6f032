"""Acoustic styles: classical, orchestral, cinematic, folk and their kin."""

from engine.training.composer.drums import Groove
from engine.training.composer.style import Manner, Style

_TONAL = {
    "major": ("I IV V I", "I vi ii V", "I V vi IV", "I,V vi,iii IV,I ii,V", "I ii V7 I"),
    "minor": ("i iv V i", "i bVI iv V", "i bVII bVI V", "i,V i,iv i,V i", "i iv bVII bIII"),
}
_SONG_MELODIES = (
    "x---x-x-x---x---", "x-x-x---x-x-x---", "x-----x-x---x---", "x---x---x-x-x-x-",
)  # fmt: skip
_WALTZ_MELODIES = ("x---x---x---", "x-------x---", "x---x-x-x---", "x-x-x-x-x---")

CLASSICAL_PIANO = Style(
    name="classical piano",
    tempos=((60, 88), (92, 124), (128, 168)),
    modes={"major": 0.5, "minor": 0.5},
    progressions=_TONAL,
    leads=("piano",), chords=("piano",), basses=(),
    drums_share=0.0, solo_share=1.0, solos=("piano",), jitter_ms=10, energy=-0.1,
    three_share=0.3, moods=("elegant", "expressive", "graceful", "classical"), room=(0.6, 0.45),
    four=Manner(
        chords=("0-2-1-2-0-2-1-2-", "b-0-1-2-1-2-1-0-", "b-0-2-1-b-0-2-1-", "b---x---p---x---"),
        basses=(), melodies=("x---x-x-x---x---", "x-x-x-x-x---x---", "x-----x-x-x-x-x-",
                             "x-xxx-x-x-x-x---"),
    ),
    three=Manner(
        chords=("b---x---x---", "b-0-1-2-1-0-", "0-2-1-2-1-2-"),
        basses=(), melodies=_WALTZ_MELODIES,
    ),
)  # fmt: skip

ORCHESTRAL = Style(
    name="orchestral", swells=True,
    tempos=((62, 88), (92, 124), (128, 150)),
    modes={"major": 0.5, "minor": 0.4, "lydian": 0.1},
    progressions={**_TONAL, "lydian": ("I II I II", "I II vi I")},
    leads=("string section", "violin", "flute", "french horn", "trumpet", "cello", "brass section",
           "string section", "pizzicato strings", "celesta"),
    chords=("string section", "string section", "pizzicato strings", "harp"),
    pads=("french horn", "choir", "string section"),
    arps=("harp", "pizzicato strings"),
    basses=("contrabass", "cello"),
    drums_share=0.1, solo_share=0.25, solos=("strings", "brass", "flute"),
    three_share=0.25, pad_share=0.4, arp_share=0.4,
    jitter_ms=11, energy=0.0, moods=("majestic", "lush", "classical", "sweeping"),
    room=(0.75, 0.55), forms=("steady", "crescendo", "intro"),
    four=Manner(
        chords=("pad", "x---x---x---x---", "x-x-x-x-x-x-x-x-", "pad"),
        basses=("R---------------", "R-------5-------", "R---R---5---R---"),
        melodies=_SONG_MELODIES, arps=("0-1-2-3-4-3-2-1-", "0-2-1-2-0-2-1-2-"),
        grooves=(Groove(voices={"timpani": "X.......x.....xx"}, fill="none"),
                 Groove(voices={"snare": "x..xx.x.x..xx.x.", "timpani": "X.......X......."},
                        fill="none")),
    ),
    three=Manner(
        chords=("b---x---x---", "pad", "0-1-2-3-2-1-"),
        basses=("R-----------", "R-------5---"),
        melodies=_WALTZ_MELODIES, arps=("0-1-2-3-2-1-",),
        grooves=(Groove(voices={"timpani": "X...x...x..."}, fill="none"),),
    ),
)  # fmt: skip

CINEMATIC = Style(
    name="cinematic", swells=True,
    tempos=((60, 88), (92, 122), (126, 150)),
    modes={"minor": 0.7, "major": 0.3},
    progressions={"minor": ("i bVI bIII bVII", "i % bVI bVII", "i bVI iv V", "i bVII bVI iv"),
                  "major": ("I V vi IV", "I bVII IV I", "vi IV I V")},
    leads=("string section", "brass section", "french horn", "cello", "piano", "violin",
           "trumpet", "synth pad", "tubular bells"),
    chords=("string section", "string section", "brass section", "piano"),
    pads=("choir", "string section", "synth pad"),
    arps=("string section", "pizzicato strings", "piano"),
    basses=("contrabass", "synth bass"),
    kits=("room", "power"),
    drums_share=0.5, solo_share=0.12, solos=("piano", "strings"),
    pad_share=0.8, arp_share=0.6, jitter_ms=7, energy=0.4,
    moods=("epic", "dramatic", "heroic", "suspenseful", "majestic"), room=(0.85, 0.65),
    forms=("steady", "crescendo", "crescendo", "build and drop"),
    four=Manner(
        chords=("pad", "x-x-x-x-x-x-x-x-", "x--x--x-x--x--x-", "0-0-1-0-0-0-2-0-"),
        basses=("R-------R-------", "R-R-R-R-R-R-R-R-", "R---------------"),
        melodies=("x-------x---x---", "x-----x-x-------", "x---x---x-------", "x---x-x-x-------"),
        arps=("0120120120120120", "0-2-1-2-0-2-1-2-", "0010201000102010"),
        grooves=(
            Groove(voices={"low": "X..x..x.X..x..x.", "kick": "X.......X.......",
                           "mid": "............x.xx"}, fill="rock"),
            Groove(voices={"low": "X...x.x.X...x.xx", "kick": "X.......X.......",
                           "snare": "....x.......x..."}, fill="rock"),
        ),
    ),
)  # fmt: skip

FOLK = Style(
    name="folk",
    tempos=((66, 88), (94, 124), (126, 150)),
    modes={"major": 0.6, "minor": 0.2, "dorian": 0.1, "mixolydian": 0.1},
    progressions={"major": ("I V vi IV", "I IV I V", "I vi IV V", "I iii IV V"),
                  "minor": ("i bVII bVI bVII", "i bIII bVII iv", "i iv i v"),
                  "dorian": ("i IV i IV", "i bVII IV i"), "mixolydian": ("I bVII IV I",)},
    leads=("acoustic guitar", "acoustic guitar", "flute", "violin", "recorder", "piano",
           "nylon guitar"),
    chords=("acoustic guitar", "acoustic guitar", "nylon guitar"),
    pads=("accordion", "string section"),
    basses=("acoustic bass",),
    kits=("brush", "standard"),
    drums_share=0.3, solo_share=0.4, solos=("acoustic guitar", "flute"),
    three_share=0.2, pad_share=0.25, arp_share=0.0, jitter_ms=9, energy=-0.1,
    moods=("warm", "rustic", "intimate", "gentle", "heartfelt"), room=(0.4, 0.3),
    four=Manner(
        chords=("b-2-p-1-b-2-p-3-", "x---x-xo..xox-xo", "X---x-x-..x-x-x-", "b-1-2-1-3-2-1-2-"),
        basses=("R-------d-------", "R-----R-5-------"),
        melodies=_SONG_MELODIES + ("..x-x-x-x---x---",),
        grooves=(
            Groove(voices={"kick": "x.......x.......", "snare": "....o.......o...",
                           "shaker": "xoxoxoxoxoxoxoxo"}, fill="none"),
            Groove(voices={"kick": "x.....x.x.......", "tambourine": "....x.......x...",
                           "shaker": "x.o.x.o.x.o.x.o."}, fill="none"),
        ),
    ),
    three=Manner(
        chords=("b-1-2-3-2-1-", "b---x---x---", "b-2-1-2-3-2-"),
        basses=("R-----------", "R-------5---"),
        melodies=_WALTZ_MELODIES,
        grooves=(Groove(voices={"kick": "x...........", "shaker": "x.o.x.o.x.o.",
                                "tambourine": "....o...o..."}, fill="none"),),
    ),
)  # fmt: skip

CELTIC = Style(
    name="celtic", lively_minor="groovy",
    tempos=((76, 89), (100, 125), (126, 160)),
    modes={"major": 0.45, "dorian": 0.35, "mixolydian": 0.2},
    progressions={"major": ("I IV V I", "I V vi IV", "I I IV V"),
                  "dorian": ("i bVII i bVII", "i IV bVII i"),
                  "mixolydian": ("I bVII I bVII", "I bVII IV I")},
    leads=("violin", "flute", "recorder", "violin", "acoustic guitar", "pan flute"),
    chords=("acoustic guitar", "harp", "acoustic guitar"),
    pads=("accordion",),
    basses=("acoustic bass",),
    kits=("standard",),
    drums_share=0.45, solo_share=0.2, solos=("flute", "strings"), pad_share=0.3, arp_share=0.0,
    three_share=0.25, jitter_ms=7, energy=0.3, moods=("rustic", "earthy", "ancient", "traditional"),
    room=(0.5, 0.35),
    four=Manner(
        chords=("x-x-x-x-x-x-x-x-", "b-1-2-1-b-1-2-1-", "X--xx-x-X--xx-x-"),
        basses=("R-------5-------", "R---R---5---R---"),
        melodies=("x-xxx-x-x-x-x-x-", "x-x-x-xxx-x-x-x-", "x-x-x-x-x-xxx---", "xxx-x-x-xxx-x-x-"),
        grooves=(Groove(voices={"low": "X..xx.x.X..xx.x.", "tambourine": "....x.......x..."},
                        fill="none"),),
    ),
    three=Manner(
        chords=("x---x---x---", "b-1-2-1-2-1-"),
        basses=("R-----------",),
        melodies=("x-x-x-x-x-x-", "x---x-x-x-x-", "x-xxx-x-x---"),
        grooves=(Groove(voices={"low": "X.x.x.X.x.x."}, fill="none"),),
    ),
)  # fmt: skip

LULLABY = Style(
    name="lullaby",
    tempos=((60, 80), (64, 88)),
    modes={"major": 0.85, "minor": 0.15},
    progressions={"major": ("I IV I V", "I vi IV V", "I V I IV"), "minor": ("i iv i V",)},
    leads=("music box", "celesta", "glockenspiel", "flute", "piano", "nylon guitar", "vibraphone",
           "violin"),
    chords=("harp", "piano", "celesta", "nylon guitar"),
    pads=("string section", "choir"),
    basses=("contrabass",),
    drums_share=0.0, solo_share=0.5, solos=("bells", "piano", "acoustic guitar", "flute"),
    three_share=0.5, pad_share=0.5, arp_share=0.0, jitter_ms=10, energy=-0.9,
    moods=("tender", "soothing", "innocent", "sleepy", "gentle"), room=(0.65, 0.5),
    forms=("steady",),
    four=Manner(
        chords=("0-1-2-1-0-1-2-1-", "b---0-1-2-1-0---"), basses=("R---------------",),
        melodies=("x---x---x-------", "x---x-x-x-------", "x-------x---x---"),
    ),
    three=Manner(
        chords=("b---x---x---", "0-1-2-1-2-1-"), basses=("R-----------",),
        melodies=("x---x---x---", "x-------x---", "x---x-------"),
    ),
)  # fmt: skip

WALTZ = Style(
    name="waltz",
    tempos=((76, 89), (96, 124), (130, 176)),
    modes={"major": 0.6, "minor": 0.4},
    progressions=_TONAL,
    leads=("violin", "piano", "flute", "string section", "trumpet", "celesta", "organ", "marimba"),
    chords=("string section", "piano", "accordion", "nylon guitar"),
    pads=("string section",),
    basses=("contrabass", "acoustic bass"),
    kits=("brush", "standard"),
    drums_share=0.35, solo_share=0.2, solos=("piano", "organ"), three_share=1.0,
    pad_share=0.2, arp_share=0.0, jitter_ms=8, energy=0.1,
    moods=("elegant", "romantic", "graceful", "old-fashioned"), room=(0.55, 0.4),
    four=Manner(chords=("b---x---p---x---",), basses=("R---------------",),
                melodies=_SONG_MELODIES),
    three=Manner(
        chords=("b---x---x---", "....x---x---"),
        basses=("R-----------", "R---........"),
        melodies=_WALTZ_MELODIES,
        grooves=(Groove(voices={"kick": "x...........", "snare": "....o...o...",
                                "ride": "x...o...o..."}, fill="none"),),
    ),
)  # fmt: skip

HYMN = Style(
    name="sacred organ",
    tempos=((60, 84), (90, 112)),
    modes={"major": 0.55, "minor": 0.45},
    progressions={"major": ("I,IV V,I IV,I V", "I,vi IV,V I,IV V,I"),
                  "minor": ("i,iv V,i iv,i V", "i,bVI iv,V i,iv V,i")},
    leads=("church organ",), chords=("church organ", "choir"), pads=("choir",),
    basses=(),
    drums_share=0.0, solo_share=0.75, solos=("organ",), pad_share=0.6, arp_share=0.0,
    three_share=0.2, jitter_ms=6, energy=-0.2, moods=("solemn", "sacred", "majestic", "reverent"),
    room=(0.95, 0.8), forms=("steady",),
    four=Manner(
        chords=("pad", "x---x---x---x---"), basses=("R-------R-------",),
        melodies=("x---x---x---x---", "x---x-x-x---x---", "x-------x-------"),
    ),
    three=Manner(
        chords=("pad", "x---x---x---"), basses=("R-----------",),
        melodies=("x---x---x---", "x-------x---"),
    ),
)  # fmt: skip

MARCH = Style(
    name="march",
    tempos=((100, 124),),
    modes={"major": 0.85, "minor": 0.15},
    progressions={"major": ("I I V I", "I IV I V", "I,IV V,I"), "minor": ("i i V i",)},
    leads=("trumpet", "brass section", "flute", "trombone", "trumpet"),
    chords=("brass section", "french horn"), pads=("trombone",),
    basses=("contrabass",), kits=("standard",),
    drums_share=0.8, solo_share=0.1, solos=("brass",), pad_share=0.2, arp_share=0.0, jitter_ms=7,
    energy=0.8, moods=("proud", "triumphant", "ceremonial", "heroic"), room=(0.5, 0.35),
    four=Manner(
        chords=("..x-..x-..x-..x-", "....x-......x-.."), basses=("R---5---R---5---",),
        melodies=("x---x--xx---x---", "x--xx---x--xx---", "x-x-x---x-x-x---"),
        grooves=(Groove(voices={"kick": "X...x...X...x...", "snare": "x..xx.x.x.xxx.x.",
                                "crash": "..............x."}, fill="none"),),
    ),
)  # fmt: skip

ACOUSTIC_STYLES = (
    CLASSICAL_PIANO, ORCHESTRAL, CINEMATIC, FOLK, CELTIC, LULLABY, WALTZ, HYMN, MARCH,
)  # fmt: skip
