"""The texts of the pages for translators are those of the pages."""

from importlib.util import module_from_spec, spec_from_file_location

from web.texts import HERE

EXTRACT = HERE.parents[1] / "docs" / "texts.py"


def test_what_translators_get_is_current() -> None:
    """Run `make texts` where this fails."""
    spec = spec_from_file_location("docs_texts", EXTRACT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, text in module.files().items():
        assert (HERE / name).read_text("utf-8") == text, name
