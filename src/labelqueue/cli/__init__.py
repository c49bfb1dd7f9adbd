"""The command line: one module per command.

A command's module is imported when the command is run or shown, since the kit's
take a second to load and those over a queue are to answer at once.

Examples:
    >>> from typer.testing import CliRunner
    >>> CliRunner().invoke(app, ["show", "absent.json"]).exit_code
    2
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from labelqueue.cli.screen import USAGE, fail

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMMANDS", "app"]

COMMANDS: Final = (
    "show",
    "enqueue",
    "label",
    "done",
    "skip",
    "stats",
    "export-tasks",
    "import-labels",
    "check",
    "migrate",
    "conform",
    "replay",
    "report",
    "compare",
    "list",
    "explain",
    "smoke",
    "serve",
    "new-adapter",
    "export-cases",
    "mutants",
    "bench",
)
"""Every command, in the order of the help; `export-tasks` is the function `export_tasks` of the module of that name."""

_TAKING_A_PROGRAM: Final = ("bench", "conform", "replay", "smoke")


class _CommandsByName(TyperGroup):
    """Finds a command's module when it is needed."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - typer's own class or click's, by its version
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002 - as above
        return _command(cmd_name) if cmd_name in COMMANDS else None


def _command(name: str) -> Any:  # noqa: ANN401 - as above
    word = name.replace("-", "_")
    try:
        function: Callable[..., None] | typer.Typer = getattr(import_module(f"labelqueue.cli.{word}"), word)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "labelqueue":
            raise
        fail(f"{error.name} is not installed; run: pip install 'labelqueue[kit]'", USAGE)
    if isinstance(function, typer.Typer):  # a command with commands of its own
        group: Any = typer.main.get_command(function)
        group.name = name
        return group
    holder = typer.Typer(add_completion=False)
    holder.command(name, cls=_class_of(name))(function)
    return typer.main.get_command(holder)


def _class_of(name: str) -> type[TyperCommand]:
    if name not in _TAKING_A_PROGRAM:
        return TyperCommand
    from labelqueue.cli.subject_argument import CommandAfterDashes  # noqa: PLC0415 - loads the kit

    return CommandAfterDashes


app = typer.Typer(
    cls=_CommandsByName,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The active labeling queue: look at one, answer it, and examine implementations of it.",
)


def _say_version(is_asked: bool) -> None:  # noqa: FBT001 - typer hands it in so
    if is_asked:
        from labelqueue.spec.version import VERSION  # noqa: PLC0415 - loads every requirement

        typer.echo(f"labelqueue {version('labelqueue')}, specification {VERSION}")
        raise typer.Exit


# A group with no command of its own needs a callback to be one.
@app.callback()
def _app(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the versions and exit.")
    ] = False,
) -> None:
    pass
