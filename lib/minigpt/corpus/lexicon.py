"""Word lists, the commonest word first: the nth word of a list has weight 1 / (n + 1).

So a few hundred words carry most of the text, as in any language, and the long tails keep
it from growing dull. Every list fills places where its words are free to vary.
"""

from minigpt.corpus.grammar import Entry

LISTS = {
    "ANIMAL": """dog, cat, cow, animal, horse, goat, pig, fox, duck, sheep, donkey, hare, bear,
        ox, wolf, badger, elephant""",
    "WAY": """street, road, river, bridge, lane, square, field, ford, path, brook, canal, avenue""",
    "TIRED": """tired, hungry, sleepy, shy, lazy, proud, thirsty, polite, nervous, frightened,
        bored, clever, stubborn, weary, timid, dizzy, cautious, dignified, sensible, plump,
        forgetful, short-sighted, absent-minded, modest""",
    "WIDE": """wide, muddy, busy, dark, long, noisy, steep, slippery, crowded, icy, narrow, wet,
        rough, foggy, crooked, stony, dangerous, murky""",
    "COAT": """old, small, brown, white, young, black, grey, large, spotted, thin, elderly,
        one-eyed, retired, woolly, stout, striped, famous, local, three-legged, shaggy""",
    "PET": "goose, mouse, frog, parrot, hedgehog, owl, toad, hen, spider, crow, snail, swan",
    "PART": """morning, evening, afternoon, night, winter, summer, spring, autumn""",
    "WEATHER": """rainy, sunny, windy, cold, fine, warm, foggy, quiet, grey, dark, stormy, frosty,
        snowy, misty""",
    "STALE": "cold, old, burnt, green, plain, salted, yesterday's, lumpy, grey, boiled, dry, raw",
    "MOOD": """tired, happy, hungry, sleepy, proud, cheerful, cross, sad, calm, grand, lonely,
        brave, grumpy, curious, gloomy, pleased, hopeful, merry, jealous, restless,
        content, puzzled, thoughtful, gracious, furious, wistful, smug, solemn, eager,
        patient, sentimental, suspicious""",
    "THING": """hat, spoon, kettle, key, book, bell, broom, lamp, clock, drum, ladder, bucket,
        button, teapot, cushion, pillow, rope, mirror, candle, flute, fiddle, shovel, comb,
        trumpet, ring, scarf, coat, map, chair, pot, pan, needle, hammer, wheelbarrow,
        umbrella, blanket, whistle, saddle, violin, lantern, ribbon, brush, saucepan, rug,
        curtain, harp, telescope, compass, anchor, feather, wig, medal, thimble, penknife,
        spade, axe, rake, whisk, sieve, ladle, basin, bathtub, bench, stool, cupboard,
        wardrobe, mattress, cradle, doorknob, hinge, padlock, flowerpot, birdcage,
        weathercock, bagpipe, tuba, banjo, gong, tambourine, triangle, accordion, organ,
        egg-timer, corkscrew, nutcracker, toothbrush, hairbrush, shoehorn, walking-stick,
        handkerchief, napkin, tablecloth, apron, glove, mitten, slipper, boot, shawl,
        cloak, sash, brooch, locket, necklace, bracelet""",
    "FOOD": """soup, bread, cheese, cake, porridge, pancakes, pie, turnips, apples, sausages,
        cabbage, pudding, eggs, onions, herrings, honey, pears, ham, plums, mushrooms,
        carrots, dumplings, custard, beans, toast, peas, cherries, biscuits, stew, trout,
        jam, noodles, walnuts, gingerbread, butter, parsnips, radishes, leeks, lentils,
        trifle, jelly, waffles, marmalade, pickles, salmon, mutton, venison, oysters, eels,
        sardines, crumpets, muffins, scones, omelettes, meatballs, gravy, mustard, garlic,
        rhubarb, gooseberries, raspberries, strawberries, blackberries, apricots""",
    "CREATURE": """goose, mouse, frog, spider, toad, hedgehog, pigeon, squirrel, parrot, owl, beetle,
        snail, crow, swan, hen, bat, rat, newt, magpie, cricket, robin, turkey, peacock,
        weasel, stork, heron, moth, lizard, ant, raven, sparrow, lobster, crab, eel,
        jackdaw, cuckoo, lark, finch, gull, puffin, penguin, pelican, ostrich, flamingo,
        walrus, seal, beaver, stoat, dormouse, guinea-pig, hamster, grasshopper""",
    "LOOK": """red, old, small, blue, big, green, golden, heavy, silver, wooden, yellow, white,
        broken, fine, black, new, little, crooked, brown, shiny, borrowed, purple, dusty,
        rusty, pink, round, secret, striped, grey, enormous, spotted, second-hand, orange,
        handsome, ugly, squeaky, wobbly, lucky, expensive, cheap, painted, polished,
        velvet, leather, copper, brass, iron, ivory, crimson, scarlet, turquoise, lopsided,
        battered, dented""",
    "DEED": """whistling, singing, snoring, dancing, humming, yawning, sneezing, knitting,
        laughing, juggling, jumping, sighing, skipping, swimming, whispering, shouting,
        arguing, fishing, gardening, boasting, gossiping, daydreaming, grumbling, giggling,
        hopping, painting, climbing, skating, wrestling, chess, poetry, arithmetic,
        punctuality, good manners""",
    "PLACE": """garden, kitchen, forest, barn, cellar, orchard, library, stable, tower, attic,
        churchyard, pond, mill, dungeon, pantry, vineyard, laundry, bakery, marketplace,
        inn, chapel, ballroom, henhouse, hedge, maze, well, woodshed, greenhouse,
        bathhouse, lighthouse, harbour, quarry, cave, museum, theatre, courthouse""",
    "HOUR": """noon, evening, sunset, nightfall, midnight, teatime, breakfast, dawn, bedtime,
        supper, daybreak, dusk""",
    "SPAN": """week, month, day, morning, summer, winter, fortnight, night""",
    "NUMBER": "two, three, ten, six, seven, four, five, twelve, twenty, nine, eight, eleven",
    "JOB": """cook, baker, miller, gardener, butler, judge, mayor, tailor, teacher, barber,
        blacksmith, doctor, shepherd, farmer, gatekeeper, carpenter, jester, clerk,
        ferryman, poet, postman, tax-collector, knight, bishop, sailor, chimney-sweep,
        beekeeper, dentist, painter, librarian, goatherd, plumber""",
    "BOX": """box, chest, basket, jar, trunk, barrel, sack, drawer""",
    "TREE": """oak, elm, willow, apple-tree, pear-tree, beech, ash, birch, pine, lime-tree,
        chestnut-tree, hazel""",
    "FLIER": """hawk, kite, eagle, falcon, buzzard, swallow, seagull, crane, vulture, balloonist""",
    "SWIMMER": """duck, swan, goose, heron, otter, moorhen, stork, grebe""",
    "SHORE": "green, grassy, muddy, far, sunny, shady, north, south",
    "SIDE": "left, right",
    "SECRET": """snored, was bald, could not read, wore a wig, was afraid of geese, ate in bed,
        had two left feet, owed everyone money, slept in socks, talked to cabbages, had never
        won at chess, was really a goose""",
    "COINS": """coins, gold, money, savings, silver, pennies, wages, treasure, winnings,
        fortune, inheritance""",
    "MANNER": """slowly, quietly, gently, softly, loudly, lazily, politely, swiftly, smoothly,
        wearily, gracefully, grandly""",
}


