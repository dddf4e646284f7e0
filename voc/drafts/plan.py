"""What a draft makes of the shipped taxonomy: the new one, which reasons are to be learnt, and what each is given as.

The network goes on finding what it has learnt; a rename, a move, a merge or a hide only changes what that is given as.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from voc.drafts.draft import LEAST_HITS, Draft, Merge, is_code
from voc.errors import InputError
from voc.taxonomy import Code, Group, Taxonomy


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done: `new` reasons are learnt, `given_as` says what a changed reason is given as, `parts` part → whole.

    A reason that is given as nothing, an empty code, is not given at all.
    """

    base: Taxonomy
    taxonomy: Taxonomy
    new: tuple[Code, ...]
    given_as: Mapping[str, str]
    parts: Mapping[str, str]


def plan_of(draft: Draft, base: Taxonomy) -> Plan:
    """What `draft` makes of `base`. Raises InputError, which names line and code, for what cannot be."""
    if draft.base != base.version:
        raise InputError(f"{draft.file}: base is {draft.base!r}; this release has {base.version!r}.", options=(base.version,))
    _check_new(draft, base)
    _check_changed(draft, base)
    given_as = _given_as(draft, base)
    new = tuple(code for _, code in _learnt(draft))
    taxonomy = _taxonomy(draft, base, given_as, new)
    return Plan(base, taxonomy, new, given_as, {part.code: split.code for split in draft.splits for part in split.into})


def _check_new(draft: Draft, base: Taxonomy) -> None:
    taken = {code.code for code in base.codes} | {group.code for group in base.groups}
    groups = _group_codes(draft, base)
    if twice := [code for code, times in Counter(each.code for each in _groups(draft, base)).items() if times > 1]:
        both = f"two groups would have the code {twice[0]}; move the reasons of one to the other, or choose another code."
        raise InputError(f"{draft.file}: {both}", field=twice[0])
    for group in draft.groups:
        if group.code in taken or not is_code(f"{group.code}.x"):
            raise draft.wrong("group", group.code, "it is there already or is not in small Latin letters; choose another code.")
    for kind, code in _learnt(draft):
        if not is_code(code.code) or code.code in taken:
            raise draft.wrong(kind, code.code, "a new code is written group.name in small Latin letters and is not there yet.")
        if code.code.partition(".")[0] not in groups:
            raise draft.wrong(kind, code.code, "there is no such group; add a [[group]] or choose one.", sorted(groups))
        taken.add(code.code)
        _check_examples(draft, kind, code)
    for kind, code in _learnt(draft):
        if strange := [miss.instead for miss in code.near_misses if miss.instead not in taken | {""}]:
            raise draft.wrong(kind, code.code, f"a near miss names {strange[0]!r} instead, which is no code.", sorted(taken))


def _check_examples(draft: Draft, kind: str, code: Code) -> None:
    if len(code.hits) < LEAST_HITS:
        few = f"{len(code.hits)} hits are too few; write {LEAST_HITS} or more, each in another voice."
        raise draft.wrong(kind, code.code, few)
    if both := [number for number, miss in enumerate(code.near_misses, start=1) if miss.text in code.hits]:
        raise draft.wrong(kind, code.code, f"near miss {both[0]} is a hit as well; it can be but one of the two.")


def _check_changed(draft: Draft, base: Taxonomy) -> None:
    reasons, groups = {reason.code for reason in base.reasons}, {group.code for group in base.groups}
    for kind, code in _touched(draft):
        if code not in reasons | (groups if kind in ("rename", "hide") else set()):
            fixed = any(code == each.code for each in base.codes)
            why = "KPIs rest on it, so it stays as it is" if fixed else "there is no such contact reason"
            raise draft.wrong(kind, code, f"{why}.", sorted(reasons))
    recoded = {rename.code for rename in draft.renames if rename.to}
    ways = Counter(code for kind, code in _touched(draft) if kind != "rename" or code in recoded)
    if twice := [code for code, times in ways.items() if times > 1]:
        raise InputError(f"{draft.file}: {twice[0]} is changed in two ways that exclude each other; keep one.", field=twice[0])
    for merge in draft.merges:
        _check_merge(draft, merge, reasons, _group_codes(draft, base))
    for move in draft.moves:
        if move.group not in _group_codes(draft, base):
            raise draft.wrong("move", move.code, f"there is no group {move.group!r}.", sorted(_group_codes(draft, base)))


def _check_merge(draft: Draft, merge: Merge, reasons: set[str], groups: set[str]) -> None:
    if len(set(merge.codes)) < 2:
        raise draft.wrong("merge", merge.into, "two codes or more are merged.")
    if merge.into in reasons - set(merge.codes):
        raise draft.wrong("merge", merge.into, "it is another reason; name it among the codes, or choose a new code.")
    if merge.into not in merge.codes:
        if not is_code(merge.into) or merge.into.partition(".")[0] not in groups:
            raise draft.wrong("merge", merge.into, "a code is written group.name, and its group is there.", sorted(groups))
        if not (merge.fa and merge.en and merge.definition_fa and merge.definition_en):
            raise draft.wrong("merge", merge.into, "a new code needs fa, en, definition_fa and definition_en.")


