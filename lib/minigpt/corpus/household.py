"""Life at home, for every role: a story of the kind `court`, as rules.

Each pair of roles (king and queen, uncle and aunt) has deeds of its own, which say where it
belongs; and all share one wardrobe, in which gender alone decides between cap and bonnet.
So what distinguishes queen from king is what distinguishes aunt from uncle, and it stands
within a few words of each: the word vectors of chapter 3 can find it.
"""

RULES = {
    "court": """
        3 The <roles>
        4 One <WEATHER> <PART> the <roles>
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
        1 It took {p.him} the whole <SPAN> and <a LOOK> <THING>.
        1 The {p} called it work, and who would argue with {p.him}?
        """,
}
