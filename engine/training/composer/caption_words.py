"""The words of captions: synonyms for each fact. Repeated entries weigh more."""

STYLE_WORDS: dict[str, tuple[str, ...]] = {
    "ambient": ("ambient", "ambient soundscape", "ambient texture", "drone-like ambient",
                "ambient music", "atmospheric soundscape", "new age"),
    "lo-fi hip hop": ("lo-fi hip hop", "lofi", "lo-fi beat", "lofi hip hop", "chillhop",
                      "lo-fi", "study beat", "lofi chill beat"),
    "house": ("house", "house music", "deep house", "house groove", "club house",
              "four-on-the-floor house", "electronic dance music", "edm"),
    "techno": ("techno", "techno track", "minimal techno", "warehouse techno", "techno groove",
               "electronic techno"),
    "trance": ("trance", "uplifting trance", "trance anthem", "euphoric trance", "edm trance"),
    "drum and bass": ("drum and bass", "dnb", "drum & bass", "jungle", "liquid drum and bass"),
    "synthwave": ("synthwave", "80s synthwave", "retrowave", "80s synth pop", "outrun",
                  "eighties electronic"),
    "trap": ("trap", "trap beat", "hip hop beat", "808 trap", "rap instrumental", "hip hop"),
    "chiptune": ("chiptune", "8-bit", "8-bit video game music", "retro game music", "chip music",
                 "arcade game music", "video game theme"),
    "rock": ("rock", "rock song", "classic rock", "guitar rock", "rock band", "indie rock",
             "alternative rock"),
    "metal": ("metal", "heavy metal", "thrash metal", "metal riff", "metal band"),
    "punk rock": ("punk rock", "punk", "pop punk", "garage punk", "skate punk"),
    "jazz": ("jazz", "jazz combo", "swing jazz", "bebop", "jazz club music", "smoky jazz",
             "jazz standard"),
    "blues": ("blues", "twelve-bar blues", "blues shuffle", "delta blues", "bluesy tune",
              "chicago blues"),
    "funk": ("funk", "funk groove", "funky jam", "70s funk", "funk band"),
    "disco": ("disco", "70s disco", "disco dance", "nu-disco", "disco groove"),
    "reggae": ("reggae", "roots reggae", "dub reggae", "one drop reggae", "jamaican reggae",
               "island reggae"),
    "pop": ("pop", "pop song", "pop tune", "radio pop", "indie pop", "pop instrumental"),
    "country": ("country", "country song", "bluegrass", "americana", "nashville country",
                "country western"),
    "bossa nova": ("bossa nova", "bossa", "brazilian bossa nova", "brazilian jazz",
                   "bossa nova cafe music"),
    "latin": ("latin", "salsa", "latin dance", "afro-cuban", "latin groove", "cuban son"),
    "soul": ("soul", "r&b", "soul groove", "neo soul", "motown", "rhythm and blues", "gospel soul"),
    "classical piano": ("classical", "classical piano", "piano sonata", "romantic piano",
                        "classical piece", "piano etude"),
    "orchestral": ("orchestral", "classical orchestra", "symphonic", "symphony", "chamber music",
                   "orchestral piece", "classical"),
    "cinematic": ("cinematic", "film score", "movie soundtrack", "trailer music",
                  "epic soundtrack", "cinematic score", "soundtrack"),
    "folk": ("folk", "acoustic folk", "folk song", "singer-songwriter", "indie folk",
             "campfire folk"),
    "celtic": ("celtic", "irish folk", "irish jig", "celtic reel", "scottish folk", "pub folk"),
    "lullaby": ("lullaby", "nursery tune", "cradle song", "bedtime lullaby", "children's music"),
    "waltz": ("waltz", "ballroom waltz", "viennese waltz", "waltz in three", "3/4 waltz"),
    "sacred organ": ("hymn", "church music", "sacred music", "chorale", "baroque organ music",
                     "church hymn"),
    "march": ("march", "military march", "marching band", "parade music", "brass band march"),
}  # fmt: skip

MOOD_WORDS: dict[str, tuple[str, ...]] = {
    "happy": ("happy", "happy", "cheerful", "joyful", "upbeat", "bright", "uplifting", "sunny",
              "merry", "jolly", "optimistic", "feel-good", "exuberant", "playful", "jubilant",
              "carefree", "lighthearted"),
    "calm": ("calm", "calm", "peaceful", "relaxing", "serene", "gentle", "tranquil", "soothing",
             "warm", "tender", "mellow", "quiet", "soft", "restful", "placid", "blissful"),
    "sad": ("sad", "sad", "melancholic", "sorrowful", "mournful", "gloomy", "wistful", "somber",
            "heartbroken", "lonely", "tearful", "melancholy", "bittersweet", "pensive", "bleak",
            "forlorn", "moody"),
    "tense": ("tense", "dark", "tense", "ominous", "urgent", "dramatic", "fierce", "intense",
              "menacing", "anxious", "sinister", "stormy", "brooding", "suspenseful", "angry",
              "agitated", "restless"),
    "groovy": ("groovy", "groovy", "danceable", "funky", "infectious", "rhythmic", "cool",
               "sassy", "swinging", "toe-tapping", "bouncy", "slick", "strutting"),
}  # fmt: skip

