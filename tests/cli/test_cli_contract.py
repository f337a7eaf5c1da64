"""What every command keeps: it helps, answers in JSON, and says in one line what is wrong with what it was given."""

from __future__ import annotations

import datetime
import json
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from parkwright import cli
from parkwright.cli import app
from parkwright.cli.terminal import flat, show, the_day, the_instant
from parkwright.store.new import write_park

ROOT = typer.main.get_command(app)
WITHOUT_JSON = {
    "run": "serves until it is stopped",
    "worker": "is a process that Parkwright starts itself",
    "warm": "compiles kernels",
    "new": "writes a folder",
    "carbon verify": "hands on the words of the stand-alone script",
    "carbon serve": "serves until it is stopped",
}
"""Commands whose answer is no JSON object, and why."""


def leaves(command: Any, path: tuple[str, ...] = ()) -> list[tuple[str, Any]]:
    """Return (words, command) of every command below a group."""
    if hasattr(command, "commands"):
        return [found for name, inner in command.commands.items() for found in leaves(inner, (*path, name))]
    return [(" ".join(path), command)]


COMMANDS = leaves(ROOT)


def parameter(command: Any, name: str) -> Any | None:
    """Return a parameter by its metavar or option name."""
    for found in command.params:
        if name in found.opts or found.metavar == name:
            return found
    return None


def needed(command: Any, tmp_path: Path, park: str) -> list[str]:
    """Return words for everything that a command asks for, with the given park."""
    words: list[str] = []
    for one in command.params:
        if not one.required:
            continue
        value = _value(one, tmp_path, park)
        words += [one.opts[0], value] if one.param_type_name == "option" else [value]
    return words


def _value(one: Any, tmp_path: Path, park: str) -> str:
    kind = one.type_descriptor.annotation
    if one.metavar == "PARK":
        return park
    if isinstance(kind, type) and issubclass(kind, Enum):
        return str(next(iter(kind)).value)
    if kind in {int, float}:
        return str(one.min or 1)
    if one.name in {"date", "start", "end"}:
        return "2026-07-15"
    return str(tmp_path / "thing")


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=[words for words, _ in COMMANDS])
def test_every_command_says_what_it_is_for_and_every_parameter_what_it_means(words: str, command: Any) -> None:
    found = CliRunner().invoke(app, [*words.split(), "--help"])
    assert found.exit_code == 0
    assert command.help
    assert command.help.splitlines()[0].rstrip().endswith((".", ":", "…"))
    if command.hidden:
        return
    for one in command.params:
        assert getattr(one, "help", None), f"{words}: {one.name} has no help"


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=[words for words, _ in COMMANDS])
def test_every_command_that_answers_can_answer_in_json(words: str, command: Any) -> None:
    assert (parameter(command, "--json") is None) == (words in WITHOUT_JSON)


TAKE_A_PARK = [(words, command) for words, command in COMMANDS if parameter(command, "PARK") and words != "check"]


@pytest.mark.parametrize(("words", "command"), TAKE_A_PARK, ids=[words for words, _ in TAKE_A_PARK])
def test_a_park_that_is_not_there_is_told_in_one_line(words: str, command: Any, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    found = CliRunner().invoke(app, [*words.split(), *needed(command, tmp_path, nowhere)], catch_exceptions=False)
    assert found.exit_code == 2, found.output
    said = [line for line in found.output.splitlines() if line.strip() and not line.startswith("Starting ")]
    assert len(said) == 1, said
    assert "nowhere" in said[0]
    assert not (tmp_path / "var").exists()


DATED = [(words, command) for words, command in COMMANDS if parameter(command, "--date") and parameter(command, "PARK")]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small park."""
    folder = tmp_path_factory.mktemp("parks") / "small"
    write_park(folder, "SM")
    return folder


@pytest.mark.parametrize(("words", "command"), DATED, ids=[words for words, _ in DATED])
def test_a_day_that_is_none_is_told_with_how_to_write_it(
    words: str, command: Any, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = needed(command, tmp_path, str(small))
    if "--date" in given:
        given[given.index("--date") + 1] = "15.7.2026"
    else:
        given += ["--date", "15.7.2026"]
    found = CliRunner().invoke(app, [*words.split(), *given], catch_exceptions=False)
    assert found.exit_code == 2, found.output
    assert "15.7.2026" in found.output
    assert "Traceback" not in found.output


@pytest.mark.parametrize("text", ["2026-07-15", "2024-02-29"])
def test_a_day_is_read_as_it_is_written(text: str) -> None:
    assert the_day(text) == datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [("soon", "is no instant"), ("2026-07-31T18:00:00", "has no offset"), ("2026-13-01", "no instant")],
)
def test_an_instant_without_its_offset_is_refused(text: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        the_instant(text)
    assert ended.value.exit_code == 2
    assert says in capsys.readouterr().err


def test_an_instant_keeps_its_offset_and_nothing_is_none() -> None:
    found = the_instant("2026-07-31T18:00:00+08:00")
    assert found is not None
    assert found.utcoffset() == datetime.timedelta(hours=8)
    assert the_instant("") is None


NESTED: dict[str, Any] = {
    "park": "公园", "cost": {"cny": 1.5, "parts": [{"name": "a"}, {"name": "b"}]}, "days": [1, 2], "none": None,
}  # fmt: skip


def test_an_answer_is_told_by_dotted_keys_or_as_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(flat(NESTED)) == [
        ("park", "公园"), ("cost.cny", 1.5), ("cost.parts.1.name", "a"), ("cost.parts.2.name", "b"), ("days", [1, 2]),
        ("none", None),
    ]  # fmt: skip
    show(NESTED, as_json=True)
    told = capsys.readouterr().out
    assert "公园" in told
    assert json.loads(told) == NESTED
    show(NESTED, as_json=False)
    assert len(capsys.readouterr().out.splitlines()) == 6


def test_the_groups_are_the_capabilities_and_each_has_commands() -> None:
    groups = {name for name, one in ROOT.commands.items() if hasattr(one, "commands")}
    assert {"make", "quality", "move", "energy", "carbon", "supply"} <= groups
    for group in groups:
        assert any(words.startswith(f"{group} ") for words, _ in COMMANDS)
    assert cli.__doc__
