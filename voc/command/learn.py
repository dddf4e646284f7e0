"""`voc train` and `voc evaluate`: hand over to the training code, which serving never imports."""

import runpy
import sys

import typer


def train(context: typer.Context) -> None:
    """Train a tagger, or fine-tune one with corrections (options: voc train --help, voc train --corrections --help)."""
    _run("models.retrain" if _says("--corrections", context) else "models.train", context)


def evaluate(context: typer.Context) -> None:
    """Measure a tagger, or two side by side (options: voc evaluate --help, voc evaluate --against --help)."""
    _run("models.compare" if _says("--against", context) else "models.evaluate", context)


def _says(option: str, context: typer.Context) -> bool:
    return any(each.split("=")[0] == option for each in context.args)


def _run(module: str, context: typer.Context) -> None:
    sys.argv = [f"voc {context.info_name}", *context.args]
    runpy.run_module(module, run_name="__main__")
