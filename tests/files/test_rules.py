"""What may be kept: both sides of each rule."""

import io
import zipfile

import pytest

from kechuang.base.actor import Actor, Role
from kechuang.files import rules


def archive(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "filename", "media_type"),
    [
        (b"%PDF-1.7\n", "检测报告.pdf", rules.PDF),
        (b"\x89PNG\r\n\x1a\n0", "a.PNG", rules.PNG),
        (b"\xff\xd8\xff\xe0", "a.jpeg", rules.JPEG),
        (archive("[Content_Types].xml", "word/document.xml"), "a.docx", rules.DOCX),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "a.xlsx", rules.XLSX),
        (archive("[Content_Types].xml", "ppt/presentation.xml"), "a.pptx", rules.PPTX),
        (archive("a.txt"), "a.zip", rules.ZIP),
        ("需求".encode(), "a.txt", rules.TEXT),
        ("需求,数".encode("gb18030"), "a.csv", rules.CSV),
    ],
)
def test_the_type_is_read_from_the_content(content, filename, media_type):
    assert rules.media_type_of(content, filename) == media_type


@pytest.mark.parametrize(
    ("content", "filename", "code"),
    [
        (b"MZ\x90\0\0", "a.exe", "files.type_unknown"),
        (b"PK\x03\x04broken", "a.zip", "files.type_unknown"),
        (b"%PDF-1.7", "a.png", "files.type_belied"),
        (b"<html>", "a.html", "files.type_belied"),
        (b"%PDF-1.7", "report", "files.type_belied"),
        (archive("[Content_Types].xml", "xl/vbaProject.bin"), "a.xlsx", "files.macros"),
    ],
)
def test_other_content_is_refused(content, filename, code):
    with pytest.raises(rules.FileRefused) as caught:
        rules.media_type_of(content, filename)
    assert caught.value.code == code


def test_a_file_has_between_one_byte_and_fifty_megabytes():
    rules.check_size(1)
    rules.check_size(rules.FILE_BYTES_MAX)
    for size, code in ((0, "files.empty"), (rules.FILE_BYTES_MAX + 1, "files.too_large")):
        with pytest.raises(rules.FileRefused) as caught:
            rules.check_size(size)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\u202egpj.pdf\r\n", "agpj.pdf"),
        ("长" * 200 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_names_lose_folders_and_tricks_and_keep_their_ending(given, kept):
    assert rules.clean_filename(given) == kept


def test_a_name_of_nothing_is_refused():
    for name in ("", "..", "/", "\u202e"):
        with pytest.raises(rules.FileRefused) as caught:
            rules.clean_filename(name)
        assert caught.value.code == "files.unnamed"


def test_every_piece_is_full_but_the_last():
    size = rules.PIECE_BYTES + 3
    rules.check_piece(size, 0, rules.PIECE_BYTES)
    rules.check_piece(size, 1, 3)
    for index, length, code in (
        (0, 3, "files.piece_length"),
        (1, 4, "files.piece_length"),
        (2, 3, "files.piece_index"),
        (-1, 3, "files.piece_index"),
    ):
        with pytest.raises(rules.FileRefused) as caught:
            rules.check_piece(size, index, length)
        assert caught.value.code == code


def test_an_upload_is_complete_when_no_piece_is_missing():
    size = rules.PIECE_BYTES * 2
    rules.check_complete(size, {0, 1})
    with pytest.raises(rules.FileRefused) as caught:
        rules.check_complete(size, {1})
    assert (caught.value.code, caught.value.facts) == ("files.pieces_missing", {"missing": "0"})


def test_an_announced_hash_must_be_met():
    rules.check_hash("", "ab")
    rules.check_hash("AB", "ab")
    with pytest.raises(rules.FileRefused) as caught:
        rules.check_hash("cd", "ab")
    assert caught.value.code == "files.hash"


def test_one_upload_too_many_is_refused():
    rules.check_open_uploads(rules.UPLOADS_OPEN_MAX - 1)
    with pytest.raises(rules.FileRefused) as caught:
        rules.check_open_uploads(rules.UPLOADS_OPEN_MAX)
    assert caught.value.code == "files.uploads_open"


def test_only_who_is_signed_in_uploads():
    assert rules.may_upload(Actor(person="RY-2026-000001", role=Role.FILLER)) is True
    assert rules.may_upload(Actor.PUBLIC) is False
