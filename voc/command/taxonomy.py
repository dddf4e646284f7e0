"""`voc taxonomy`: an organisation's own contact reasons, from a draft to a model and back."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from voc.errors import ConflictError, InputError
from voc.settings import read_settings

if TYPE_CHECKING:
    from voc.drafts import Draft, Plan
    from voc.drafts.judgement import Judgement
    from voc.drafts.learn import Learnt
    from voc.kpis.kpi import Estimate
    from voc.records import Feedback, Tags
    from voc.taxonomy import Code

taxonomy = typer.Typer(help="Contact reasons of your own: draft, check, publish, compare.", no_args_is_help=True)
DraftFile = Annotated[Path, typer.Argument(metavar="DRAFT.toml", help="a draft, as `voc taxonomy new` writes a first one")]
RowsFile = Annotated[
    Path | None,
    typer.Option("--rows", help="a file of feedback as it is to be tagged; VOC_DATABASE when left out"),
]
MostRows = Annotated[int, typer.Option("--most", min=1, help="rows that are looked at, drawn at random")]
ROWS: Final = 2_000  # under a minute on two cores, tagged twice
SHOWN: Final = 3
CANDIDATES: Final = 20
SHIPPED: Final = "shipped"
OFTEN: Final = 0.1  # of the rows; cross-validation against short examples overlooks a reason that takes whatever is long


@taxonomy.command()
def new(draft: DraftFile) -> None:
    """Write a commented draft to begin with."""
    from voc.drafts.template import first_draft
    from voc.export import write_whole
    from voc.taxonomy import shipped_taxonomy

    if draft.exists():
        raise ConflictError(f"There is a file {str(draft)!r} already.", field="draft")
    name = "".join(letter for letter in draft.stem.lower() if letter.isascii() and letter.isalpha()) or "own"
    write_whole(draft, [first_draft(draft.name, name, shipped_taxonomy().version).encode()])
    typer.echo(f"{draft}: change it, then voc taxonomy check {draft}")


@taxonomy.command()
def show(
    model: Annotated[
        str, typer.Argument(metavar="[MODEL]", help="a model folder; the one that VOC_MODEL sets when left out")
    ] = "",
) -> None:
    """The contact reasons of a model, group by group."""
    from voc.tagging import model_identity
    from voc.taxonomy import taxonomy_of

    meant = model or read_settings().model
    model_identity(meant)  # a folder of something else has no taxonomy, and not the shipped one either
    shown = taxonomy_of(meant)
    typer.echo(f"{shown.version}: {len(shown.reasons)} contact reasons in {len(shown.groups)} groups")
    for group in shown.groups:
        typer.echo(f"{group.code}  {group.fa} · {group.en}")
        for reason in shown.reasons:
            if reason.code.startswith(f"{group.code}."):
                typer.echo(f"  {reason.code}  {reason.fa} · {reason.en}")


@taxonomy.command()
def examples(
    draft: DraftFile,
    code: Annotated[str, typer.Argument(metavar="CODE", help="a reason that the draft adds")],
    search: Annotated[str, typer.Option("--search", help="rows in which these words stand")] = "",
    corrected: Annotated[bool, typer.Option("--corrected", help="rows in which people gave or took the reason")] = False,
    rows: RowsFile = None,
    most: MostRows = ROWS,
    show: Annotated[int, typer.Option("--show", min=1, help="texts to print")] = CANDIDATES,
) -> None:
    """Rows to copy into the draft once you have read them: the likest to the reason's hits, or as the options say."""
    from voc.drafts import read_draft
    from voc.drafts.candidates import not_in, reason_of, with_words
    from voc.drafts.rows import rows_of

    reason = reason_of(read_draft(draft), code)
    if corrected:
        _put_corrected(reason)
        return
    texts = not_in(reason, (row.text for row in rows_of(rows, read_settings(), most)))
    _put_texts("hits", with_words(search, texts)[:show] if search else _nearest(reason, texts)[:show])


