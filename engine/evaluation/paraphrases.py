"""A hundred prompts in words that no caption has.

The captions have 939 words; a listener has more. Here every fact that is asked for hangs on a
word that the training's captions never used, and their own wordings of it do not occur: what is
found of these facts in the clips, the text encoder understood by itself. Some of these words have
the stem of a known one (violinist, mourning), most have none (coltrane, glacial).
"""

from __future__ import annotations

import re

from engine.evaluation.prompts import read_prompts

PARAPHRASES = read_prompts(
    """
piano=steinway, slow=glacial, sad=lament | a lament on a steinway, glacial
piano=pianoforte, no drums=sans, calm=hushed | hushed pianoforte, sans drums
piano=pianist, fast=galloping, happy=gleeful | a gleeful pianist galloping along
piano=fortepiano, medium=allegretto, classical piano=mozart | a fortepiano in the manner of mozart, allegretto
piano=steinway, drums=cymbals, fast=swift | swift steinway runs and crashing cymbals
piano=pianist, minor=a-moll, tense=foreboding | a pianist full of foreboding, a-moll
piano=pianoforte, medium=ambling, major=c-dur | ambling pianoforte, c-dur
acoustic guitar=fingerpicking, slow=drowsy, calm=dozing | drowsy fingerpicking while dozing on the porch
acoustic guitar=flamenco, fast=whirlwind, tense=threatening | a whirlwind of flamenco, threatening
acoustic guitar=unplugged, no drums=minus, sad=teary | an unplugged and teary ballad, minus drums
acoustic guitar=strumming, happy=smiling, medium=strolling | smiling and strumming while strolling to town
acoustic guitar=dreadnought, drums=drumkit, country=cowboy | cowboy ditty, dreadnought and drumkit
acoustic guitar=fretboard, calm=contented, no drums=devoid | a fretboard, contented, devoid of percussion
acoustic guitar=troubadour, medium=andantino, major=ionian | a tale from a troubadour, andantino, ionian
electric guitar=telecaster, fast=blistering, drums=drumming | a blistering telecaster and wild drumming
electric guitar=fender, happy=jovial, drums=drumkit | jovial fender twang with a drumkit
electric guitar=shredder, tense=nightmare, metal=headbanger | shredder in a nightmare, one for every headbanger
electric guitar=gibson, slow=torpid, blues=mississippi | torpid gibson bends from the mississippi
electric guitar=whammy, tense=panic, fast=sprinting | whammy bar panic, sprinting
electric guitar=telecaster, no drums=lacking, sad=crestfallen | a crestfallen telecaster, lacking drums
electric guitar=amplifier, medium=jogging, minor=d-moll | an amplifier cranked up, jogging, d-moll
strings=viola, slow=lento, sad=weeping | a viola weeping, lento
strings=philharmonic, fast=breathless, tense=peril | breathless philharmonic in peril
strings=violinist, drums=drumkit, happy=elated, fast=zippy | an elated violinist with a drumkit, zippy
strings=cellist, no drums=omit, calm=lulling | a cellist lulling me, omit the drums
strings=stradivarius, sad=elegy, minor=aeolian | elegy for stradivarius, aeolian
strings=violas, medium=measured, major=g-dur | measured violas, g-dur
strings=quartet, waltz=strauss, happy=overjoyed | an overjoyed quartet playing strauss
synth=moog, slow=crawling, calm=stillness | moog swells crawling into stillness
synth=arpeggiator, fast=turbo, drums=thumping | turbo arpeggiator, thumping
synth=oscillators, tense=terrifying, techno=rave | terrifying oscillators at a rave
synth=modular, no drums=zero, ambient=weightless | modular bleeps, weightless, zero drums
synth=moog, happy=giddy, chiptune=nintendo | giddy moog tunes like nintendo
synth=sequencer, medium=trotting, drums=rimshots | a sequencer and rimshots, trotting
synth=sawtooth, sad=despairing, minor=moll | despairing sawtooth, moll
organ=organist, slow=ponderous, sad=requiem | the ponderous requiem of an organist
organ=harmonium, calm=repose, no drums=absent | harmonium in repose, drums absent
organ=toccata, fast=prestissimo, tense=dread | toccata of dread, prestissimo
organ=leslie, drums=drumkit, medium=sauntering | leslie cabinet and drumkit sauntering along
organ=organist, sacred organ=vespers, major=dur | an organist at vespers, dur
organ=calliope, happy=delighted, fast=dashing | a delighted calliope dashing around the carousel
organ=harmonium, minor=aeolian, slow=dragging | a dragging harmonium, aeolian
flute=piccolo, happy=chirpy, fast=swift | chirpy piccolo, swift
flute=panpipes, slow=drifting, calm=undisturbed | panpipes drifting, undisturbed
flute=flautist, drums=congas, medium=allegretto | a flautist with congas, allegretto
flute=ocarina, no drums=sans, major=ionian | ocarina sans percussion, ionian
flute=fife, drums=snares, march=soldiers | fife for soldiers and rattling snares
flute=shakuhachi, sad=mourning, slow=lento | shakuhachi in mourning, lento
flute=pennywhistle, celtic=dublin, happy=laughing | laughing pennywhistle from dublin
brass=cornet, medium=jogging, march=infantry | jogging cornet of the infantry
brass=flugelhorn, slow=lethargic, sad=doleful | doleful flugelhorn, lethargic
brass=tuba, drums=cymbals, happy=buoyant | buoyant tuba and cymbals
brass=trumpeter, fast=lightning, jazz=dixieland | a trumpeter like lightning, dixieland
brass=fanfare, major=c-dur, no drums=excluding | a fanfare, c-dur, excluding drums
brass=trombonist, tense=danger, drums=tom-toms | a trombonist in danger and rolling tom-toms
brass=mariachi, latin=mambo, fast=hasty | hasty mariachi mambo
saxophone=saxophonist, slow=glacial, calm=unwinding | a saxophonist unwinding, glacial
saxophone=coltrane, fast=frenetic, drums=cymbals | frenetic coltrane wailing, cymbals
saxophone=saxman, sad=dejected, no drums=skip | a dejected saxman, skip the drums
saxophone=saxes, happy=beaming, medium=trotting | beaming saxes, trotting
saxophone=saxophonist, bossa nova=copacabana, calm=tranquillity | a saxophonist on the copacabana, tranquillity
saxophone=coltrane, minor=d-moll, medium=measured | coltrane, measured, d-moll
saxophone=saxman, drums=drumkit, tense=uneasy | an uneasy saxman with a drumkit
bells=carillon, slow=lumbering, no drums=minus | a lumbering carillon, minus percussion
bells=tinkling, calm=slumber, lullaby=newborn | tinkling slumber for a newborn
bells=kalimba, happy=joyous, drums=bongos | joyous kalimba and bongos
bells=xylophones, fast=frenetic, tense=creepy | creepy xylophones, frenetic
bells=jingling, major=g-dur, medium=andantino | jingling, g-dur, andantino
bells=vibraphonist, jazz=ellington, medium=ambling | a vibraphonist plays ellington, ambling
bells=handbells, sad=mourning, minor=moll | mourning handbells, moll
drums=drumkit, fast=velocity, tense=hostile | drumkit pounding at hostile velocity
drums=cymbals, rock=woodstock, happy=ecstatic | woodstock, ecstatic, cymbals everywhere
drums=rimshots, reggae=kingston, slow=crawling | rimshots from kingston, crawling
drums=drumming, medium=middling, disco=glitterball | drumming under the glitterball, middling
drums=boom-bap, slow=sleepwalking | sleepwalking boom-bap
drums=breakbeat, fast=supersonic, drum and bass=junglist | supersonic breakbeat for a junglist
drums=cymbals, tense=apocalyptic, cinematic=blockbuster | apocalyptic blockbuster, clashing cymbals
drums=drumsticks, punk rock=ramones, fast=sprinting | drumsticks flying, sprinting like the ramones
drums=congas, latin=rumba, happy=rejoicing | rejoicing rumba, congas
no drums=sans, slow=molasses, sad=dirge | a dirge slow-cooked in molasses, sans percussion
no drums=absent, calm=zen | zen, percussion absent
no drums=devoid, ambient=chillout, slow=drifting | drifting chillout, devoid of drums
no drums=zero, classical piano=chopin, sad=inconsolable | inconsolable chopin, zero percussion
no drums=lacking, orchestral=philharmonic, medium=temperate | temperate philharmonic, lacking drums
no drums=minus, tense=eerie | eerie, minus drums
no drums=omit, happy=radiant, medium=strolling | radiant, strolling, omit percussion
no drums=skip, folk=hobbit, calm=cosy | cosy hobbit evening by the hearth, skip the drums
fast=hyperactive, tense=ticking | hyperactive ticking countdown
fast=rushing, happy=grinning | grinning and rushing through the city
medium=sauntering, calm=composed | sauntering and composed
slow=trudging, tense=haunted | trudging through a haunted mansion
slow=snail's, sad=grief-stricken | snail's crawl, grief-stricken
medium=temperate, major=dur, happy=joyous | joyous and temperate, dur
slow=torpid, minor=a-moll, sad=sobbing | torpid sobbing, a-moll
medium=jogging, funk=bootsy, drums=snares | bootsy jogging with tight snares
country=honky-tonk, happy=jovial, fast=galloping | jovial honky-tonk, galloping
soul=aretha, calm=unruffled | unruffled aretha
trap=gangsta, tense=hostile, drums=snares | hostile gangsta with rattling snares
house=ibiza, happy=ecstatic, drums=thumping | ecstatic ibiza sunrise, thumping
synthwave=delorean, medium=cruising, drums=snares | cruising in a delorean, gated snares
"""  # noqa: E501
)


def hinge_words() -> frozenset[str]:
    """The words on which facts hang, and their parts, in lower case: no training may teach them."""
    hinges = [hinge.lower() for prompt in PARAPHRASES for hinge in prompt.hinges.values()]
    return frozenset(hinges) | {part for hinge in hinges for part in re.findall("[a-z]+", hinge)}
