"""Influencers: a person or a channel on one platform."""

from typing import Literal

from syncd.fields import Count, Email, Handle, Percent, Record, Text, column

Platform = Literal[
    "instagram", "tiktok", "youtube", "facebook", "x", "pinterest", "snapchat", "twitch",
    "linkedin", "threads", "podcast", "blog", "newsletter", "other",
]  # fmt: skip


class Influencer(
    Record,
    table="influencers",
    title="Influencers",
    prefix="inf_",
    key=(("platform", "handle"), ("platform", "name")),
    label="name",
):
    """One influencer on one platform, known by the handle or, without one, by the name."""

    name: Text = column(
        "Influencer",
        help="The name that cooperations refer to.",
        example="Ada Lovelace",
        aliases=(
            "influencer name",
            "influencer/affiliate name",
            "name",
            "creator",
            "display name",
        ),
    )
    platform: Platform = column(
        "Platform",
        help="Where this influencer publishes.",
        example="instagram",
        aliases=("network", "main platform"),
    )
    handle: Handle | None = column(
        "Handle",
        help="The account's name, without @; a link to the profile does as well.",
        example="ada.lovelace",
        aliases=("username", "user name", "account", "profile", "profile link"),
    )
    category: Text | None = column(
        "Category",
        help="What it is about, in the team's own words.",
        example="Beauty",
        aliases=("categories", "niche", "topic"),
    )
    followers: Count | None = column(
        "Followers",
        help="How many follow or subscribe; 12.5k and 3.2m are understood.",
        example="12500",
        aliases=("follower count", "subscribers", "subs"),
    )
    engagement_rate: Percent | None = column(
        "Engagement rate",
        help="Engagements for each follower, in percent.",
        example="1.39%",
        aliases=("engagement", "eng rate", "er"),
        minimum=0,
    )
    email: Email | None = column(
        "Email",
        help="Where to write to. No two influencers share one.",
        example="ada@example.com",
        aliases=("e-mail", "mail", "email address"),
        unique=True,
    )
    notes: Text | None = column(
        "Notes",
        help="Anything that the team should know.",
        example="Prefers e-mail to direct messages",
        aliases=("note", "comment", "comments"),
    )
