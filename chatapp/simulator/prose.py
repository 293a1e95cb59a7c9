"""The English passages from which the simulated answers are put together."""

import re

GREETINGS = (
    "Hello! What would you like to work on?",
    "Hi there. I'm glad you're here. Ask me anything, or paste something you'd like a second pair of eyes on.",
    "Hello! I can explain things, draft and edit text, or work through a problem with you. Where shall we start?",
)

OPENINGS = (
    "The short answer on **{topic}**: start with {a}, and let {b} follow from it.",
    "There are two sides to {topic}, and it helps to keep them apart.",
    "Good question. Most of the confusion around {topic} comes from mixing up {a} and {b}.",
    "Here is how I would approach {topic}, from the part that matters most to the part that can wait.",
    "When it comes to {topic}, a lot depends on your situation, but a sensible default exists.",
)
FOLLOW_UPS = (
    "Building on what we said before, {topic} is the natural next step.",
    "That changes the picture a little. For {topic} I would put it like this:",
    "Yes, and it fits what we said before: {topic} mostly comes down to {a}.",
)
CLOSINGS = (
    "If you tell me a little more about your situation, I can make this concrete.",
    "Start with the first point; the others become easier once it is in place.",
    "Would you like me to go deeper into {a}, or rather into {b}?",
    "That should be enough to get going. Come back with what you find.",
)
BRIEF = (
    "In short: begin with {a}, keep {b} simple, and only then decide whether {topic} needs more.",
    "{topic_start} comes down to one thing: make {a} easy to check, and the rest follows.",
)

# The kinds of passage an answer may have; each entry is one way to write it.
PASSAGES: dict[str, tuple[str, ...]] = {
    "prose": (
        "The first thing to settle is what a good result looks like. People often begin with the "
        "*means* and discover late that they were solving a different problem. One sentence that says what "
        "{a} has to achieve saves more time than any technique.\n\nAfter that, look at {b}. It is usually the "
        "part with the most hidden assumptions, and a small experiment tells you more about it than an hour of "
        "reading.",
        "Think of three layers. The outer one is what everybody sees. The middle one is {a}, where "
        "the decisions are made. The inner one is {b}; it changes rarely, and when it does, everything above it "
        "has to move.\n\nWork from the inside out when you design, and from the outside in when you look for a "
        "fault.",
        "What makes this hard is not any single piece but the order of the pieces. If {a} comes too early "
        "it has to be done again; if {b} comes too late it never fits. A rough plan on paper is enough to see "
        "which of the two is about to happen.",
    ),
    "list": (
        "## What matters most\n\n- **{a_start}**: decide what is good enough before you begin.\n- **{b_start}**: "
        "measure it once, so that you notice when it changes.\n- **{c_start}**: leave it alone until the other "
        "two hold.",
        "A few things are worth knowing:\n\n* The obvious way is fine for small cases.\n* {a_start} grows faster "
        "than you expect.\n* {b_start} is cheap to check and expensive to repair.\n* Nobody regrets writing "
        "down *why*.",
    ),
    "nested": (
        "## Step by step\n\n1. Get an overview.\n   - What exists already?\n   - What has been tried?\n"
        "     - and what came of it?\n2. Choose one part, preferably {a}.\n   1. Write down what you expect.\n"
        "   2. Try it.\n   3. Compare.\n3. Only then turn to {b}.",
        "### An order that works\n\n1. **Prepare** {a}\n   - collect what you need\n   - set aside what you do not\n"
        "2. **Do** the smallest useful version\n   - keep {b} out of it for now\n3. **Check** the result with "
        "somebody who has not seen it before",
    ),
    "table": (
        "## The options side by side\n\n| Option | Good for | Effort | Watch out for |\n| :--- | :--- | ---: | :--- |\n"
        "| Start with {a} | a quick first result | 1 h | hidden assumptions |\n| Start with {b} | lasting results "
        "| 4 h | losing patience |\n| Do both at once | small teams | 6 h | mixing up causes |",
        "| | Today | Later |\n|---|:---:|:---:|\n| {a_start} | ✓ | ✓ |\n"
        "| {b_start} | no | ✓ |\n| {c_start} | no | `maybe` |",
    ),
    "tasks": (
        "### Checklist\n\n- [x] Say in one sentence what it is for\n- [ ] Try {a} with a small example\n"
        "- [ ] Note what surprised you about {b}\n- [ ] Decide whether it was worth it",
    ),
    "quote": (
        "> Make it work, then make it right, then make it fast.\n>\n> — an old rule that also holds here",
        "> A good question about {a} is half of the answer.\n\nThat is not only a nice sentence: it tells you "
        "where to spend the first ten minutes.",
    ),
    "footnote": (
        "Rules of thumb exist[^1], but they assume that {a} stays the same.\n\n[^1]: As a first guess, "
        "take the middle of what three people tell you.",
    ),
    "maths": (
        "## In numbers\n\nIf each attempt succeeds with probability $p$, the expected number of attempts is $1/p$. "
        "For $n$ independent parts the chance that all of them work is\n\n$$\nP = \\prod_{{i=1}}^{{n}} p_i "
        "\\le \\min_i p_i,\n$$\n\nso the weakest part, probably {a}, sets the limit.",
        "The growth follows $f(n) = f(0)\\,e^{{kn}}$. Solving for the doubling time gives"
        "\n\n$$t_2 = \\frac{{\\ln 2}}{{k}}"
        " \\approx \\frac{{0.693}}{{k}}$$\n\nwhich is why small changes in {a} matter so much.",
    ),
    "links": (
        "For reading on, these are good starting points: [Wikipedia](https://en.wikipedia.org/wiki/Main_Page), "
        'the [Internet Archive](https://archive.org/ "books and old pages") and <https://www.gutenberg.org/>.',
    ),
    "inline": (
        "Two details: `{a_code}` and `{b_code}` sound alike but ~~mean the same~~ differ in one respect. "
        "The first is ***fixed***, the second may change at any time; press <kbd>?</kbd> if in doubt.\n\n---",
    ),
}
WANTED = (
    ("maths", r"\b(?:math|equation|integral|proof|prove|formula|probability|statistic|calculate|theorem)"),
    ("table", r"\b(?:tables?|compar|versus|vs\b|difference|options|pros and cons)"),
    ("nested", r"\b(?:how (?:do|to|can|should)|steps?|guide|plan|recipe|instructions)"),
    ("list", r"\b(?:list|ideas|tips|examples|reasons|ways)\b"),
    ("tasks", r"\b(?:checklist|todo|to-do|tasks?|prepare)\b"),
    ("quote", r"\b(?:quot|saying|poem|proverb)"),
    ("links", r"\b(?:links?|sources?|read|books?|website)\b"),
    ("footnote", r"\b(?:footnotes?|citations?|references?)\b"),
)

# Words of at most five letters: with the space before it each is exactly one token.
SHORT_WORDS = re.findall(
    r"\w+",
    "the small steps of a long walk lead home when you keep an eye on both the map and the sky and rest in time "
    "for the next climb so that each mile feels like the first and all of them add up to more than they seem",
)
