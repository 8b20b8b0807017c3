"""`gridmap plan`: balanced proposals for beats, where to put police posts, who gets which beat."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any, get_args

import click

from gridmap.cli.console import Console, pass_console
from gridmap.services import proposals as service
from gridmap.services.proposals import officers as allotting
from gridmap.services.proposals import posts as placing
from gridmap.services.proposals.wishes import UnitKind
from gridmap.store import proposals as store

_COLUMNS = (
    ("largest deviation", "deviation", "{:.1%}"),
    ("spread (cv)", "cv", "{:.3f}"),
    ("compactness", "compactness", "{:.2f}"),
    ("  least", "compactness_least", "{:.2f}"),
    ("doors change beat", "changed_doors", "{:,}"),
    ("doors change officer", "officer_doors", "{:,}"),
    ("villages split", "villages_split", "{:,}"),
    ("beats across a river", "crossings", "{:,}"),
    ("response [min]", "response_min", "{:.1f}"),
    ("  longest [min]", "response_most", "{:.1f}"),
)
_BEST = {"balance": "deviation", "compact": "compactness", "change": "changed_doors"}


class Pairs(click.ParamType):  # type: ignore[type-arg]  # generic only for the type checker
    """NAME=NUMBER, as a weight is given."""

    name = "NAME=NUMBER"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        """Return the name and the number."""
        name, equals, number = str(value).rpartition("=")
        with contextlib.suppress(ValueError):
            if equals and name:
                return name, float(number)
        return self.fail(f"{value!r} is no NAME=NUMBER, such as households=1", param, ctx)


@click.group()
def plan() -> None:
    """Plans: propose balanced beats, put people and posts to them."""


@plan.command()
@click.argument("station")
@click.option("--beats", type=click.IntRange(1, 1_000), required=True, help="How many beats.")
@click.option("--from", "base", type=int, help="Edition to start from; the one in force where none is given.")
@click.option(
    "--units",
    type=click.Choice(get_args(UnitKind)),
    default="cells",
    show_default=True,
    help="What beats are made of; none of it is cut.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0.001, 1),
    default=0.05,
    show_default=True,
    help="Largest deviation of a beat's load from its target, as a share.",
)
@click.option(
    "--weight",
    "weights",
    type=Pairs(),
    multiple=True,
    help="Part of the work=weight: households, doors, calls, disputes, area, call:<category>, tier:<n>.",
)
@click.option("--special", type=Pairs(), multiple=True, help="Door=households it counts for besides.")
@click.option("--keep-villages", is_flag=True, help="Split no village between beats.")
@click.option("--split-villages", is_flag=True, help="Do not mind villages at all.")
@click.option("--keep-sides", is_flag=True, help="Let no beat lie on both sides of a river or railway.")
@click.option(
    "--change",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="How much it counts that few doors change their beat.",
)
@click.option("--travel", type=click.FloatRange(0, 1), default=0.0, help="How much it counts that ways are short.")
@click.option("--lock", "locked", multiple=True, help="Beat that stays as it is; may be given again.")
@click.option("--capacity", type=Pairs(), multiple=True, help="Beat or officer=share of a full beat it takes.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The same seed proposes the same.")
@click.option("--quick", is_flag=True, help="Answer in seconds; without it the search takes the time it needs.")
@click.option("--keep", is_flag=True, help="Keep the proposal, to be seen on the page; without it nothing is kept.")
@click.option("--open", "opened", type=click.IntRange(1), help="Keep it and open this option as a draft.")
@pass_console
def propose(
    console: Console, station: str, *, beats: int, base: int | None, units: UnitKind, tolerance: float,
    weights: Iterable[tuple[str, float]], special: Iterable[tuple[str, float]], keep_villages: bool,
    split_villages: bool, keep_sides: bool, change: float, travel: float, locked: tuple[str, ...],
    capacity: Iterable[tuple[str, float]], seed: int, quick: bool, keep: bool, opened: int | None,
) -> None:  # fmt: skip
    """Propose balanced beats for STATION: several plans on the trade-off of balance, compactness and change."""
    if keep_villages and split_villages:
        raise click.UsageError("--keep-villages and --split-villages say the opposite; give one")
    wishes = service.check(service.PlanWishes(
        beats=beats, units=units, base=base, tolerance=tolerance, weights=dict(weights) or dict(service.USUAL),
        special=dict(special), villages="whole" if keep_villages else "free" if split_villages else "prefer",
        cross=not keep_sides, change=change, travel=travel, locked=locked, capacity=dict(capacity), seed=seed, thorough=not quick,
    ))  # fmt: skip
    with console.sessions.begin() as session:
        ground = service.read(session, station, wishes)
    made = service.make(ground, wishes, say=lambda line: click.echo(f"  {line} …", err=True))
    click.echo(table(made))
    if opened is not None and opened > len(made.options):
        raise click.BadParameter(f"there are options 1 to {len(made.options)}", param_hint="--open")
    if keep or opened is not None:
        with console.sessions.begin() as session:
            proposal = service.keep(session, made, by=console.person)
            click.echo(f"kept as proposal {proposal.id} of station {station}")
            if opened is not None:
                draft = service.open_option(session, station, proposal.id, opened, by=console.person)
                click.echo(f"option {opened} is open as draft {draft.number} of station {station}")
    click.echo(f"{len(made.options)} options")


def table(made: service.Made) -> str:
    """Return the options side by side, the present edition first."""
    whole: list[dict[str, Any]] = [one.figures for one in made.options]
    heads = [str(n) for n in range(1, len(whole) + 1)]
    if made.present is not None:
        whole.insert(0, made.present)
        heads.insert(0, f"edition {made.base}")
    lines = [f"{'':22}" + "".join(f"{head:>13}" for head in heads)]
    for name, key, form in _COLUMNS:
        values = [_value(one, key, form) for one in whole]
        lines.append(f"{name:22}" + "".join(f"{value:>13}" for value in values))
    told = ["" if one.get("within", True) else "over" for one in whole]
    if any(told):
        lines.append(f"{'tolerance':22}" + "".join(f"{word:>13}" for word in told))
    return "\n".join(lines)


def _value(figures: dict[str, Any], key: str, form: str) -> str:
    """Return one figure, with a star where the option is the best in it."""
    best = {_BEST[name] for name in figures.get("best", [])}
    return "-" if figures.get(key) is None else form.format(figures[key]) + ("*" if key in best else " ")


@plan.command()
@click.argument("station")
@click.option("--posts", type=click.IntRange(1, placing.MOST_POSTS), required=True, help="How many posts in all.")
@click.option(
    "--reach",
    type=click.FloatRange(50, 50_000),
    default=800,
    show_default=True,
    help="How far a post reaches [m], straight.",
)
@click.option("--backup", is_flag=True, help="Let a second post within reach be worth half of the first.")
@click.option(
    "--sites",
    type=click.Choice(get_args(placing.Sites)),
    default="doors",
    show_default=True,
    help="Where posts may be: at doors all over the station, or in the middle of villages.",
)
@click.option("--at", multiple=True, help="Door that has a post already; may be given again.")
@pass_console
def posts(
    console: Console, station: str, *, posts: int, reach: float, backup: bool, sites: placing.Sites, at: tuple[str, ...]
) -> None:  # fmt: skip
    """Say where to put the police posts of STATION so that the most households lie within reach."""
    wishes = placing.PostsWishes(posts, reach, backup, sites, at)
    with console.sessions.begin() as session:
        ground = placing.read(session, station, wishes)
    click.echo("  looking for places …", err=True)
    found = placing.place(ground, wishes)
    with console.sessions.begin() as session:
        for one in placing.named(session, station, found):
            where = one["address"] or one["village_zh"]
            kept = "  (there already)" if one["kept"] else ""
            click.echo(
                f"{one['n']:>4}  {one['lon']:.6f}, {one['lat']:.6f}  {one['households']:>7,} households  {where}{kept}"
            )
    proof = "no plan reaches more" if found.proved else f"at most {found.gap:.1%} below the best possible"
    click.echo(
        f"{len(found.posts)} posts: {found.share:.1%} of {found.households:,} households within {reach:,.0f} m, "
        f"{found.share_backed_up:.1%} of two; {proof}"
    )


@plan.command()
@click.argument("station")
@click.argument("edition", type=int)
@pass_console
def officers(console: Console, station: str, edition: int) -> None:
    """Say who should get which beat of EDITION of STATION, so that the most doors keep the officer they know."""
    with console.sessions.begin() as session:
        _, codes, given = allotting.of_edition(session, station, edition)
        names = store.people(session, station, [] if given is None else given.people)
    if given is None:
        click.echo(f"0 officers are posted to beats of station {station}")
        return
    for code, officer, kept in zip(codes, given.officer, given.kept, strict=True):
        person = "-" if officer < 0 else given.people[officer]
        name = "" if officer < 0 else names.get(person, ("", ""))[0]
        click.echo(f"{code:12}{person:12}{name}  {int(kept):,} doors keep their officer")
    click.echo(
        f"{len(codes)} beats, {given.changed:,} of {given.known:,} doors change their officer ({given.share:.1%})"
    )