# Adjectives, also said of "the pace".
TEMPO_WORDS: dict[str, tuple[str, ...]] = {
    "slow": ("slow", "slow", "slow", "slow-paced", "downtempo", "languid", "unhurried",
             "leisurely", "slow-moving", "lazy", "sluggish", "relaxed", "plodding"),
    "medium": ("mid-tempo", "moderate", "midtempo", "medium-paced", "moderately paced", "steady",
               "even-paced", "medium"),
    "fast": ("fast", "fast", "fast", "uptempo", "up-tempo", "brisk", "quick", "fast-paced",
             "rapid", "speedy", "racing", "high-speed", "frantic", "hurried"),
}  # fmt: skip
TEMPO_TAGS: dict[str, tuple[str, ...]] = {
    "slow": ("adagio", "slow tempo", "low tempo", "ballad tempo", "largo", "low bpm"),
    "medium": ("medium tempo", "andante", "walking pace", "moderato", "moderate tempo"),
    "fast": ("allegro", "fast tempo", "presto", "high tempo", "high bpm", "vivace"),
}
TEMPO_CLAUSES: dict[str, tuple[str, ...]] = {
    "slow": ("at a slow tempo", "at a languid pace", "slow tempo", "taking its time",
             "at a leisurely pace", "played slowly", "moving slowly", "low bpm"),
    "medium": ("at a medium tempo", "at a moderate pace", "medium tempo", "at walking pace",
               "moderate tempo", "at a steady pace", "mid-tempo"),
    "fast": ("at a fast tempo", "at a brisk pace", "fast tempo", "at high speed", "played fast",
             "at breakneck speed", "at a rapid pace", "high bpm", "moving quickly"),
}  # fmt: skip
BPM_CLAUSES = ("{bpm} bpm", "at {bpm} bpm", "around {bpm} bpm", "{bpm} beats per minute",
               "tempo {bpm}", "{bpm}bpm")  # fmt: skip

