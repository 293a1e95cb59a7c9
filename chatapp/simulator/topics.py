"""What a question is about: a phrase and a few words to build an answer or a title from."""

import re

STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a about after all also am an and any are as at be because been before being but by can could did do does "
        "doing down each for from get give go had has have having he her here hers him his how i if in into is it "
        "its just know like make me more most my need no nor not now of on once one only or other our out "
        "over own please same she should show so some such tell than that the their them then there these "
        "they this those through to too under until up us use very want wants was we were what when where "
        "which while who why will with would write you your yours explain describe help hello hi hey thanks thank "
        "compare list detail detailed details briefly short shortly essay example examples step steps work works "
        "between difference better best good people thing things something anything way ways",
    )
)
VERBS = frozenset(
    re.findall(
        r"\w+",
        "add bake build buy calculate change check choose clean compute convert cook create debug decide define design "
        "develop draw find fix grow improve install invent learn look make measure move name organise organize paint "
        "pick plan play prepare prove read refactor remove repair review save sell set solve sort start study suggest "
        "test train travel try understand visit",
    )
)
LEAD = re.compile(
    r"^(?:(?:please|hi|hello|hey|thanks|so|and|also|ok|okay|well|now|then)[\s,!.]+|(?:can|could|would|will) you\s+"
    r"|how (?:do|can|could|should|would|does|did|is|are) (?:(?:i|we|you|one|people)\s+)?|how to\s+"
    r"|(?:what|where|when) (?:do|can|could|should|would) (?:i|we|you)\s+"
    r"|what(?:'s|\u2019s| is| are| was| were| does| do)\s+|why (?:is|are|do|does|did|was|were)\s+"
    r"|(?:who|where|when) (?:is|are|was|were)\s+|is it (?:true|possible) (?:that|to)\s+|(?:does|do|did|is|are) "
    r"|(?:explain|describe|tell me about|teach me|show me|give me|help me(?: to| with)?|write(?: me)?|draft"
    r"|list|summari[sz]e|translate|compare)\s+|i(?:'d|\u2019d| would) like (?:to\s+)?|i (?:want|need) (?:to\s+)?"
    r"|(?:a|an|the|some|my|me|about|difference between|meaning of)\s+)+",
    re.IGNORECASE,
)
CLAUSE_END = re.compile(r"[.?!;:\n\u2026\u3002\uff1f\uff01]|,\s|\s[-\u2013\u2014]\s")
DOING = re.compile(r"\b(?:i|we|you|to|me)\s*$", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_][\w'\u2019+#-]*")
UNSAYABLE = re.compile(r"[<>\[\]{}|`*_~#$\\]+|https?://\S+")


def phrase(question: str, most: int = 9) -> str:
    """What the question is about as a noun, more or less; empty when there is nothing to hold on to."""
    plain = " ".join(UNSAYABLE.sub(" ", question).split())
    for clause in CLAUSE_END.split(plain):
        left = LEAD.sub("", clause.strip())
        words = left.split()
        if not any(word.lower() not in STOP_WORDS for word in WORD.findall(left)):
            continue
        if words[0].lower() in VERBS or DOING.search(clause[: len(clause) - len(left)]):
            words[0] = gerund(words[0])
        return trimmed(words[:most])
    return ""


def trimmed(words: list[str]) -> str:
    while len(words) > 1 and words[-1].lower() in STOP_WORDS:
        words = words[:-1]
    return " ".join(words).strip(" ,.'\u2019\"()")


def gerund(verb: str) -> str:
    """`make` to `making`, `get` to `getting`; near enough for every verb people ask about."""
    if not verb.isalpha() or verb.endswith("ing"):
        return verb
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        return verb[:-1] + "ing"
    doubled = re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", verb)
    return verb + (verb[-1] if doubled else "") + "ing"


def keywords(text: str, most: int = 4) -> list[str]:
    """The words that carry the meaning, in the order in which they were said."""
    plain = UNSAYABLE.sub(" ", text)
    heavy = (word.lower() for word in WORD.findall(plain) if is_heavy(word))
    return list(dict.fromkeys(heavy))[:most]


def is_heavy(word: str) -> bool:
    return len(word) > 2 and word.lower().replace("\u2019", "'").partition("'")[0] not in STOP_WORDS | VERBS
