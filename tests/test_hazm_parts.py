"""The normaliser is hazm's own, though no more of hazm is imported than it needs."""

import subprocess
import sys

from hazm import Normalizer

LOADED_BY_HAZM = ("nltk", "sklearn", "pandas", "gensim", "hazm")


def run(code: str) -> str:
    """What a new interpreter prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_nothing_else_of_hazm_is_loaded_and_nothing_is_left_behind() -> None:
    code = (
        "import sys; from voc.text.hazm_parts import build_normalizer; build_normalizer();"
        f"print([name for name in sys.modules if name.split('.')[0] in {LOADED_BY_HAZM}])"
    )
    assert run(code) == "[]"


def test_hazm_can_be_imported_whole_afterwards() -> None:
    code = (
        "from voc.text.hazm_parts import build_normalizer; build_normalizer(); import hazm, nltk.tokenize;"
        "print(hazm.Stemmer().stem('کتاب‌ها'), hazm.POSTagger.__name__, nltk.tokenize.word_tokenize.__name__)"
    )
    assert run(code) == "کتاب POSTagger word_tokenize"


def test_it_is_hazms_normaliser() -> None:
    code = (
        "from voc.text.hazm_parts import build_normalizer; made = build_normalizer(); import hazm; whole = hazm.Normalizer();"
        "assert type(made) is not type(whole);"
        "print([name for name in vars(whole) if name != 'tokenizer' and getattr(made, name) != getattr(whole, name)],"
        " len(made.words), len(made.verbs))"
    )
    whole = Normalizer()
    assert run(code) == f"[] {len(whole.words)} {len(whole.verbs)}"


def test_a_hazm_that_is_loaded_already_is_used() -> None:
    code = (
        "import hazm; from voc.text.hazm_parts import build_normalizer;"
        "print(type(build_normalizer()) is hazm.Normalizer, 'hazm.pos_tagger' in __import__('sys').modules)"
    )
    assert run(code) == "True True"
