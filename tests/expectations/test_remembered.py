"""What the library is spared from building again is what it would have built."""

from __future__ import annotations

import great_expectations.expectations as gxe
import jinja2
import pytest
from great_expectations.expectations.expectation import Expectation
from great_expectations.render.view import DefaultJinjaPageView

from expectations.remembered import configurations


def test_configuration_is_built_once_and_is_the_librarys() -> None:
    low, high = (gxe.ExpectColumnValuesToBeBetween(column="price", min_value=least, max_value=9) for least in (1, 5))
    expected = [low.configuration.to_json_dict(), high.configuration.to_json_dict()]
    with configurations():
        assert [low.configuration.to_json_dict(), high.configuration.to_json_dict()] == expected
        assert low.configuration is low.configuration


def test_changed_expectation_is_asked_again_by_the_next_validation() -> None:
    rule = gxe.ExpectColumnValuesToBeBetween(column="price", min_value=1, max_value=9)
    for least in (1, 2):
        rule.min_value = least
        with configurations():
            assert rule.configuration.kwargs["min_value"] == least


def test_failed_validation_leaves_the_library_as_it_was() -> None:
    own = Expectation.configuration
    with pytest.raises(ZeroDivisionError), configurations():
        _ = 1 / 0
    assert Expectation.configuration is own


def test_template_is_compiled_for_the_first_view_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    DefaultJinjaPageView()._get_template("page.j2")
    monkeypatch.setattr(jinja2.Environment, "compile", lambda *_, **__: pytest.fail("compiled again"))
    assert DefaultJinjaPageView()._get_template("page.j2").name == "page.j2"
