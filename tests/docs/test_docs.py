"""What the documents say is so: verbs, keys, commands and examples are held against the code."""

import re
import tomllib
from pathlib import Path

import click
import pytest
import typer
from pydantic import BaseModel

from syncd.cli.main import app
from syncd.config import Config
from syncd.importer.mapping import load_mapping
from syncd.schema import load_schema

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "config.example.toml").read_text(encoding="utf-8")


def commands(group: click.Group, before: str = "") -> dict[str, click.Command]:
    """Return each verb of the command line, a group's verbs behind its name."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= commands(command, f"{before}{name} ")
        else:
            found[f"{before}{name}"] = command
    return found


VERBS = commands(typer.main.get_command(app))


def table_lines() -> list[str]:
    """Return the lines of README's table of commands."""
    return [line.split("|")[1] for line in README.splitlines() if line.startswith("| `syncd ")]


def named_in_readme() -> dict[str, str]:
    """Return each verb of README's table, with what stands about its arguments there."""
    found = {}
    for line in table_lines():
        first, *others = re.findall(r"`([^`]+)`", line)
        words = first.split()[1:]
        name = " ".join(words[:2]) if words[0] in {"review", "repairs", "schema"} else words[0]
        found[name] = first
        for other in others:
            found[f"{words[0]} {other.split()[0]}"] = other
    return found


def test_readme_names_each_verb() -> None:
    """Each verb of README's table exists, and each verb that exists is in the table."""
    assert set(named_in_readme()) == set(VERBS)


def test_readme_names_options_that_exist() -> None:
    """Each option in README's table is one of its verb."""
    for name, text in named_in_readme().items():
        options = {option for each in VERBS[name].params for option in each.opts}
        for option in re.findall(r"--[a-z-]+", text):
            assert option in options, (name, option)


@pytest.mark.parametrize("name", VERBS)
def test_help_says_what_each_option_is_for(name: str) -> None:
    """Each verb, and each option and argument of it, says in words what it is for."""
    command = VERBS[name]
    assert command.help
    for each in command.params:
        if each.name != "help":
            assert getattr(each, "help", ""), (name, each.name)


def keys(part: dict[str, object], before: str = "") -> dict[str, object]:
    """Return each key of a config with its value, parts joined by dots."""
    found: dict[str, object] = {}
    for name, value in part.items():
        nested = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        if isinstance(nested, dict) and nested:
            found |= keys(nested, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = nested
    return found


def test_example_config_is_the_config() -> None:
    """Each key of the example is one of the config, and the other way round, by its default."""
    default = Config.model_construct().model_dump(mode="json", exclude={"folder"})
    known = keys(default)
    tables = known.pop("policy.tables")
    assert tables == {}
    assert keys(tomllib.loads(EXAMPLE)) == known


def test_example_config_shows_tables() -> None:
    """What the example has commented out, policies of a table and a field, is right as well."""
    commented = EXAMPLE[EXAMPLE.index("# [policy.tables") :].split("\n\n")[0]
    text = "\n".join(line.removeprefix("# ") for line in commented.splitlines())
    config = Config(**tomllib.loads(text))
    config.check_names(load_schema(None))
    assert set(config.policy.tables) == {"influencers"}


def blocks(language: str) -> list[str]:
    """Return README's blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_readme_commands_are_one_line_each() -> None:
    """What tries it and what tests it is one line each, and CI runs the very same test line."""
    demo, tests = (block.strip() for block in blocks("sh"))
    assert "\n" not in demo + tests
    assert demo.endswith("syncd demo")
    pattern = re.search(r"grep -m1 '([^']+)' README.md", (ROOT / ".ci" / "run").read_text())
    assert pattern is not None
    found = [line for line in README.splitlines() if re.search(pattern[1], line)]
    assert found == [tests]


def test_readme_mapping_loads(tmp_path: Path) -> None:
    """README's example of a mapping is one."""
    (text,) = blocks("toml")
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    (mapping,) = load_mapping(path, load_schema(None)).values()
    assert {"name", "handle", "followers", "engagement_rate", "platform"} == set(mapping.origins)


def test_readme_links_lead_somewhere() -> None:
    """Each link to a file of ours leads to one."""
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_exit_codes_are_as_told() -> None:
    """README's exit codes are the program's."""
    from syncd.cli.output import EXIT_CODES
    from syncd.errors import Remedy

    told = re.search(r"Exit codes: (.*?)\. ", README, re.DOTALL)
    assert told is not None
    numbers = [int(number) for number in re.findall(r"\b(\d)\b", told[1])]
    assert numbers == [0, *sorted(EXIT_CODES.values())]
    assert EXIT_CODES[Remedy.DECISION] == 3
