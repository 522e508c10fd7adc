"""docs/plugins.md includes the real example and leaves out nothing that can be written."""

import re
from pathlib import Path

from plugins import testing
from plugins.registry import Kind

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "plugins.md"
INCLUDED = re.compile(r"<!-- include: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)


def test_included_files_are_what_they_are() -> None:
    """To mend the page after changing an example: ``python -m tests.plugins.test_docs``."""
    page = PAGE.read_text(encoding="utf-8")
    assert len(INCLUDED.findall(page)) == 3
    assert included(page) == page


def test_every_kind_has_its_row() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert len(rows) == len(Kind)
    for kind, row in zip(Kind, rows, strict=True):
        name = kind.contract.__name__
        assert f"`{name}`" in row
        assert f"`{kind.value}`" in row
        assert f"`{name}Contract`" in row
        assert hasattr(testing, f"{name}Contract")
        abstract = {item for item in kind.contract.__abstractmethods__ if not item.startswith("__")}
        assert {item for item in abstract if item not in row} == set()


def test_the_page_is_short() -> None:
    assert len(PAGE.read_text(encoding="utf-8").splitlines()) < 120


def included(page: str) -> str:
    """The page with every included file as it is now."""

    def content(match: re.Match[str]) -> str:
        whole, file = match[0], ROOT / match[1]
        return whole[: whole.index("\n", whole.index("```")) + 1] + file.read_text(encoding="utf-8") + "```"

    return INCLUDED.sub(content, page)


if __name__ == "__main__":
    PAGE.write_text(included(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
