"""The other words of captions: moods, tempos, keys, clauses. Repeated entries weigh more."""

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


DRUMLESS_CLAUSES = (
    "no drums",
    "without drums",
    "no percussion",
    "without percussion",
    "drumless",
    "beatless",
    "no beat",
    "without a beat",
    "no drum kit",
    "free of percussion",
)
DRUMLESS_ADJECTIVES = ("drumless", "beatless", "unpercussive")

MINOR_CLAUSES = ("in a minor key", "in minor", "minor key", "minor mode", "minor tonality")
MAJOR_CLAUSES = ("in a major key", "in major", "major key", "major mode", "major tonality")
KEY_CLAUSES = (
    "in {key} {mode}",
    "in the key of {key} {mode}",
    "{key} {mode}",
    "key of {key} {mode}",
)
DENSITY_WORDS = {
    "sparse": ("sparse", "minimal", "spacious", "simple", "airy", "bare", "stripped-down"),
    "medium": (),
    "dense": ("dense", "busy", "full", "rich", "layered", "packed", "thick"),
}
METRE_CLAUSES = {
    "4/4": ("in 4/4", "4/4 time", "common time"),
    "3/4": ("in 3/4", "3/4 time", "waltz time", "in triple metre", "in three"),
}
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
BACKING_CLAUSES = (
    "and {backing}",
    "backed by {backing}",
    "accompanied by {backing}",
    "with {backing}",
    "over {backing}",
    "alongside {backing}",
)
DRUM_CLAUSES = (
    "with {drums}",
    "and {drums}",
    "over {drums}",
    "driven by {drums}",
    "on top of {drums}",
    "plus {drums}",
)
DRUMS_ONLY_HEADS = (
    "drum solo",
    "drum beat",
    "drums only",
    "drum loop",
    "percussion loop",
    "drum groove",
    "solo drums",
    "just drums",
    "drum break",
    "beat",
)
DRUMS_ONLY_CLAUSES = (
    "only drums",
    "no melody",
    "no other instruments",
    "drums alone",
    "nothing but drums",
    "no bass",
    "rhythm only",
)
LEAD_SENTENCES = ("the {instrument} leads", "the {instrument} plays the melody",
                  "listen to the {instrument}", "the main instrument is {instrument}",
                  "it features {instrument}", "the tune is carried by {instrument}")  # fmt: skip
MOOD_SENTENCES = (
    "it feels {mood}",
    "the mood is {mood}",
    "it sounds {mood} and {other}",
    "the atmosphere is {mood}",
    "{mood} and {other} in mood",
)
TEMPO_SENTENCES = ("the tempo is {tempo}", "it moves at a {tempo} pace", "the pace is {tempo}")
DRUMS_SENTENCES = (
    "there are drums",
    "drums keep the beat",
    "a drummer keeps time",
    "percussion throughout",
    "a drum kit plays along",
    "the drums are prominent",
)
DRUMLESS_SENTENCES = (
    "there are no drums",
    "there is no percussion",
    "nobody plays drums",
    "it has no drums",
    "without any drums",
)
