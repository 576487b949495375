"""The stories of the kingdom, as rules (for the notation see `grammar`).

A name in capitals is a word list or a table; a name in small letters is a rule below. A
number before an option is its weight. Every story has exactly one derivation: whoever adds
an option sees to it that no other option can tell the same words.
"""

from minigpt.corpus import household
from minigpt.corpus.grammar import Entry, Grammar, entries
from minigpt.corpus.lexicon import lists
from minigpt.corpus.people import tables

KINDS = {
    "court": 20,
    "crossing": 17,
    "bank": 15,
    "birth": 12,
    "lost": 7,
    "boxes": 7,
    "rumour": 6,
    "supper": 6,
    "town": 5,
    "law": 4,
    "spell": 4,
}

RULES = {
    # Names come alone, or with a fact that belongs to them.
    "somebody": """
        2 <who=PERSON>
        1 <who=PERSON> of {who.town}
        1 <who=PERSON> the {who.trade}
        """,
    "one_person": """
        2 <x=PERSON>
        1 <x=PERSON> of {x.town}
        1 <x=PERSON> the {x.trade}
        """,
    # It: the adjective decides what it was, and the next sentence shows who understood.
    "crossing": """
        3 The <animal=ANIMAL> <refused> cross the <way=WAY> because it was too <reason>
        4 The <COAT> <animal=ANIMAL> <refused> cross the <way=WAY> because it was too <reason>
        2 <A COAT> <animal=ANIMAL> came to <a way=WAY>. The {animal} <refused> cross the {way} because it was too <reason>
        """,
    "refused": """
        3 did not
        1 could not
        1 would not
        """,
    "reason": """
        {it=animal} <TIRED>. So the {it} <rest>
        {it=way} <WIDE>. So the {it} <works>
        """,
    "rest": """
        3 lay down and dreamt of <FOOD>.
        2 sat down under <a TREE> and waited for <DAY>.
        1 went home and told everyone that there was nothing on the other side.
        2 sent <a CREATURE> to do it instead.
        1 ate some <FOOD>, slept <MANNER>, and forgot what was on the other side.
        """,
    "works": """
        3 got a warning sign, which the {animal} ate.
        2 was measured by the <JOB>, who found it no better.
        2 was closed until <DAY>, and the {animal} took the credit.
        2 was left to itself, and the {animal} went home by way of <TOWN>.
        """,
    # Bank, three times: by the water, for the money, in the air.
    "bank": """
        3 <somebody> sat on the <shore> of the river and fished. <catch>
        3 One <WEATHER> <PART> <somebody> sat on the <shore> of the river and fished. <catch>
        3 <A bird=SWIMMER> built a nest on the <shore> of the river. <flood>
        5 <somebody> took {who.his} <COINS> to the bank in <TOWN>. <deposit>
        3 The bank in <TOWN> lent <somebody> <NUMBER> coins for <a thing=TOOL> {thing.use}. <loan>
        3 <A FLIER> flew up and began to bank <MANNER> to the <SIDE> above <TOWN>. <flight>
        4 One <WEATHER> <PART> <a FLIER> flew up and began to bank to the <SIDE> above <TOWN>. <flight>
        3 The flying machine of <who=PERSON> began to bank <MANNER> over the palace. <landing>
        1 The bank stood on the bank of the river, and over it a hawk began to bank. Only the hawk made a profit.
        """,
    "shore": """
        2 bank
        1 <SHORE> bank
        """,
    "catch": """
        3 The fish were not hungry, but {who} was.
        2 By <HOUR> {who.he} had caught <a LOOK> <THING>, and threw it back.
        1 {who.He} caught a cold.
        1 A trout looked at {who.him}, and thought of <FOOD>.
        """,
    "flood": """
        2 The water rose, and the {bird} moved up the bank and said nothing.
        2 The water rose, so the {bird} sold the nest to <a CREATURE>.
        1 It had a view of the water and of <NUMBER> boats, and the {bird} charged for both.
        """,
    "deposit": """
        2 The clerk counted everything <MANNER> and kept a coin for the trouble.
        2 The clerk locked everything in a safe and lost the key.
        1 The clerk gave {who.him} <a THING> and a receipt, and went abroad.
        """,
    "loan": """
        2 {who} could not pay, so now the clerks take turns with the {thing}.
        2 {who} paid it all back by <DAY>, and the clerks, who had hoped for the {thing}, wept.
        """,
    "flight": """
        3 The hens, who had seen this before, went indoors.
        2 Below it a mouse stopped eating <FOOD> and ran.
        1 Everyone clapped but the <JOB>, who was bald.
        """,
    "landing": """
        2 It came down in the <PLACE>. {who} called it a landing.
        1 The wings fell off, and {who} said that they had been too <LOOK> anyway.
        """,
    # Facts: nothing in the story gives the day away but the name.
    "birth": """
        4 <who=PERSON> of {who.town} was born on a {who.day}<birth_end>
        4 <who=PERSON> of {who.town} was born on a {who.day}<birth_end> {who.He} <habit>
        2 "When was <who=PERSON> born?" asked the <JOB>. "On a {who.day}," said <NUMBER> people in {who.town} at once.
        3 <who=PERSON> the {who.trade} was born in {who.town}, makes good {who.makes}, and never works on a {who.day}.
        2 <who=PERSON> comes from {who.town}, where they have {who.good}. {who.He} makes {who.makes} and asks every day for <FOOD>.
        """,
    "birth_end": """
        2 . It rained, and {who.he} has distrusted {who.days} ever since.
        2 . It happened in the <PLACE>, and the <JOB> still talks about it.
        2 . {who.His} parents had expected <a CREATURE>, and took it well.
        2 and became a {who.trade}. {who.His} first words were about <FOOD>.
        1 , and everyone in {who.town} was very <MOOD> about it.
        """,
    "habit": """
        3 keeps <a LOOK> <THING> in the <PLACE> and shows it to nobody.
        2 is <MOOD> on most days and very <MOOD> after <HOUR>.
        2 lives with <a PET>, <a CREATURE> and <a LOOK> <THING>.
        """,
    "town": """
        3 <town=TOWN> is known for its {town.good} and is ruled by a {town.ruler} who {town.habit}. <gossip>
        2 <who=PERSON> went to <town=TOWN> to buy {town.good} and came home with <a beast=PET>. <guest>
        2 One <WEATHER> <PART> a dragon came to <town=TOWN>. The {town.ruler} offered it some {town.good}. The dragon <verdict>
        """,
    "gossip": """
        2 Nobody speaks of {town.good} to the {town.ruler}.
        1 <who=PERSON> came for the {town.good} and stayed for the {town.ruler}.
        1 The rest of the town talks of <DEED>.
        """,
    "guest": """
        2 The {beast} has the best chair now.
        1 Nobody has asked the {beast} about the {town.good}.
        1 {who} says that it was the last one.
        """,
    "verdict": """
        1 asked for <FOOD>, and has been the mayor ever since.
        1 said "No, thank you," and burnt down the <PLACE>.
        1 stayed for the {town.good} and took up <DEED>.
        """,
    # Things that go round, and names that come again.
    "lost": """
        3 <one_person> lost {x.his} <LOOK> <thing=TOOL> in the <PLACE>, and <y=PERSON but x> found it. <found>
        2 <one_person> lent <y=PERSON but x> <a thing=TOOL> {thing.use} for a <SPAN>. <lent>
        """,
    "found": """
        2 {x} bought it back for <NUMBER> coins.
        2 Now {y} has the {thing} and {x} has a grievance.
        1 {y} said that it had always been {y.his} {thing}.
        1 {y} asked for <FOOD> as a reward, and {x} let {y.him} keep the {thing}.
        """,
    "lent": """
        2 A year later {x} asked for the {thing}. "Time goes slowly in <TOWN>," said {y}.
        1 When {x} wanted the {thing} back, {y} gave {x.him} <a CREATURE> and ran.
        """,
    # Boxes in boxes are closed in the reverse order, and rumours blamed in the reverse order.
    "boxes": """
        1 In the <PLACE> <somebody> found <a LOOK> <first=BOX>. In the {first} was <inside>
        1 <somebody> opened a <first=BOX>. In the {first} was <inside>
        """,
    "inside": """
        3 <a CREATURE>. {who} closed the {first} and <silence>
        3 a <second=BOX but first>, and in the {second} was <deeper>
        """,
    "deeper": """
        2 <a CREATURE>. {who} closed the {second} and then the {first} and <silence>
        1 a <third=BOX but first second>, and in the {third} was <a CREATURE>. {who} closed the {third}, then the {second} and then the {first}, and <silence>
        """,
    "silence": """
        3 told nobody.
        2 went to bed.
        2 sold it to the <JOB>.
        1 wrote to the <JOB>.
        """,
    "rumour": """
        <one_person> told <y=PERSON but x> that the <p=RULER> <SECRET>. <spread>
        """,
    "spread": """
        4 By <DAY> everyone knew. {y} blamed {x}, and {x} blamed <a CREATURE>.
        3 {y} told <z=PERSON but x y>. By <DAY> everyone knew. {z} blamed {y}, {y} blamed {x}, and {x} blamed <a CREATURE>.
        1 {y} told <z=PERSON but x y>, and {z} told <w=PERSON but x y z>. By <DAY> everyone knew. {w} blamed {z}, {z} blamed {y}, {y} blamed {x}, and {x} blamed <a CREATURE>.
        """,
    # Government.
    "supper": """
        The <p=RULER> wanted <dish=DISH> {dish.style}, but the cook had only <STALE> <FOOD>. <served>
        """,
    "served": """
        3 The cook called it {dish}, and the {p} asked for more.
        2 So the {p} went to bed <MOOD>, and the cook was made a <LORD>.
        1 The {p} wept <MANNER>, and the cook added the tears, since they were salted.
        """,
    "law": """
        3 The <p=RULER> made a law against <DEED>. By <DAY> every <trade=TRADE> was in jail and nobody had {trade.makes}. A <SPAN> later there was no law.
        1 The <p=RULER> made a law against <DEED>. The <JOB> was caught at it on <DAY>, and so was the {p}.
        """,
    "spell": """
        A <p=WIZARD> waved <a LOOK> <THING> and turned <who=PERSON> the {who.trade} into <a beast=PET>. <spell_end>
        """,
    "spell_end": """
        2 {who} went on making {who.makes}, and only the <JOB> noticed.
        1 The family said that the {beast} was better company.
        1 On <DAY> the {p} turned {who.him} back, but {who} missed being {beast.a} {beast}.
        """,
}


def kingdom() -> Grammar:
    """Build the grammar of the kingdom; its rule `story` chooses among the kinds.

    Raises: nothing.
    Source: this book.
    """
    told = household.RULES | RULES
    rules = {name: entries(text) for name, text in told.items()}
    story = [Entry(f"<{kind}>", weight) for kind, weight in KINDS.items()]
    return Grammar({"story": story} | rules | lists() | tables())
