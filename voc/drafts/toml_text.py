"""A taxonomy, and single texts, as TOML has them."""

import json
from collections.abc import Mapping

from voc.taxonomy import Code, Taxonomy


def taxonomy_toml(taxonomy: Taxonomy) -> str:
    """The taxonomy as a file that `voc.taxonomy` reads."""
    blocks = [f"version = {text_toml(taxonomy.version)}"]
    blocks += [_block("group", {"code": group.code, "fa": group.fa, "en": group.en}) for group in taxonomy.groups]
    kinds = {
        "sentiment": taxonomy.sentiments,
        "reason": taxonomy.reasons,
        "effort": taxonomy.effort,
        "loyalty": taxonomy.loyalty,
    }
    for kind, codes in (kinds | {"resolution": taxonomy.resolutions, "move": taxonomy.moves}).items():
        blocks += [_code_block(kind, code) for code in codes]
    if taxonomy.given_as:
        blocks.append(
            "\n".join(["[given_as]", *(f"{text_toml(code)} = {text_toml(to)}" for code, to in taxonomy.given_as.items())])
        )
    return "\n\n".join(blocks) + "\n"


def _code_block(kind: str, code: Code) -> str:
    names = ("code", "fa", "en", "definition_fa", "definition_en", *(("direction",) if code.direction else ()))
    hits = "".join(f"  {text_toml(text)},\n" for text in code.hits)
    misses = "".join(f"  {{ {_pairs(miss.text, miss.instead, miss.why)} }},\n" for miss in code.near_misses)
    values = {name: getattr(code, name) for name in names}
    return f"{_block(kind, values)}\nhits = [\n{hits}]\nnear_misses = [\n{misses}]"


def _pairs(text: str, instead: str, why: str) -> str:
    return f"text = {text_toml(text)}, instead = {text_toml(instead)}, why = {text_toml(why)}"


def _block(kind: str, values: Mapping[str, str]) -> str:
    return "\n".join([f"[[{kind}]]", *(f"{name} = {text_toml(value)}" for name, value in values.items())])


def text_toml(value: str) -> str:
    """A text as TOML has it; JSON's are, but for DEL, which is escaped."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
