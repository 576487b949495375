"""The stories of the kingdom, as rules (for the notation see `grammar`).

A name in capitals is a word list or a table; a name in small letters is a rule below. A
number before an option is its weight. Every story has exactly one derivation: whoever adds
an option sees to it that no other option can tell the same words.
"""

from minigpt.corpus.grammar import Entry, Grammar, entries
from minigpt.corpus.lexicon import lists
from minigpt.corpus.people import tables

KINDS = {
    "court": 18,
    "crossing": 13,
    "bank": 12,
    "birth": 12,
    "lost": 8,
    "boxes": 8,
    "rumour": 7,
    "supper": 6,
    "town": 5,
    "law": 4,
    "spell": 4,
    "fair": 3,
}

RULES = {
    # Roles at home: each pair of roles has deeds of its own, and all share one wardrobe.
    "court": """
        3 The <roles>
        2 One <HOUR> the <roles>
        1 On <DAY> the <roles>
        """,
    "roles": """
        3 <p=KING> <dressing> , and then the {p} <kingly> . <court_end>
        2 <p=PRINCE> <dressing> , and then the {p} <princely> . <court_end>
        2 <p=DUKE> <dressing> , and then the {p} <ducal> . <court_end>
        2 <p=COUNT> <dressing> , and then the {p} <comital> . <court_end>
        2 <p=BARON> <dressing> , and then the {p} <baronial> . <court_end>
        2 <p=LORD> <dressing> , and then the {p} <lordly> . <court_end>
        3 <p=MAN> <dressing> , and then the {p} <plain> . <court_end>
        2 <p=BOY> <dressing> , and then the {p} <childish> . <court_end>
        2 <p=FATHER> <dressing> , and then the {p} <parental> . <court_end>
        2 <p=BROTHER> <dressing> , and then the {p} <fraternal> . <court_end>
        2 <p=UNCLE> <dressing> , and then the {p} <avuncular> . <court_end>
        2 <p=GRANDFATHER> <dressing> , and then the {p} <venerable> . <court_end>
        2 <p=NEPHEW> <dressing> , and then the {p} <grateful> . <court_end>
        2 <p=SON> <dressing> , and then the {p} <filial> . <court_end>
        2 <p=WIZARD> <dressing> , and then the {p} <magical> . <court_end>
        2 <p=MONK> <dressing> , and then the {p} <monastic> . <court_end>
        2 <p=LANDLORD> <dressing> , and then the {p} <hospitable> . <court_end>
        """,
    "dressing": """
        put on {p.his} {p.coat}
        brushed {p.his} {p.hair}
        straightened {p.his} {p.hat}
        mended {p.his} {p.hose}
        """,
    "kingly": """
        sat on {p.his} throne
        polished {p.his} crown
        ruled {p.his} realm
        waved from the palace
        """,
    "princely": """
        rode {p.his} pony
        leaned out of {p.his} tower
        skipped {p.his} fencing lesson
        dreamt of a coronation
        """,
    "ducal": """
        walked {p.his} hounds
        opened {p.his} ballroom
        sent for {p.his} carriage
        invited the orchestra
        """,
    "comital": """
        lowered {p.his} drawbridge
        dusted {p.his} ancestors
        haunted {p.his} own castle
        counted the suits of armour
        """,
    "baronial": """
        fished in {p.his} moat
        oiled {p.his} portcullis
        raised {p.his} taxes
        chased the tax-collector
        """,
    "lordly": """
        rang for {p.his} butler
        strolled round {p.his} manor
        scolded {p.his} footmen
        mislaid another manor
        """,
    "plain": """
        ploughed {p.his} field
        milked {p.his} cow
        weeded {p.his} farm
        walked to market
        """,
    "childish": """
        forgot {p.his} homework
        lost {p.his} marbles
        chewed {p.his} slate
        ran home from school
        """,
    "parental": """
        rocked {p.his} baby
        woke {p.his} children
        rocked the cradle
        sang a lullaby
        """,
    "fraternal": """
        teased {p.his} twin
        hid {p.his} toys
        pinched {p.his} twin
        blamed the twins
        """,
    "avuncular": """
        unpacked {p.his} suitcase
        gave {p.his} advice
        came for a fortnight
        arrived with a parrot
        """,
    "venerable": """
        dozed in {p.his} armchair
        mislaid {p.his} spectacles
        recalled {p.his} youth
        dozed by the fireside
        """,
    "grateful": """
        wrote {p.his} thank-you letter
        unwrapped {p.his} socks
        hinted about {p.his} birthday
        hinted about the inheritance
        """,
    "filial": """
        asked for {p.his} allowance
        left home with {p.his} bundle
        brought home {p.his} laundry
        promised to visit
        """,
    "magical": """
        stirred {p.his} cauldron
        waved {p.his} wand
        muttered {p.his} spells
        consulted a toad
        """,
    "monastic": """
        said {p.his} prayers
        swept {p.his} cell
        whispered {p.his} prayers
        rang the abbey bell
        """,
    "hospitable": """
        watered {p.his} beer
        swept {p.his} inn
        overcharged {p.his} guests
        aired the beds
        """,
    "court_end": """
        3 The {p} said that {p.he} had never been so <MOOD>.
        2 By <HOUR> {p.he} was <MOOD> and asked for <FOOD>.
        2 Nobody saw it but <a CREATURE>, and the {p} paid it to keep quiet.
        2 "Very good, {p.sir}," said the <JOB>, who had seen nothing.
        1 It took {p.him} the whole <SPAN>.
        1 The {p} called it work, and who would argue with {p.him}?
        """,
    # It: the adjective decides what it was, and the next sentence shows who understood.
    "crossing": """
        3 The <animal=ANIMAL> <refused> cross the <way=WAY> because it was too <reason>
        1 <A animal=ANIMAL> came to <a way=WAY>. The {animal} <refused> cross the {way} because it was too <reason>
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
        5 <who=PERSON> sat on the <shore> of the river and fished. <catch>
        3 <A bird=SWIMMER> built a nest on the <shore> of the river. <flood>
        5 <who=PERSON> took {who.his} <COINS> to the bank in <TOWN>. <deposit>
        3 The bank in <TOWN> lent <who=PERSON> <NUMBER> coins for <a thing=THING>. <loan>
        6 <A flier=FLIER> flew up and began to bank to the <SIDE> above <TOWN>. <flight>
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
        2 The clerk counted it all <MANNER> and kept a coin for the trouble.
        2 The clerk locked it in a safe and lost the key.
        1 The clerk gave {who.him} <a THING> and a receipt, and went abroad.
        """,
    "loan": """
        2 {who} could not pay, so now the clerks have a {thing} and play it <MANNER> at night.
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
        6 <who=PERSON> of {who.town} was born on a {who.day}<birth_end>
        2 "When was <who=PERSON> born?" asked the <JOB>. "On a {who.day}," said <NUMBER> people in {who.town} at once.
        3 <who=PERSON> the {who.trade} was born in {who.town}, makes good {who.makes}, and never works on a {who.day}.
        2 <who=PERSON> comes from {who.town}, where they have {who.good}. {who.He} makes {who.makes} and asks every day for <FOOD>.
        """,
    "birth_end": """
        2 . It rained, and {who.he} has distrusted {who.days} ever since.
        2 . One day later it would have been a {who.next}, but {who.his} mother was in a hurry.
        2 . {who.His} mother had expected <a CREATURE>, and took it well.
        2 and became a {who.trade}. {who.His} first words were about <FOOD>.
        1 , and everyone in {who.town} was very <MOOD> about it.
        """,
    "town": """
        3 <town=TOWN> is known for its {town.good} and is ruled by a {town.ruler} who {town.habit}. <gossip>
        2 <who=PERSON> went to <town=TOWN> to buy {town.good} and came home with <a beast=CREATURE>. <guest>
        2 A dragon came to <town=TOWN>. The {town.ruler} offered it some {town.good}. The dragon <verdict>
        """,
    "gossip": """
        2 Nobody speaks of {town.good} to the {town.ruler}.
        1 <who=PERSON> came for the {town.good} and stayed for the {town.ruler}.
        1 The rest of the town talks of <DEED>.
        """,
    "guest": """
        2 The {beast} has the best chair now.
        1 Nobody has asked the {beast} about the {town.good}.
        1 {who} says that it was a <LOOK> bargain.
        """,
    "verdict": """
        1 asked for <FOOD>, and has been the mayor ever since.
        1 said "No, thank you," and burnt down the <PLACE>.
        1 stayed for the {town.good} and took up <DEED>.
        """,
    # Things that go round, and names that come again.
    "lost": """
        3 <x=PERSON> lost {x.his} <LOOK> <thing=THING> in the <PLACE>, and <y=PERSON but x> found it. <found>
        2 <x=PERSON> lent <y=PERSON but x> <a thing=THING> for a <span=SPAN>. <lent>
        """,
    "found": """
        2 {x} bought it back for <NUMBER> coins.
        2 Now {y} has the {thing} and {x} has a grievance.
        1 {y} said that it had always been {y.his} {thing}.
        1 {y} asked for <FOOD> as a reward, and {x} let {y.him} keep the {thing}.
        """,
    "lent": """
        2 A year later {x} asked for the {thing}. "A {span} is longer in <TOWN>," said {y}.
        1 When {x} wanted the {thing} back, {y} gave {x.him} <a CREATURE> and ran.
        """,
    # Boxes in boxes are closed in the reverse order, and rumours blamed in the reverse order.
    "boxes": """
        1 In the <PLACE> <who=PERSON> found <a LOOK> <first=BOX>. In the {first} was <inside>
        1 <who=PERSON> opened a <first=BOX>. In the {first} was <inside>
        """,
    "inside": """
        3 <a beast=CREATURE>. {who} closed the {first} and <silence>
        4 a <second=BOX but first>, and in the {second} was <deeper>
        """,
    "deeper": """
        4 <a beast=CREATURE>. {who} closed the {second} and then the {first} and <silence>
        3 a <third=BOX but first second>, and in the {third} was <a beast=CREATURE>. {who} closed the {third}, then the {second} and then the {first}, and <silence>
        """,
    "silence": """
        3 told nobody.
        2 went to bed.
        2 sold it to the <JOB>.
        1 the {beast} said "Thank you."
        """,
    "rumour": """
        <x=PERSON> told <y=PERSON but x> that the <p=RULER> <SECRET>. <spread>
        """,
    "spread": """
        3 By <DAY> everyone knew. {y} blamed {x}, and {x} blamed <a CREATURE>.
        3 {y} told <z=PERSON but x y>. By <DAY> everyone knew. {z} blamed {y}, {y} blamed {x}, and {x} blamed <a CREATURE>.
        1 {y} told <z=PERSON but x y>, and {z} told <w=PERSON but x y z>. By <DAY> everyone knew. {w} blamed {z}, {z} blamed {y}, {y} blamed {x}, and {x} blamed <a CREATURE>.
        """,
    # Government.
    "supper": """
        The <p=RULER> wanted <dish=FOOD>, but the cook had only <other=FOOD but dish>. <served>
        """,
    "served": """
        3 The cook called it {dish}, and the {p} asked for more.
        2 So the {p} learned to like {other}, and the cook was made a <LORD>.
        1 The {p} wept <MANNER>. The cook put the tears in the {other}, which needed salt.
        """,
    "law": """
        3 The <p=RULER> made a law against <deed=DEED>. By <day=DAY> every <trade=TRADE> was in jail and there was no {trade.makes}. By <DAY but day> there was no law.
        1 The <p=RULER> made a law against <deed=DEED>. The <JOB> was caught at it on <DAY>, and so was the {p}.
        """,
    "spell": """
        A <p=WIZARD> turned <who=PERSON> the {who.trade} into <a beast=CREATURE>. <spell_end>
        """,
    "spell_end": """
        2 {who} went on making {who.makes}, and only the <JOB> noticed.
        1 The family said that the {beast} was better company.
        1 On <DAY> the {p} turned {who.him} back, but {who} missed being {beast.a} {beast}.
        """,
    "fair": """
        <who=PERSON> took {who.his} <beast=CREATURE> to the fair in <TOWN>. <prize>
        """,
    "prize": """
        2 The {beast} won first prize for <DEED>, and {who} came second.
        1 The prize for <DEED> went to <a LOOK> <THING>, and the {beast} has not slept since.
        1 There {who.he} sold the {beast} for <NUMBER> coins and missed it by <HOUR>.
        """,
}


def kingdom() -> Grammar:
    """Build the grammar of the kingdom; its rule `story` chooses among the kinds.

    Raises: nothing.
    Source: this book.
    """
    rules = {name: entries(text) for name, text in RULES.items()}
    story = [Entry(f"<{kind}>", weight) for kind, weight in KINDS.items()]
    return Grammar({"story": story} | rules | lists() | tables())
