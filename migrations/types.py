"""What every revision means by a number and a text. Never to be changed."""

import sqlalchemy as sa

ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
