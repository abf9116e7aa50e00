"""What may be kept: how large, of which type by its content, under which name."""

import hashlib
import io
import re
import unicodedata
import zipfile

from kechuang.base.actor import Actor
from kechuang.base.refusals import N_, Refused

FILE_BYTES_MAX = 50 * 1024 * 1024
PIECE_BYTES = 5 * 1024 * 1024
UPLOADS_OPEN_MAX = 20
UPLOAD_DAYS = 7
ORPHAN_HOURS = 24
FILENAME_LENGTH_MAX = 120

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
ZIP = "application/zip"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
TEXT = "text/plain"
CSV = "text/csv"

MAGIC = ((b"%PDF-", PDF), (b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG))
OFFICE = (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX))
ENDINGS = {
    PDF: ("pdf",),
    PNG: ("png",),
    JPEG: ("jpg", "jpeg"),
    ZIP: ("zip",),
    DOCX: ("docx",),
    XLSX: ("xlsx",),
    PPTX: ("pptx",),
    TEXT: ("txt", "md", "jsonl"),
    CSV: ("csv",),
}


class FileRefused(Refused):
    """This file is not kept."""


def may_upload(actor: Actor) -> bool:
    """Whoever is signed in hands files in; what they are for, the part that links them decides."""
    return actor.is_signed_in


def hash_of(content: bytes) -> str:
    """The name under which bytes are kept.

    >>> hash_of(b"")[:12]
    'e3b0c44298fc'
    """
    return hashlib.sha256(content).hexdigest()


def place_of(digest: str) -> str:
    """Where bytes lie below the blobs' directory.

    >>> place_of("e3b0c44298fc")
    'e3/b0c44298fc'
    """
    return f"{digest[:2]}/{digest[2:]}"


def check_size(size: int) -> None:
    """Refuse what is empty or larger than 50 MB."""
    if size <= 0:
        raise FileRefused(
            "files.empty", N_("文件是空的。"), {}, ("file",), N_("请检查后重新选择文件。")
        )
    if size > FILE_BYTES_MAX:
        raise FileRefused(
            "files.too_large",
            N_("文件有 {size} MB，最多 {most} MB。"),
            {"size": -(-size // 1024**2), "most": FILE_BYTES_MAX // 1024**2},
            ("file",),
            N_("请压缩图片，或拆成几个文件。"),
        )


def clean_filename(filename: str) -> str:
    """The name without folders and control characters, its ending kept when it is cut.

    >>> clean_filename("C:\\\\资料\\\\检测 报告.pdf")
    '检测 报告.pdf'
    """
    name = unicodedata.normalize("NFC", filename)
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    name = re.split(r"[/\\]", name)[-1].strip(" .")
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    if not stem:
        raise FileRefused("files.unnamed", N_("文件没有名称。"), {}, ("file",))
    room = FILENAME_LENGTH_MAX - len(dot + ending)
    return f"{stem[: max(room, 1)]}{dot}{ending}"[:FILENAME_LENGTH_MAX]


def media_type_of(content: bytes, filename: str) -> str:
    """The type that the content shows; the ending only tells kinds of text apart.

    Refuses types that are not in the table, content that belies its ending, and macros.
    """
    found = _sniffed(content, filename)
    ending = filename.rpartition(".")[2].lower() if "." in filename else ""
    if found is None:
        raise FileRefused(
            "files.type_unknown",
            N_("不能收“{filename}”这种文件。"),
            {"filename": filename},
            ("file",),
            N_("可以收 PDF、PNG、JPG、DOCX、XLSX、PPTX、ZIP、TXT、CSV。"),
        )
    if ending not in ENDINGS[found]:
        raise FileRefused(
            "files.type_belied",
            N_("“{filename}”的内容与扩展名不符：内容是 {found}。"),
            {"filename": filename, "found": ENDINGS[found][0].upper()},
            ("file",),
            N_("请用正确的扩展名重新保存。"),
        )
    return found


def _sniffed(content: bytes, filename: str) -> str | None:
    for magic, media_type in MAGIC:
        if content.startswith(magic):
            return media_type
    if content.startswith(b"PK\x03\x04"):
        return _type_of_archive(content)
    if b"\0" in content or not _is_text(content):
        return None
    return CSV if filename.lower().endswith(".csv") else TEXT


def _type_of_archive(content: bytes) -> str | None:
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileRefused(
            "files.macros",
            N_("文件里有宏，不能收。"),
            {},
            ("file",),
            N_("请另存为不含宏的 DOCX 或 XLSX。"),
        )
    if "[Content_Types].xml" in names:
        for folder, media_type in OFFICE:
            if any(name.startswith(folder) for name in names):
                return media_type
    return ZIP


def _is_text(content: bytes) -> bool:
    for encoding in ("utf-8", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False


def pieces_of(size: int) -> int:
    """How many pieces of 5 MB a file of that size has.

    >>> pieces_of(5 * 1024 * 1024), pieces_of(5 * 1024 * 1024 + 1)
    (1, 2)
    """
    return -(-size // PIECE_BYTES)


def check_piece(size: int, index: int, length: int) -> None:
    """Refuse a piece that is not of this file: every piece is full but the last."""
    count = pieces_of(size)
    if not 0 <= index < count:
        raise FileRefused(
            "files.piece_index",
            N_("没有第 {index} 块：共 {count} 块，从 0 数起。"),
            {"index": index, "count": count},
            ("index",),
        )
    due = PIECE_BYTES if index < count - 1 else size - PIECE_BYTES * (count - 1)
    if length != due:
        raise FileRefused(
            "files.piece_length",
            N_("第 {index} 块应为 {due} 字节，收到 {length} 字节。"),
            {"index": index, "due": due, "length": length},
            ("piece",),
            N_("请重发这一块。"),
        )


def check_open_uploads(count: int) -> None:
    """Refuse one upload too many."""
    if count >= UPLOADS_OPEN_MAX:
        raise FileRefused(
            "files.uploads_open",
            N_("您有 {count} 个没有传完的文件。"),
            {"count": count},
            (),
            N_("请先传完或放弃它们。"),
        )


def missing_pieces(size: int, present: set[int]) -> list[int]:
    """The pieces that are still to come."""
    return [index for index in range(pieces_of(size)) if index not in present]


def check_complete(size: int, present: set[int]) -> None:
    """Refuse to finish while a piece is missing."""
    missing = missing_pieces(size, present)
    if missing:
        raise FileRefused(
            "files.pieces_missing",
            N_("还差第 {missing} 块。"),
            {"missing": "、".join(str(index) for index in missing)},
            ("pieces",),
            N_("请补传后再完成。"),
        )


def check_hash(expected: str, found: str) -> None:
    """Refuse content other than the sender announced."""
    if expected and expected.lower() != found:
        raise FileRefused(
            "files.hash",
            N_("收到的内容与声明的指纹不符。"),
            {"expected": expected, "found": found},
            ("hash",),
            N_("请重新上传。"),
        )