@taxonomy.command()
def check(draft: DraftFile, rows: RowsFile = None, most: MostRows = ROWS) -> None:
    """How sure a draft's new reasons are, what they find in your rows, and what it changes; nothing is written."""
    from voc.drafts.publish import published_for_now
    from voc.drafts.rows import rows_of

    looked_at = rows_of(rows, read_settings(), most)
    source, plan, learnt, judgements = _learnt(draft, looked_at)
    before: list[Tags] = []
    after: list[Tags] = []
    if looked_at:
        with published_for_now(source, plan, learnt) as folder:
            before, after = (_tagged(looked_at, model) for model in ("", str(folder)))
    typer.echo(f"{plan.taxonomy.version}: {len(plan.new)} new contact reasons, {len(looked_at):,} rows looked at")
    for judgement in judgements:
        _say_figures(judgement)
        if looked_at:
            _say_reach(judgement.code, looked_at, before, after)
        typer.echo(f"  → {judgement.verdict}")
    if looked_at:
        _say_changes(plan, before, after)


@taxonomy.command()
def publish(
    draft: DraftFile,
    output: Annotated[Path, typer.Option("-o", "--output", help="folder of the new model; made, never written over")],
    rows: RowsFile = None,
    most: MostRows = ROWS,
    anyway: Annotated[bool, typer.Option("--anyway", help="even with reasons that are not to be trusted yet")] = False,
) -> None:
    """Write the draft as a model: VOC_MODEL=FOLDER uses it and tags anew, VOC_MODEL as it was goes back."""
    from voc.drafts.judgement import LEAST_F1
    from voc.drafts.publish import check_free
    from voc.drafts.publish import publish as write_model
    from voc.drafts.rows import rows_of

    check_free(output)
    source, plan, learnt, judgements = _learnt(draft, rows_of(rows, read_settings(), most))
    if (weak := [judgement.code for judgement in judgements if not judgement.trusted]) and not anyway:
        raise InputError(
            f"Cross-validated F1 is below {LEAST_F1} for {', '.join(weak)}: see voc taxonomy check and add examples, or publish"
            " it with --anyway.",
            field="draft",
        )
    write_model(source, plan, learnt, judgements, output)
    typer.echo(f"{output}: {plan.taxonomy.version}, {len(plan.taxonomy.reasons)} contact reasons; VOC_MODEL={output} uses it")


@taxonomy.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="FOLDER_A", help="a model folder, or «shipped» for the shipped model")],
    second: Annotated[str, typer.Argument(metavar="FOLDER_B", help="another")],
    rows: RowsFile = None,
    most: MostRows = ROWS,
) -> None:
    """The same rows by two models side by side: what moved."""
    from voc.drafts.compare import changed, moves, shifts
    from voc.drafts.rows import rows_of

    looked_at = rows_of(rows, read_settings(), most)
    if not looked_at:
        raise InputError("There are no rows to compare with: name a file with --rows, or import one.", field="rows")
    before, after = (_tagged(looked_at, "" if model == SHIPPED else model) for model in (first, second))
    typer.echo(
        f"{len(looked_at):,} rows by {before[0].model} and {after[0].model}: {changed(before, after):,} have other reasons"
    )
    for shift in shifts(before, after):
        typer.echo(f"  {shift.code:<24} {shift.before:>6,} → {shift.after:>6,}   both {shift.both:,}")
    for old, won, count in moves(before, after)[: 2 * SHOWN]:
        typer.echo(f"  moved: {old} → {won} in {_rows(count)}")


def _put_corrected(reason: "Code") -> None:
    from voc.command.figures import open_store
    from voc.drafts.candidates import corrected, not_in
    from voc.store import Filters

    with open_store() as store:
        said = corrected(reason.code, store.stream_feedback(Filters(corrected=True)))
    _put_texts("hits", not_in(reason, said.hits))
    _put_texts("near_misses", not_in(reason, said.near_misses))


def _put_texts(name: str, texts: Sequence[str]) -> None:
    from voc.drafts.toml_text import text_toml

    typer.echo("\n".join([f"{name} = [", *(f"  {text_toml(text)}," for text in texts), "]"]))