INSTRUMENT_WORDS: dict[str, tuple[str, ...]] = {
    "piano": ("piano", "piano", "piano", "grand piano", "ivory keys", "acoustic piano", "keys",
              "upright piano", "keyboard"),
    "electric piano": ("electric piano", "electric piano", "rhodes", "rhodes piano", "wurlitzer",
                       "electric keys", "piano"),
    "acoustic guitar": ("acoustic guitar", "acoustic guitar", "guitar", "steel-string guitar",
                        "six-string", "strummed guitar", "fingerpicked guitar", "folk guitar"),
    "nylon guitar": ("nylon guitar", "classical guitar", "acoustic guitar", "spanish guitar",
                     "nylon-string guitar", "fingerstyle guitar"),
    "electric guitar": ("electric guitar", "electric guitar", "clean electric guitar", "guitar",
                        "stratocaster", "guitar licks"),
    "overdriven guitar": ("electric guitar", "overdriven guitar", "crunchy guitar",
                          "overdriven electric guitar", "lead guitar", "gritty guitar"),
    "distorted guitar": ("distorted guitar", "electric guitar", "distortion guitar",
                         "heavy guitar", "fuzzy guitar", "guitar riffs", "shredding guitar"),
    "muted guitar": ("muted guitar", "electric guitar", "palm-muted guitar", "scratchy guitar",
                     "wah guitar", "rhythm guitar"),
    "jazz guitar": ("jazz guitar", "electric guitar", "hollow-body guitar", "mellow guitar",
                    "archtop guitar"),
    "violin": ("violin", "violin", "fiddle", "strings", "bowed strings"),
    "cello": ("cello", "cello", "strings", "bowed strings", "low strings"),
    "string section": ("strings", "strings", "string section", "string orchestra", "violins",
                       "orchestral strings", "string ensemble", "bowed strings"),
    "pizzicato strings": ("pizzicato strings", "plucked strings", "pizzicato", "strings"),
    "synth lead": ("synth lead", "synth", "synthesizer", "saw synth", "analog synth",
                   "lead synth", "synths", "electronic synth"),
    "square synth": ("square synth", "synth", "square wave", "synthesizer", "chip synth",
                     "square lead", "synths"),
    "synth pad": ("synth pad", "synth", "pads", "synthesizer", "warm pad", "synth pads",
                  "analog pad"),
    "polysynth": ("polysynth", "synth", "synthesizer", "synth chords", "synths", "analog synth"),
    "organ": ("organ", "organ", "hammond organ", "hammond", "electric organ", "drawbar organ"),
    "rock organ": ("rock organ", "organ", "hammond organ", "distorted organ", "organ"),
    "church organ": ("church organ", "organ", "pipe organ", "cathedral organ", "pipe organ"),
    "flute": ("flute", "flute", "concert flute", "woodwind", "woodwinds"),
    "pan flute": ("pan flute", "flute", "pan pipes", "andean flute", "woodwind"),
    "recorder": ("recorder", "flute", "wooden flute", "tin whistle", "woodwind"),
    "trumpet": ("trumpet", "trumpet", "horn", "brass", "bugle"),
    "muted trumpet": ("muted trumpet", "trumpet", "harmon mute trumpet", "brass"),
    "trombone": ("trombone", "trombone", "brass", "slide trombone", "low brass"),
    "french horn": ("french horn", "horn", "horns", "brass"),
    "brass section": ("brass section", "brass", "horns", "horn section", "big brass",
                      "brass ensemble"),
    "alto sax": ("alto sax", "saxophone", "sax", "alto saxophone", "saxophone"),
    "tenor sax": ("tenor sax", "saxophone", "sax", "tenor saxophone", "saxophone"),
    "soprano sax": ("soprano sax", "saxophone", "sax", "soprano saxophone", "saxophone"),
    "music box": ("music box", "music box", "musical box", "wind-up music box", "bells"),
    "glockenspiel": ("glockenspiel", "bells", "glockenspiel", "orchestra bells", "chimes"),
    "vibraphone": ("vibraphone", "vibes", "mallets", "vibraphone", "bells"),
    "marimba": ("marimba", "marimba", "mallets", "wooden mallets", "xylophone"),
    "celesta": ("celesta", "bells", "celesta", "sparkling bells", "chimes"),
    "tubular bells": ("bells", "tubular bells", "chimes", "church bells", "bells"),
    "acoustic bass": ("upright bass", "double bass", "acoustic bass", "bass"),
    "electric bass": ("bass", "bass guitar", "electric bass", "bassline"),
    "picked bass": ("bass", "bass guitar", "picked bass"),
    "slap bass": ("slap bass", "bass", "funky bass", "bassline"),
    "synth bass": ("synth bass", "bass", "bassline", "deep bass", "sub bass"),
    "contrabass": ("double bass", "contrabass", "low strings", "basses"),
    "choir": ("choir", "voices", "choir pad", "choral voices", "vocal pad"),
    "harp": ("harp", "harp", "plucked harp"),
    "banjo": ("banjo", "five-string banjo"),
    "accordion": ("accordion", "squeezebox"),
    "harmonica": ("harmonica", "blues harp"),
}  # fmt: skip
FAMILY_WORDS: dict[str, tuple[str, ...]] = {
    "piano": ("piano", "keys"),
    "acoustic guitar": ("acoustic guitar", "guitar"),
    "electric guitar": ("electric guitar", "guitar"),
    "strings": ("strings",),
    "synth": ("synth", "synthesizer"),
    "organ": ("organ",),
    "flute": ("flute",),
    "brass": ("brass", "trumpet"),
    "saxophone": ("saxophone", "sax"),
    "bells": ("bells", "mallets"),
}

DRUMS_NOUNS = ("drums", "drums", "a drum beat", "percussion", "kick and snare", "a drum kit",
               "a steady beat", "live drums", "a drum groove", "beats", "hi-hats and snare")
DRUM_MACHINE_NOUNS = ("a drum machine", "drums", "electronic drums", "programmed beats",
                      "a kick drum", "electronic percussion", "a four-on-the-floor kick")
DRUMS_TAGS = ("drums", "with drums", "drum beat", "steady drums", "full drum kit", "percussion",
              "rhythmic", "strong beat", "kick and snare", "backbeat")
DRUMLESS_CLAUSES = ("no drums", "without drums", "no percussion", "without percussion",
                    "drumless", "beatless", "no beat", "without a beat", "no drum kit",
                    "free of percussion")
DRUMLESS_ADJECTIVES = ("drumless", "beatless", "unpercussive")

MINOR_CLAUSES = ("in a minor key", "in minor", "minor key", "minor mode", "minor tonality")
MAJOR_CLAUSES = ("in a major key", "in major", "major key", "major mode", "major tonality")
KEY_CLAUSES = ("in {key} {mode}", "in the key of {key} {mode}", "{key} {mode}",
               "key of {key} {mode}")
