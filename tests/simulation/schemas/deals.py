"""Deals: the table that refers to another."""

from syncd.fields import Count, Record, Reference, Text, column


class Deal(
    Record,
    table="deals",
    title="Deals",
    prefix="d_",
    key=(("person", "topic"),),
    label=("person", "topic"),
):
    """What somebody agreed to, known by who and what."""

    person: Reference = column("Person", help="Who.", example="Ada", reference="people")
    topic: Text = column("Topic", help="What.", example="Post")
    note: Text | None = column("Note", help="Anything.", example="by mail")
    amount: Count | None = column("Amount", help="How much.", example="100")
