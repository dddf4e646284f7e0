"""`voc train` and `voc evaluate`: hand over to the training code, which serving never imports."""

import runpy
import sys

import typer


def train(context: typer.Context) -> None:
    """Train a tagger (options: voc train --help)."""
    _run("models.train", context)


def evaluate(context: typer.Context) -> None:
    """Measure a tagger on labelled texts (options: voc evaluate --help)."""
    _run("models.evaluate", context)


def _run(module: str, context: typer.Context) -> None:
    sys.argv = [f"voc {context.info_name}", *context.args]
    runpy.run_module(module, run_name="__main__")
