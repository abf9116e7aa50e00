"""A call's own form in the API: its fields, and the answers of a bid."""

from typing import Annotated

from ninja import Schema
from pydantic import Field

from kechuang.challenges.rules.form import (
    CODE,
    FEN_MOST,
    FIELDS_MAX,
    LONG_MAX,
    SHORT_MAX,
    FieldFacts,
    Kind,
)

Short = Annotated[str, Field(min_length=1, max_length=SHORT_MAX)]
Code = Annotated[str, Field(pattern=CODE.pattern)]
Answer = Annotated[int, Field(ge=0, le=FEN_MOST)] | Annotated[str, Field(max_length=LONG_MAX)]
Answers = Annotated[dict[Code, Answer], Field(
    max_length=FIELDS_MAX, description="by the field's code; amounts in fen"
)]


class FieldIn(Schema):
    """A field of the call's own form; shown when an earlier field has a value, if it names one."""

    code: Code
    label: Short
    kind: Kind
    help: Annotated[str, Field(max_length=300)] = ""
    options: Annotated[list[Short], Field(max_length=30)] = []
    is_required: bool = False
    when_code: Annotated[str, Field(max_length=20)] = ""
    when_value: Annotated[str, Field(max_length=SHORT_MAX)] = ""
    criterion: Annotated[str, Field(max_length=20)] = ""

    def facts(self) -> FieldFacts:
        """The field as the rules see it."""
        told = self.model_dump(mode="json")
        return FieldFacts(**{**told, "options": tuple(self.options)})
