"""Campaigns: what the team wants to reach, and what it may cost."""

from syncd.fields import Money, Record, Text, column


class Campaign(
    Record, table="campaigns", title="Campaigns", prefix="cmp_", key=(("name",),), label="name"
):
    """One campaign; its name is what people know it by."""

    name: Text = column(
        "Campaign",
        help="The name that cooperations refer to. No two campaigns share one.",
        example="Summer sale 2026",
        aliases=("campaign name", "name"),
        unique=True,
    )
    revenue_target: Money | None = column(
        "Revenue target",
        help="The revenue that this campaign should bring in.",
        example="25000",
        aliases=("target", "target revenue", "revenue goal"),
        unit="EUR",
        minimum=0,
    )
    budget: Money | None = column(
        "Budget",
        help="What may be spent on this campaign in all.",
        example="4000",
        aliases=("campaign budget",),
        unit="EUR",
        minimum=0,
    )
