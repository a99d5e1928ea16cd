"""People: the table that another refers to."""

from syncd.fields import Count, Record, Text, column


class Person(Record, table="people", title="People", prefix="p_", key=(("name",),), label="name"):
    """Somebody, known by name."""

    name: Text = column("Name", help="Who.", example="Ada")
    city: Text | None = column("City", help="Where.", example="Paris")
    size: Count | None = column("Size", help="How large.", example="12")
    code: Text | None = column("Code", help="No two share one.", example="A1", unique=True)