DENSITY_WORDS = {
    "sparse": ("sparse", "minimal", "spacious", "simple", "airy", "bare", "stripped-down"),
    "medium": (),
    "dense": ("dense", "busy", "full", "rich", "layered", "packed", "thick"),
}
METRE_CLAUSES = {"4/4": ("in 4/4", "4/4 time", "common time"),
                 "3/4": ("in 3/4", "3/4 time", "waltz time", "in triple metre", "in three")}
FORM_CLAUSES = {
    "steady": (),
    "intro": ("with an intro", "starting softly then the full band", "the band comes in"),
    "build and drop": ("with a build and a drop", "building up to a drop", "build-up and drop"),
    "breakdown": ("with a breakdown", "with a short break"),
    "crescendo": ("growing louder", "with a crescendo", "building up", "rising in intensity"),
}
USE_CLAUSES: dict[str, tuple[str, ...]] = {
    "happy": ("for a party", "for a summer day", "for a road trip", "for dancing", "workout anthem",
              "for a commercial", "morning playlist", "for a children's show", "celebration",
              "for a birthday", "theme tune"),
    "calm": ("for studying", "for sleeping", "for meditation", "bedtime", "for yoga", "spa music",
             "coffee shop background", "for relaxation", "for reading", "background music",
             "wedding ceremony", "for a quiet evening"),
    "sad": ("for a rainy day", "for a sad scene", "funeral", "for a farewell", "for heartbreak",
            "for a lonely night", "end credits", "for a drama", "for grieving"),
    "tense": ("for a chase scene", "for a thriller", "boss battle", "for a horror film",
              "for a fight scene", "action movie", "for a villain", "for gaming",
              "for a heist", "battle theme"),
    "groovy": ("for dancing", "for a night out", "for a party", "for driving", "for a bar",
               "dance floor", "for a fashion show", "cocktail lounge", "for cooking"),
}  # fmt: skip

HEADS = ("music", "track", "piece", "tune", "instrumental", "song", "theme", "recording")
INSTRUMENT_HEADS = ("piece", "track", "tune", "song", "melody", "theme", "music")
OPENINGS = ("", "", "", "", "", "{a}", "{a}", "{a}", "this is {a}", "generate {a}", "play {a}",
            "i want {a}", "give me {a}", "create {a}", "compose {a}", "make {a}",
            "i would like {a}")  # fmt: skip
SOLO_ADJECTIVES = ("solo", "solo", "unaccompanied", "lone")
SOLO_CLAUSES = ("{instrument} alone", "just {instrument}", "only {instrument}", "{instrument} only",
                "{instrument} by itself", "solo {instrument}", "unaccompanied {instrument}",
                "nothing but {instrument}", "one {instrument}")  # fmt: skip
LEAD_CLAUSES = ("with {instrument}", "with {instrument}", "featuring {instrument}",
                "led by {instrument}", "played on {instrument}", "on {instrument}",
                "with lead {instrument}", "with {instrument} melody", "with {instrument} in front",
                "with {instrument} carrying the tune", "built around {instrument}")  # fmt: skip
BACKING_CLAUSES = ("and {backing}", "backed by {backing}", "accompanied by {backing}",
                   "with {backing}", "over {backing}", "alongside {backing}")
DRUM_CLAUSES = ("with {drums}", "and {drums}", "over {drums}", "driven by {drums}",
                "on top of {drums}", "plus {drums}")
DRUMS_ONLY_HEADS = ("drum solo", "drum beat", "drums only", "drum loop", "percussion loop",
                    "drum groove", "solo drums", "just drums", "drum break", "beat")
DRUMS_ONLY_CLAUSES = ("only drums", "no melody", "no other instruments", "drums alone",
                      "nothing but drums", "no bass", "rhythm only")
LEAD_SENTENCES = ("the {instrument} leads", "the {instrument} plays the melody",
                  "listen to the {instrument}", "the main instrument is {instrument}",
                  "it features {instrument}", "the tune is carried by {instrument}")  # fmt: skip
MOOD_SENTENCES = ("it feels {mood}", "the mood is {mood}", "it sounds {mood} and {other}",
                  "the atmosphere is {mood}", "{mood} and {other} in mood")
TEMPO_SENTENCES = ("the tempo is {tempo}", "it moves at a {tempo} pace", "the pace is {tempo}")
DRUMS_SENTENCES = ("there are drums", "drums keep the beat", "a drummer keeps time",
                   "percussion throughout", "a drum kit plays along", "the drums are prominent")
DRUMLESS_SENTENCES = ("there are no drums", "there is no percussion", "nobody plays drums",
                      "it has no drums", "without any drums")