def _nearest(reason: "Code", texts: Sequence[str]) -> list[str]:
    from voc.drafts.candidates import nearest
    from voc.tagging.identity import find_model
    from voc.tagging.tagger import TransformerTagger

    return nearest(reason, texts, TransformerTagger(find_model()))


def _learnt(draft: Path, rows: "Sequence[Feedback]") -> "tuple[Draft, Plan, Learnt, list[Judgement]]":
    from voc.drafts import plan_of, read_draft
    from voc.taxonomy import shipped_taxonomy

    source = read_draft(draft)
    plan = plan_of(source, shipped_taxonomy())  # what is wrong with a draft is said before torch is loaded
    from voc.drafts.examples import examples_of
    from voc.drafts.judgement import judge
    from voc.drafts.learn import learn
    from voc.tagging.identity import find_model
    from voc.tagging.tagger import TransformerTagger

    examples = examples_of(plan)
    learnt = learn(plan, examples, TransformerTagger(find_model()), [row.text for row in rows])
    return source, plan, learnt, judge(plan, examples, learnt)


def _tagged(rows: "Sequence[Feedback]", model: str) -> "list[Tags]":
    from voc.engine import tag_stream
    from voc.tagging import load_tagger

    return [tags for _, tags in tag_stream(rows, load_tagger(model))]


def _say_figures(judgement: "Judgement") -> None:
    typer.echo(f"\n{judgement.code}: {judgement.hits} hits, {judgement.near_misses} near misses")
    figures = {"precision": judgement.precision, "recall": judgement.recall, "F1": judgement.f1}
    typer.echo("  cross-validated: " + ", ".join(f"{name} {_figure(value)}" for name, value in figures.items()))
    typer.echo(f"  false alarms: {len(judgement.taken)} of its near misses, {len(judgement.strangers)} texts of other codes")
    for title, texts in (("missed", judgement.missed), ("took its near miss", judgement.taken), ("took", judgement.strangers)):
        for text in texts[:SHOWN]:
            typer.echo(f"    {title}: {text}")


def _say_reach(code: str, rows: "Sequence[Feedback]", before: "Sequence[Tags]", after: "Sequence[Tags]") -> None:
    from voc.drafts.compare import reach

    found = reach(code, before, after)
    typer.echo(f"  found in {_rows(found.rows)} of {len(rows):,}; {found.without:,} of them had no reason before")
    if found.rows > OFTEN * len(rows):
        share = f"{found.rows / len(rows):.0%}"
        typer.echo(f"    it is in {share} of the rows: read them, it may take whatever is long.")
        typer.echo("    Shorter hits that say one thing, and near misses as long as the hits, help.")
    for overlap in found.overlaps:
        typer.echo(f"    together with {overlap.code} in {_rows(overlap.rows)} (overlap {overlap.share:.0%})")
    for other, count in found.taken_from:
        typer.echo(f"    takes {_rows(count)} from {other}")
    for at, score in found.examples:
        typer.echo(f"    {score:.2f}  {rows[at].text}")


def _say_changes(plan: "Plan", before: "Sequence[Tags]", after: "Sequence[Tags]") -> None:
    from voc.drafts.compare import changed, codes_of

    for code, to in plan.given_as.items():
        rows = sum(code in codes_of(tags) for tags in before)
        typer.echo(f"\n{code} {f'is given as {to}' if to else 'is not given any more'}: {_rows(rows)} of {len(before):,}")
    lost = sum(bool(one.reasons) and not other.reasons for one, other in zip(before, after, strict=True))
    typer.echo(f"\nin all {changed(before, after):,} of {len(before):,} rows have other reasons; {lost:,} are left without any")


def _figure(estimate: "Estimate") -> str:
    if estimate.value is None or estimate.ci_low is None or estimate.ci_high is None:
        return "–"
    return f"{estimate.value:.2f} ({estimate.ci_low:.2f}…{estimate.ci_high:.2f})"


def _rows(count: int) -> str:
    return f"{count:,} row" + ("" if count == 1 else "s")
