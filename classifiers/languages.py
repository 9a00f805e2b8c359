"""Tells the language of an ask from its script and its commonest words. None where it cannot."""

# ruff: noqa: E501 - lists of words

import re

SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
COMMON = {
    "en": "the a an is are to of and in for on with you i me my this that it what how can do please write make from be have not your",
    "de": "der die das und ist ein eine ich du sie wir mit für auf nicht wie was bitte den dem zu von im kann mir es auch schreibe einen",
    "fr": "le la les et est un une je tu vous nous avec pour sur pas comment que qui des du de en ce cette mon ma peux dans au",
    "es": "el la los las y es un una yo tú con para por no cómo qué que de en del me mi puedes una este esta se lo al",
    "pt": "o a os as e é um uma eu você com para por não como que de em do da me meu minha pode isto este esta no na",
    "it": "il la le e è un una io tu con per non come che di in del della mi mio puoi questo questa gli lo si al",
    "nl": "de het een en is ik je wij met voor op niet hoe wat van in kun mijn dit dat naar te aan er zijn",
    "pl": "i jest nie w na z do się jak co to mi proszę dla czy od po o że jest napisz moje",
    "tr": "ve bir bu için ile ne nasıl mi mı ben sen bana var çok da de olarak",
    "vi": "và là của cho một các có không tôi bạn viết này với trong được những",
    "id": "dan yang di ke dari untuk dengan saya anda ini itu apa bagaimana tidak buat",
}
WORDS = {code: frozenset(words.split()) for code, words in COMMON.items()}
WORD = re.compile(r"[^\W\d_]+")


def language(text: str) -> str | None:
    """Give the ISO 639-1 code of `text`; None when too little of it tells."""
    start = text[:1500]
    for code, script in SCRIPTS:
        if len(script.findall(start)) * 5 > len(start.replace(" ", "")):
            return code
    words = WORD.findall(start.lower())
    hits = {code: sum(word in common for word in words) for code, common in WORDS.items()}
    best = max(hits, key=lambda code: hits[code])
    return best if hits[best] and hits[best] * 8 >= len(words) else None