# What a story lends and serves is named again later. Each has a phrase of its own, which is
# certain once it is named, so that a model has a reason to tell these words apart.
TOOLS = {
    "hat": "to wear",
    "kettle": "to boil",
    "lamp": "to light",
    "clock": "to wind",
    "fiddle": "to play",
    "drum": "to beat",
    "umbrella": "to open",
    "bell": "to ring",
    "ladder": "to climb",
    "saddle": "to ride",
    "flute": "to practise",
    "broom": "to sweep",
}
DISHES = {
    "soup": "in a bowl",
    "pie": "with a crust",
    "cake": "with candles",
    "cheese": "with holes",
    "porridge": "with cream",
    "ham": "on the bone",
    "toast": "with butter",
    "stew": "from the pot",
    "pudding": "with raisins",
    "jam": "by the spoon",
}


def zipf(words: str) -> list[Entry]:
    """Give the nth word of a comma-separated list the weight 1 / (n + 1).

    Raises: nothing.
    Source: Zipf 1949, with an offset that flattens the head.
    """
    return [
        Entry(" ".join(word.split()), 1 / (n + 1)) for n, word in enumerate(words.split(","), 1)
    ]


def lists() -> dict[str, list[Entry]]:
    """Every word list as a rule; a TOOL has the field use, a DISH the field style.

    Raises: nothing.
    Source: this book.
    """
    rules = {name: zipf(words) for name, words in LISTS.items()}
    rules["TOOL"] = [Entry(tool, 1, {"use": use}) for tool, use in TOOLS.items()]
    rules["DISH"] = [Entry(dish, 1, {"style": style}) for dish, style in DISHES.items()]
    return rules
