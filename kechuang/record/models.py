"""The record: entries, their payloads, the register of numbers, and the stage rows of the parts."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kechuang.base.numbers import new_random_number
from kechuang.record.rules import SUITE, erasing


class Entry(models.Model):
    """One thing that was done: actor and object as numbers, role and organisation as they were.

    The leaf hash covers everything but `turn`, which the sequencer gives in commit order to whoever
    follows the record, and `position`, the place in the public tree, given when a batch is
    published. Rows are never updated but for these, once each, and never deleted (trigger in 0006).
    """

    number = models.CharField(_("编号"), max_length=11, default=new_random_number)
    turn = models.BigIntegerField(_("先后"), null=True)
    position = models.BigIntegerField(_("位置"), null=True)
    verb = models.CharField(_("动作"), max_length=60)
    object_number = models.CharField(_("对象"), max_length=40)
    person = models.CharField(_("人员"), max_length=40, blank=True)
    appointment = models.CharField(_("任职"), max_length=40, blank=True)
    role = models.CharField(_("角色"), max_length=20)
    organisation = models.CharField(_("单位"), max_length=18, blank=True)
    region = models.CharField(_("地区"), max_length=60, blank=True)
    via = models.CharField(_("途径"), max_length=10)
    at = models.DateTimeField(_("时间"))
    recorded_at = models.DateTimeField(_("入库时间"), db_default=models.functions.Now())
    suite = models.CharField(_("算法"), max_length=12, default=SUITE)
    salt = models.BinaryField(_("盐"), max_length=32)
    payload_hash = models.CharField(_("载荷指纹"), max_length=64)
    leaf_hash = models.CharField(_("叶指纹"), max_length=64)

    class Meta:
        verbose_name = _("记录")
        constraints = [
            models.CheckConstraint(
                condition=Q(position__isnull=True) | Q(position__gte=0),
                name="record_position_not_negative",
            ),
            models.UniqueConstraint(fields=["number"], name="one_record_per_number"),
            # Every act of the platform waits for an append: what has no turn or place yet stands in
            # no index of turns and places.
            models.UniqueConstraint(
                fields=["turn"], name="one_record_per_turn", condition=Q(turn__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["position"], name="one_record_per_position",
                condition=Q(position__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["object_number", "id"], name="record_by_object"),
            models.Index(
                fields=["id"], name="record_unsequenced", condition=Q(turn__isnull=True)
            ),
            models.Index(
                fields=["turn"], name="record_unpublished",
                condition=Q(position__isnull=True, turn__isnull=False),
            ),
            models.Index(fields=["verb", "at"], name="record_by_verb"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_number}"


class Payload(models.Model):
    """What an entry says beyond who and when; a table of its own, because it can be erased."""

    entry = models.OneToOneField(
        Entry, on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    content = models.JSONField(_("内容"), null=True)

    class Meta:
        verbose_name = _("载荷")

    def __str__(self) -> str:
        return str(self.entry_id)


class Erasure(models.Model):
    """That the payload of an entry be erased: asked by one person, decided by another.

    The database lets a payload go only where this says so (trigger in 0007).
    """

    State = erasing.State

    number = models.CharField(_("编号"), max_length=11, unique=True, default=new_random_number)
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, related_name="+", verbose_name=_("记录")
    )
    ground = models.CharField(
        _("法律依据"), max_length=10,
        choices=[(one.value, _(name)) for one, name in erasing.GROUND_NAMES.items()],
    )
    reason = models.CharField(_("理由"), max_length=erasing.REASON_MAX)
    region_path = models.CharField(_("地区"), max_length=60)
    state = models.CharField(
        _("状态"), max_length=10, default=erasing.State.ASKED,
        choices=[(one.value, _(name)) for one, name in erasing.STATE_NAMES.items()],
    )
    asked_by = models.CharField(_("申请人"), max_length=40)
    asked_at = models.DateTimeField(_("申请于"))
    decided_by = models.CharField(_("批准人"), max_length=40, blank=True)
    decided_at = models.DateTimeField(_("办结于"), null=True)
    answer = models.CharField(_("答复"), max_length=erasing.REASON_MAX, blank=True)

    class Meta:
        verbose_name = _("删除申请")
        constraints = [
            models.CheckConstraint(
                name="erasure_is_decided_by_another",
                condition=Q(state="ASKED", decided_by="", decided_at__isnull=True)
                | (~Q(state="ASKED") & ~Q(decided_by="") & ~Q(decided_by=models.F("asked_by"))
                   & Q(decided_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="erasure_has_asker_and_reason", condition=~Q(asked_by="") & ~Q(reason="")
            ),
            models.UniqueConstraint(
                fields=["entry"], condition=~Q(state="REFUSED"), name="one_erasure_per_entry"
            ),
        ]
        indexes = [models.Index(fields=["state", "region_path"], name="erasure_by_state")]

    def __str__(self) -> str:
        return self.number


class NumberSeries(models.Model):
    """The one register of numbers: the last serial given, by kind and year."""

    kind = models.CharField(_("种类"), max_length=2)
    year = models.IntegerField(_("年份"))
    last = models.IntegerField(_("末号"), default=0)

    class Meta:
        verbose_name = _("编号序列")
        constraints = [
            models.UniqueConstraint(fields=["kind", "year"], name="one_series_per_kind_and_year"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}-{self.year}"


class Cursor(models.Model):
    """How far a follower has read the record; moved in the same transaction as its effect."""

    name = models.CharField(_("名称"), max_length=60, primary_key=True)
    position = models.BigIntegerField(_("位置"), default=-1)

    class Meta:
        verbose_name = _("游标")

    def __str__(self) -> str:
        return self.name


class StageRow(models.Model):
    """One stage of an object's life: what, since when, by whom. Each part has its own table."""

    stage = models.CharField(_("阶段"), max_length=30)
    since = models.DateTimeField(_("自"))
    recorded_at = models.DateTimeField(_("入库时间"), db_default=models.functions.Now())
    by_person = models.CharField(_("经办人"), max_length=40, blank=True)
    by_role = models.CharField(_("经办角色"), max_length=20)
    by_organisation = models.CharField(_("经办单位"), max_length=18, blank=True)
    note_public = models.TextField(_("公开说明"), blank=True)
    note_private = models.TextField(_("内部说明"), blank=True)

    class Meta:
        abstract = True
        ordering = ["id"]

    def __str__(self) -> str:
        return self.stage


