"""Sentences as people say them around the house, with commands and words that sound like them.

What is trained on would otherwise hold commands as lone words and in novels: here they are ordered, asked,
denied and told, in the first place of a sentence, amid it and last.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from hubert_demo.training.data.corpora import COMMANDS


def _listed(words: str) -> list[str]:
    return [" ".join(word.split()) for word in words.split(",")]


_SLOTS = {
    "thing": """
        lamp, radio, heater, fan, kettle, oven, stove, printer, scanner, camera, television, projector,
        engine, alarm, music, light, screen, microphone, speaker, toaster, iron, dishwasher, laptop,
        computer, heating, pump, sprinkler, vacuum, mixer, phone, torch, lantern, tap, blender, dryer,
        game, recorder, siren, headset, monitor, router, motor, charger, doorbell, fridge""",
    "movable": """
        slider, curtain, handle, camera, box, shelf, picture, table, ladder, lid, blind, arrow, cursor,
        chair, pointer, mirror, wheel, lever, crane, basket, bag, piano, carpet, cupboard, tray, knob,
        volume, brightness, page, map, boat, trolley, drawer, lens, window, hatch, antenna""",
    "place": """
        kitchen, garden, harbour, station, office, hallway, cellar, attic, bakery, library, market,
        bridge, school, church, village, river, garage, museum, theatre, airport, hospital, stable,
        workshop, balcony, valley, square, castle, island, forest, bathroom, bedroom, playground,
        restaurant, pharmacy, corner, crossing, tunnel, lighthouse, farm, hotel, beach, chapel, mill,
        tower""",
    "person": """
        Anna, Peter, Maria, Thomas, Julia, Henry, Alice, Daniel, Grace, Oliver, Sarah, Martin, Emma,
        Robert, Helen, Simon, Laura, David, Clara, George, Ruth, Victor, Nora, Patrick, Irene, Samuel,
        Judith, Oscar, Paula, Felix""",
    "role": """
        teacher, doctor, driver, captain, sister, brother, neighbour, nurse, baker, farmer, pilot,
        manager, guide, gardener, plumber, waiter, tailor, mayor, painter, cousin, grandmother, uncle,
        aunt, colleague, sailor, student, librarian, postman, engineer, singer""",
    "they": "we, you, they",
    "he": "he, she",
    "their": "my, your, our, their, her, his",
    "who": "the {role}, {their} {role}, {person}",
    "when": """
        today, tonight, again, later, once, this morning, after lunch, before dinner, at noon, every
        evening, in winter, in a hurry, at six, on Monday, on Friday, all day, this week, in the spring,
        by ten, for an hour, after the rain, until seven, at the weekend, before sunrise""",
    "day": "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday",
    "where": "by the {place}, in the {place}, near the {place}, behind the {place}, at the {place}",
    "number": """
        two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, fifteen, twenty, thirty,
        forty, fifty""",
    "adjective": """
        old, new, red, green, heavy, little, broken, quiet, yellow, wooden, cold, warm, long, narrow,
        dusty, bright, blue, empty, small""",
    "matter": """
        answer, address, name, reason, price, number, story, way, password, recipe, question,
        difference, truth, rule, song, date, road, secret""",
    "written": """
        letter, report, poem, card, list, message, postcard, note, song, book, story, diary, review""",
    "food": """
        soup, bread, rice, cake, cheese, salad, tea, coffee, fish, pie, pasta, fruit, butter, honey,
        supper""",
    "doing": """
        reading, singing, walking, working, talking, laughing, cooking, painting, waiting, knocking,
        dancing, complaining, digging, swimming, barking, raining, snowing""",
    "do": """
        wait, leave, listen, try, sleep, sing, walk, work, talk, read, travel, cook, hurry, swim, rest,
        decide, help, pay, agree""",
    "polite": "please, will you, for me, if you can, would you, thank you, as usual",
}
"""What may stand where a template names it, commas between."""

_WORDS = {slot: _listed(words) for slot, words in _SLOTS.items()}

_TEMPLATES: Mapping[str, Sequence[str]] = {
    "yes": [
        "Yes, {they} can {do} {when}.",
        "Yes, {who} told me about the {matter}.",
        "Yes, please, and some {food}.",
        "{he} said yes {when}.",
        "Did {who} say yes?",
        "Was that a yes from {who}?",
        "I would say yes, but I have to {do}.",
        "If the {role} says yes, {they} {do} {when}.",
        "{who} nodded and whispered yes.",
        "Oh yes, the {adjective} {movable} is {where}.",
        "Does {who} call that a yes?",
        "Well, yes, I was {doing} {where}.",
        "The {role} never answers yes.",
    ],
    "no": [
        "No, {they} can not {do} {when}.",
        "No, the {thing} is {where}.",
        "There is no {food} {where}.",
        "{he} has no {matter} for us.",
        "Why did {who} say no?",
        "{who} was afraid the answer is no.",
        "No {role} would {do} {when}.",
        "Of {number} people, {number} said no.",
        "Is there no {adjective} {movable} left?",
        "{who} shook {their} head and said no.",
        "Oh no, {who} is {doing} {when}!",
        "On {day} {they} have no time to {do}.",
        "No, no, {who} meant the {adjective} {thing}.",
    ],
    "up": [
        "Up {where} it is {adjective}.",
        "Move the {movable} up, {polite}.",
        "{who} went up to the {place} {when}.",
        "Could you turn the {thing} up?",
        "Do not look up while {they} {do}.",
        "The {adjective} {movable} would not go up.",
        "What time did {who} get up?",
        "Up there you see the {place}.",
        "{he} gave up {doing} {when}.",
        "The price of {food} went up {when}.",
        "Pull the {movable} a little further up.",
        "We cleaned up the {place} and went home.",
        "Hurry up, the {role} is {doing}.",
    ],
    "down": [
        "Down {where} somebody was {doing}.",
        "Move the {movable} down, {polite}.",
        "{who} came down from the {place} {when}.",
        "Could you turn the {thing} down?",
        "Please sit down {where}.",
        "The {thing} broke down {when}.",
        "Who wrote the {matter} down?",
        "Down the road is a {adjective} {place}.",
        "{he} never put the {written} down.",
        "The {adjective} {movable} fell down.",
        "Slow down before the {place}.",
        "They walked up and down, {doing}.",
        "Why is the {movable} upside down?",
    ],
    "left": [
        "Left of the {place} is a {adjective} {place}.",
        "Turn left at the {place}.",
        "{who} left the {adjective} {movable} {where}.",
        "Is there any {food} left?",
        "Move the {movable} to the left, {polite}.",
        "{he} has not left the {place} yet.",
        "When they had left, {who} was {doing}.",
        "Left or right, I do not remember the {matter}.",
        "The {role} writes with {their} left hand.",
        "Nobody left the {thing} running.",
        "Only {number} of the {adjective} ones are left.",
        "Have you left your {written} {where}?",
        "Look left, then {do}.",
    ],
    "right": [
        "Right of the {place} is a {adjective} {place}.",
        "Turn right after the {place}.",
        "Right, {they} {do} {when}.",
        "I think {who} is right.",
        "Was the {matter} right?",
        "Move the {movable} to the right, {polite}.",
        "That {matter} is not right, and {who} knows it.",
        "{he} will be right back with the {food}.",
        "The {thing} is right {where}.",
        "All right, {they} {do} {when}.",
        "{who} never got the {matter} right.",
        "Is the {adjective} {place} on the right?",
        "Right now {who} is {doing}.",
    ],
    "on": [
        "On {their} way to the {place}, {who} was {doing}.",
        "Turn on the {thing}, {polite}.",
        "Turn the {thing} on {when}.",
        "Is the {thing} still on?",
        "{who} switched the {adjective} {thing} on.",
        "The {movable} on the {place} wall is {adjective}.",
        "Come on, the {role} wants to {do}.",
        "Do not leave the {thing} on.",
        "They went on {doing} until {who} came.",
        "I had the {thing} on all night.",
        "What is going on {where}?",
        "{he} put the {food} on the table.",
        "Why was no {thing} on?",
    ],
    "off": [
        "Off {where} a boat was waiting.",
        "Turn off the {thing}, {polite}.",
        "Turn the {thing} off {when}.",
        "Is the {thing} off?",
        "{who} switched the {adjective} {thing} off.",
        "The {adjective} {movable} came off.",
        "Take your coat off and {do}.",
        "{he} has {day} off.",
        "The light {where} does not go off.",
        "They drove off {when}.",
        "Why is the {place} light off?",
        "The handle of the {movable} broke off.",
        "Off they went to the {place}.",
    ],
    "stop": [
        "Stop {doing}, {polite}.",
        "Stop the {thing} {when}.",
        "Please stop {where}.",
        "Does the bus stop {where}?",
        "{who} could not stop {doing}.",
        "The next stop is the {place}.",
        "Why did the {thing} stop?",
        "We never stop at the {place}.",
        "If the {thing} makes a noise, stop.",
        "{he} told {who} to stop.",
        "Stop, you forgot the {food}!",
        "It would not stop {doing} {when}.",
        "Do not stop before the {place}.",
    ],
    "go": [
        "Go to the {place} {when}.",
        "Go and ask {who} about the {matter}.",
        "{they} go to the {place} {when}.",
        "Shall we go on {day} or {day}?",
        "Where does {who} go {when}?",
        "{who} does not want to go.",
        "Let them go on {doing}.",
        "Next {day} the {role} has to go back to the {place}.",
        "{number} more minutes to go.",
        "Would you go with {who}?",
        "Go straight past the {adjective} {place}.",
        "{he} can not go without the {written}.",
        "{number}, {number}, ready, go!",
    ],
    "near words": [
        "I know that {who} knows the {matter}.",
        "Nobody knows who was {doing} {where}.",
        "Do you know the {role} {where}?",
        "{who} has known the {matter} for {number} years.",
        "Write the {written} {when}.",
        "{he} writes a {written} every {number} days.",
        "The {adjective} {movable} stood upon the {place} steps.",
        "Once upon a time {who} lived {where}.",
        "We ate the leftover {food} {when}.",
        "The leftovers are {where}.",
        "{who} often works in the {place} office.",
        "May I offer you some {food}?",
        "The office opens in {number} minutes.",
        "{he} stopped {doing} when it was {adjective}.",
        "The bus stops {where}.",
        "{who} goes to the {place} {when}.",
        "{they} were going to {do} {when}.",
        "The boat had gone, and the {role} was {doing}.",
        "A bright light shone {where}.",
        "The upper shelf is downstairs {where}.",
        "{who} updates the {written} downtown.",
        "Yesterday the {food} was not ready yet.",
        "Nothing was wrong with the {adjective} {thing}.",
        "A note lay on top of the {written}.",
        "The shop in town sells brown gowns.",
        "Did you notice the goat {where}?",
        "Guess who was {doing} {where}.",
        "The dog coughed after its coffee.",
        "Put the cup onto the {adjective} shelf.",
        "A few steps from the {place} it was snowing.",
        "The lofty tower has a lift and a loft.",
        "One of them won {number} gold coins.",
        "Both of us are fond of {food}.",
        "The wind was blowing slowly over the {place}.",
        "It was the right of the {role} to write it off.",
    ],
}

_NEIGHBOURS = _listed(
    """
    know, write, of, upon, own, now, won, one, gone, gun, top, step, shop, cup, pup, town, brown, light,
    night, lift, loft, cough, often, goat, ghost, so, low, yet, guess, nose, note, snow, gold, ride,
    bright, offer, office, hello, maybe, please, wait, open, close, start, begin, forward, back, more,
    less, again"""
)
"""Single words to stand between commands; none of the words that are kept for testing."""

_COMMAND_SHARE = 0.75
_SEQUENCE_WORDS = (2, 6)
_SLOT = re.compile(r"\{(\w+)\}")
_NOT_SAID = re.compile("[^A-Z' ]+")


def everyday_sentence(rng: np.random.Generator) -> str:
    """A sentence as it is written, punctuation and all: every command as often as the others.

    An eleventh of them is about words that sound like commands.
    """
    about = _drawn(list(_TEMPLATES), rng)
    template = _drawn(_TEMPLATES[about], rng)
    while _SLOT.search(template):
        template = _SLOT.sub(lambda slot: _drawn(_WORDS[slot[1]], rng), template)
    return template[0].upper() + template[1:]


def words_in_a_row(rng: np.random.Generator) -> str:
    """Two to six single words, most of them commands: `Yes. No. Upon. Stop.` for one."""
    count = rng.integers(_SEQUENCE_WORDS[0], _SEQUENCE_WORDS[1] + 1)
    words = [_drawn(COMMANDS if rng.random() < _COMMAND_SHARE else _NEIGHBOURS, rng) for _ in range(count)]
    if rng.random() < 0.7:
        return " ".join(f"{word.capitalize()}." for word in words)
    return ", ".join(words).capitalize() + "."


def as_transcript(spoken: str) -> str:
    """What is said, in capitals A to Z, apostrophe and single spaces."""
    return " ".join(_NOT_SAID.sub(" ", spoken.upper().replace("’", "'")).split())


def _drawn(words: Sequence[str], rng: np.random.Generator) -> str:
    return words[int(rng.integers(len(words)))]
