"""The `voc` command: the same words as the API, for a terminal.

Everything heavy is imported inside the command that needs it, so that `voc --help` answers at once.
"""

import sys

import typer

from voc.command.corrections import corrections
from voc.command.doctor import doctor
from voc.command.exports import changes, export
from voc.command.figures import kpis, trends
from voc.command.insights import compare, drivers, spikes, themes, what_if
from voc.command.keeping import backup, erase, migrate_store, restore
from voc.command.keys import keys
from voc.command.learn import evaluate, train
from voc.command.report_card import report_card
from voc.command.serve import serve
from voc.command.tag import import_, tag
from voc.command.taxonomy import taxonomy
from voc.command.webhooks import webhooks
from voc.errors import VocError, whereabouts

cli = typer.Typer(
    name="voc",
    help="Persian voice-of-customer analytics: tags feedback and turns it into trends and KPIs, on your own machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
forwarded = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
cli.command()(tag)
cli.command(name="import")(import_)
cli.command()(kpis)
cli.command()(trends)
cli.command()(spikes)
cli.command()(themes)
cli.command()(drivers)
cli.command()(compare)
cli.command(name="what-if")(what_if)
cli.command(name="report-card")(report_card)
cli.command()(export)
cli.command()(changes)
cli.command()(serve)
cli.command()(erase)
cli.command()(backup)
cli.command()(restore)
cli.command("migrate-store")(migrate_store)
cli.add_typer(corrections, name="corrections")
cli.add_typer(keys, name="keys")
cli.add_typer(webhooks, name="webhooks")
cli.add_typer(taxonomy, name="taxonomy")
cli.command()(doctor)
cli.command(context_settings=forwarded)(train)
cli.command(context_settings=forwarded)(evaluate)


def app() -> None:
    """Run the command; a VocError becomes one line that says what to do, and exit status 2.

    Of any other error only the place is said: its message might quote a customer, and terminals are logged.
    """
    try:
        cli()
    except VocError as error:
        hint = f"\n  choose from: {', '.join(error.options[:40])}" if error.options else ""
        typer.secho(f"voc: {error.message}{hint}", err=True, fg="red")
        sys.exit(2)
    except KeyboardInterrupt:
        typer.secho("voc: stopped; nothing half-written was left behind", err=True)
        sys.exit(130)
    except Exception as error:
        typer.secho(f"voc: something went wrong that nobody foresaw: {whereabouts(error)}", err=True, fg="red")
        sys.exit(1)