def _group_codes(draft: Draft, base: Taxonomy) -> set[str]:
    return {group.code for group in _groups(draft, base)}


def _learnt(draft: Draft) -> Iterator[tuple[str, Code]]:
    yield from (("add", code) for code in draft.add)
    yield from (("split.into", part) for split in draft.splits for part in split.into)


def _touched(draft: Draft) -> Iterator[tuple[str, str]]:
    yield from (("rename", rename.code) for rename in draft.renames)
    yield from (("move", move.code) for move in draft.moves)
    yield from (("merge", code) for merge in draft.merges for code in merge.codes)
    yield from (("split", split.code) for split in draft.splits)
    yield from (("hide", code) for code in draft.hides)


def _given_as(draft: Draft, base: Taxonomy) -> dict[str, str]:
    """Every reason of `base` that is given as something else, with what it is given as."""
    groups = {rename.code: rename.to for rename in draft.renames if rename.to and "." not in rename.code}
    given: dict[str, str] = {}
    for reason in base.reasons:
        group, _, name = reason.code.partition(".")
        given[reason.code] = "" if {group, reason.code} & set(draft.hides) else f"{groups.get(group, group)}.{name}"
    given |= {move.code: f"{move.group}.{move.code.partition('.')[2]}" for move in draft.moves}
    given |= {rename.code: rename.to for rename in draft.renames if rename.to and "." in rename.code}
    given |= {code: merge.into for merge in draft.merges for code in merge.codes}
    _check_distinct(draft, given)
    return {code: to for code, to in given.items() if code != to}


def _check_distinct(draft: Draft, given: Mapping[str, str]) -> None:
    merged = {merge.into for merge in draft.merges}
    if taken := [to for code, to in given.items() if to in given and to not in merged | {code}]:
        raise InputError(f"{draft.file}: {taken[0]} was another reason's code; stored rows would mix. Choose a new one.")
    apart = [*(to for to in given.values() if to and to not in merged), *merged, *(code.code for _, code in _learnt(draft))]
    if twice := [code for code, times in Counter(apart).items() if times > 1]:
        both = f"two reasons would have the code {twice[0]}; merge them or choose another."
        raise InputError(f"{draft.file}: {both}", field=twice[0])
    for rename in draft.renames:
        if rename.to and not is_code(rename.to if "." in rename.code else f"{rename.to}.x"):
            raise draft.wrong("rename", rename.code, f"{rename.to!r} is no code in small Latin letters.")


def _taxonomy(draft: Draft, base: Taxonomy, given_as: Mapping[str, str], new: tuple[Code, ...]) -> Taxonomy:
    reasons: dict[str, Code] = {}
    for reason in base.reasons:
        if code := given_as.get(reason.code, reason.code):
            now = _renamed(reason, code, draft)
            reasons[code] = _joined(reasons[code], now) if code in reasons else now
    for merge in draft.merges:
        reasons[merge.into] = _titled(reasons[merge.into], merge)
    reasons |= {code.code: code for code in new}
    groups = tuple(_groups(draft, base))
    order = {group.code: number for number, group in enumerate(groups)}
    if strange := [code for code in reasons if code.partition(".")[0] not in order]:
        where = f"{strange[0]} would stand in a group that is not there; add a [[group]]."
        raise InputError(f"{draft.file}: {where}", field=strange[0])
    ordered = sorted(reasons.values(), key=lambda reason: order[reason.code.partition(".")[0]])
    used = {reason.code.partition(".")[0] for reason in ordered}
    return replace(
        base,
        version=base.version + draft.suffix,
        groups=tuple(group for group in groups if group.code in used),
        reasons=tuple(_with_misses(reason, given_as) for reason in ordered),
        given_as=given_as,
    )


def _groups(draft: Draft, base: Taxonomy) -> Iterator[Group]:
    renames = {rename.code: rename for rename in draft.renames}
    for group in base.groups:
        rename = renames.get(group.code)
        yield Group(rename.to or group.code, rename.fa or group.fa, rename.en or group.en) if rename else group
    yield from draft.groups


def _renamed(reason: Code, code: str, draft: Draft) -> Code:
    for rename in draft.renames:
        if rename.code == reason.code:
            reason = _titled(reason, rename)
    return replace(reason, code=code)


def _titled(reason: Code, titles: object) -> Code:
    names = ("fa", "en", "definition_fa", "definition_en")
    return replace(reason, **{name: value for name in names if (value := getattr(titles, name))})


def _joined(first: Code, second: Code) -> Code:
    return replace(first, hits=first.hits + second.hits, near_misses=first.near_misses + second.near_misses)


def _with_misses(reason: Code, given_as: Mapping[str, str]) -> Code:
    """The reason with near misses that name what their codes are given as; those that it now covers are none any more."""
    misses = (replace(miss, instead=given_as.get(miss.instead, miss.instead)) for miss in reason.near_misses)
    return replace(reason, near_misses=tuple(miss for miss in misses if miss.instead != reason.code))
