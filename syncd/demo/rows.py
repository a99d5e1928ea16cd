"""What the demo's sheet holds: real, public influencers; invented campaigns and cooperations."""

import csv
from importlib.resources import files

Row = dict[str, str]

CREDIT = (
    "Influencers: public facts from debjit-mandal/top-youtubers-analysis (MIT) and\n"
    "JAMNALPOOJA/PROJECT (Apache-2.0). Campaigns and cooperations are invented."
)

_TITLES = {
    "name": "Influencer",
    "platform": "Platform",
    "handle": "Handle",
    "category": "Category",
    "followers": "Followers",
    "engagement_rate": "Engagement rate",
}

CAMPAIGNS = [
    {"Campaign": "Demo: Rubber ducks in June", "Revenue target": "25000", "Budget": "4000"},
    {"Campaign": "Demo: Left socks", "Revenue target": "12000", "Budget": "1500"},
    {"Campaign": "Demo: Umbrellas for fish", "Revenue target": "8000", "Budget": "900"},
]

_DUCKS, _SOCKS, _FISH = (row["Campaign"] for row in CAMPAIGNS)

COOPERATIONS = [
    {
        "Influencer": "MrBeast",
        "Campaign": _DUCKS,
        "Start": "2026-06-01",
        "End": "2026-06-14",
        "Cost": "1500",
        "UTM source": "youtube",
        "Discount code": "QUACK10",
        "Status": "planned",
    },
    {
        "Influencer": "WWE",
        "Campaign": _DUCKS,
        "Start": "2026-06-15",
        "End": "2026-06-30",
        "Cost": "1200",
        "UTM source": "youtube",
        "Discount code": "QUACK15",
        "Status": "idea",
    },
    {
        "Influencer": "PewDiePie",
        "Campaign": _SOCKS,
        "Start": "2026-07-01",
        "Cost": "700",
        "UTM source": "youtube",
        "Discount code": "ODDSOCK",
        "Status": "negotiating",
    },
    {
        "Influencer": "5-Minute Crafts",
        "Campaign": _FISH,
        "Start": "2026-08-03",
        "End": "2026-08-09",
        "Cost": "450",
        "Status": "contacted",
    },
]


def sample() -> list[Row]:
    """Return the rows of influencers.csv."""
    text = files("syncd.demo").joinpath("influencers.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def influencers(rows: list[Row]) -> list[Row]:
    """Return rows as they are typed into the tab Influencers, by its titles."""
    return [{title: row[name] for name, title in _TITLES.items()} for row in rows]


def foreign_list(rows: list[Row]) -> list[list[str]]:
    """Return rows as their source gives them: with titles of its own."""
    names = {"name": "channel_info", "followers": "followers", "engagement_rate": "60_day_eng_rate"}
    return [list(names.values()), *([row[name] for name in names] for row in rows)]


MAPPING = """\
# Which column of the foreign list gives which field of an influencer.
[influencers]
name = "channel_info"
handle = "channel_info"
followers = "followers"              # 475.8m is understood
engagement_rate = "60_day_eng_rate"  # so is 1.39%
platform = { value = "instagram" }
"""
