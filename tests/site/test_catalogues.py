"""The English catalogue: complete, with the same placeholders, and compiled when it is older."""

import os

import pytest
from babel.messages.mofile import read_mo

from kechuang.site import catalogues


def test_marked_texts_are_found_in_code_and_templates():
    found = catalogues.messages("site")
    assert "工作台" in found  # N_ in frame.py
    assert "跳到正文" in found  # translate in base.html
    assert ("找到 %(count)s 条", "找到 %(count)s 条") in found  # blocktranslate count
    assert found["工作台"].startswith("site/frame.py:")


@pytest.mark.parametrize(
    ("key", "text", "is_good"),
    [
        ("“{code}”有 {length} 位", "“{code}” has {length} places", True),
        ("“{code}”有 {length} 位", "“{code}” is too long", False),
        ("%(place)s平台", "%(place)s platform", True),
        ("%(place)s平台", "%(palce)s platform", False),
        (("剩 %(n)d 天", "剩 %(n)d 天"), ("a day left", "%(n)d days left"), True),
        (("剩 %(n)d 天", "剩 %(n)d 天"), ("a day left", "days left"), False),
    ],
)
def test_a_translation_keeps_what_facts_fill(key, text, is_good):
    assert (catalogues._placeholder_problem(key, text) == "") is is_good


def test_nothing_is_left_untranslated():
    findings = catalogues.check()
    assert findings.missing == []
    assert findings.broken == []
    assert findings.conflicts == []


def test_it_is_compiled_once(tmp_path, monkeypatch):
    (tmp_path / "needs.po").write_text('msgid "需求"\nmsgstr "Need"\n', encoding="utf-8")
    monkeypatch.setattr(catalogues, "ENGLISH", tmp_path)
    monkeypatch.setattr(catalogues, "COMPILED", tmp_path / "LC_MESSAGES" / "django.mo")
    assert catalogues.compile_english() is True
    assert catalogues.compile_english() is False
    os.utime(tmp_path / "needs.po", (2e9, 2e9))
    assert catalogues.compile_english() is True
    with catalogues.COMPILED.open("rb") as file:
        assert read_mo(file).get("需求").string == "Need"


def test_two_translations_of_one_text_are_reported(tmp_path, monkeypatch):
    (tmp_path / "needs.po").write_text('msgid "状态"\nmsgstr "State"\n', encoding="utf-8")
    (tmp_path / "site.po").write_text('msgid "状态"\nmsgstr "Status"\n', encoding="utf-8")
    monkeypatch.setattr(catalogues, "ENGLISH", tmp_path)
    known, conflicts = catalogues.translations()
    assert known["状态"] == "Status"
    assert len(conflicts) == 1
