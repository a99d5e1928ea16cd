"""Cooperations: one influencer in one campaign, with its dates, cost, links and code."""

from typing import Literal, Self

from pydantic import model_validator

from syncd.fields import Day, LinkPart, Money, Record, Reference, Text, Wrong, column

Status = Literal[
    "idea", "planned", "contacted", "negotiating", "agreed", "contracted", "briefed",
    "in_production", "in_approval", "approved", "scheduled", "live", "reporting", "completed",
    "declined", "cancelled", "no_reply",
]  # fmt: skip


class Cooperation(
    Record,
    table="cooperations",
    title="Cooperations",
    prefix="cop_",
    key=(
        (
            "influencer", "campaign", "starts_on", "ends_on", "utm_source", "utm_medium",
            "utm_campaign", "utm_term", "utm_content", "discount_code",
        ),
    ),
    label=("influencer", "campaign", "starts_on"),
):  # fmt: skip
    """One cooperation; the same influencer may have several, even within one campaign."""

    influencer: Reference = column(
        "Influencer",
        help="Who does it: a name from the tab Influencers.",
        example="Ada Lovelace",
        aliases=("influencer name", "influencer/affiliate name", "creator"),
        reference="influencers",
    )
    campaign: Reference = column(
        "Campaign",
        help="What it is part of: a name from the tab Campaigns.",
        example="Summer sale 2026",
        aliases=("campaign name",),
        reference="campaigns",
    )
    starts_on: Day | None = column(
        "Start",
        help="The first day, as a date.",
        example="2026-06-01",
        aliases=("start date", "posting date", "from"),
    )
    ends_on: Day | None = column(
        "End",
        help="The last day, as a date; not before the start.",
        example="2026-06-30",
        aliases=("end date", "until", "to"),
    )
    cost: Money | None = column(
        "Cost",
        help="What the cooperation costs in all.",
        example="1500",
        aliases=("costs", "fee", "price"),
        unit="EUR",
        minimum=0,
    )
    utm_source: LinkPart | None = column(
        "UTM source", help="utm_source of its link.", example="instagram", aliases=("utm_source",)
    )
    utm_medium: LinkPart | None = column(
        "UTM medium", help="utm_medium of its link.", example="influencer", aliases=("utm_medium",)
    )
    utm_campaign: LinkPart | None = column(
        "UTM campaign",
        help="utm_campaign of its link.",
        example="summer-sale",
        aliases=("utm_campaign",),
    )
    utm_term: LinkPart | None = column(
        "UTM term", help="utm_term of its link.", example="ada-lovelace", aliases=("utm_term",)
    )
    utm_content: LinkPart | None = column(
        "UTM content", help="utm_content of its link.", example="story-1", aliases=("utm_content",)
    )
    discount_code: Text | None = column(
        "Discount code",
        help="The code that customers type.",
        example="ADA10",
        aliases=("code", "coupon", "coupon code", "voucher"),
    )
    status: Status | None = column(
        "Status", help="How far it is.", example="planned", aliases=("stage",)
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise Wrong("ends_on", "is before the start", example=self.starts_on.isoformat())
        return self