class Checkpoint(models.Model):
    """The root over all entries up to a size: what anybody may write down and compare later.

    `note` is the same as a signed text (C2SP tlog-checkpoint), which witnesses add their lines to.
    """

    size = models.BigIntegerField(_("条数"), unique=True)
    root = models.CharField(_("根"), max_length=64)
    at = models.DateTimeField(_("时间"))
    note = models.TextField(_("签名文本"), blank=True)

    class Meta:
        verbose_name = _("检查点")
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="checkpoint_covers_entries"),
        ]

    def __str__(self) -> str:
        return f"{self.size} {self.root[:8]}"


class Batch(models.Model):
    """Places of the tree that were published together, a fixed number at fixed times.

    Places that no entry took hold fillers: leaves that follow from the seed, so that whoever knows
    it can prove that nothing stands there, and nobody else can tell them from entries.
    """

    first = models.BigIntegerField(_("起始位置"), unique=True)
    size = models.PositiveIntegerField(_("条数"))
    filler_seed = models.BinaryField(_("填充的种子"), max_length=32)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("公布批次")
        ordering = ["first"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first__gte=0, size__gt=0), name="batch_has_places"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first}+{self.size}"


class Tile(models.Model):
    """256 hashes of the record's tree, joined: leaves at level 0, roots of whole tiles above.

    Only ever grows (trigger in 0004). Proofs read a few of these instead of every entry.
    """

    level = models.PositiveSmallIntegerField(_("层"))
    place = models.BigIntegerField(_("次序"))
    hashes = models.BinaryField(_("指纹"))

    class Meta:
        verbose_name = _("日志目录")
        constraints = [
            models.UniqueConstraint(fields=["level", "place"], name="one_tile_per_place"),
        ]

    def __str__(self) -> str:
        return f"{self.level}/{self.place}"


class Cosignature(models.Model):
    """What a witness did with a checkpoint: its signature, or the file that it keeps."""

    checkpoint = models.ForeignKey(
        Checkpoint, on_delete=models.PROTECT, related_name="cosignatures",
        verbose_name=_("检查点"),
    )
    witness = models.CharField(_("见证人"), max_length=120)
    line = models.TextField(_("签名行"), blank=True)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("见证")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "witness"], name="one_cosignature_per_witness"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.witness} {self.checkpoint_id}"
