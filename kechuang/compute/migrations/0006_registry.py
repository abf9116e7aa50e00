"""Prices set by a second person; phases, trials, data sets and links of centres."""

import django.db.models.deletion
from django.db import migrations, models

import kechuang.base.numbers


class Migration(migrations.Migration):

    dependencies = [
        ('compute', '0005_accounts'),
        ('parties', '0003_one_lead_at_a_time'),
    ]

    operations = [
        migrations.CreateModel(
            name='DataSet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, unique=True, verbose_name='编号')),
                ('title', models.CharField(max_length=120, verbose_name='名称')),
                ('about', models.CharField(max_length=1000, verbose_name='说明')),
                ('size_mb', models.BigIntegerField(verbose_name='大小（MB）')),
                ('data_class', models.CharField(choices=[('PUBLIC', '公开\u3000可到任何中心'), ('INTERNAL', '内部\u3000可出本市'), ('LOCAL_ONLY', '不出本市')], max_length=10, verbose_name='数据等级')),
                ('audience', models.CharField(choices=[('UNIT', '仅本单位'), ('NAMED', '指定单位'), ('EVERYBODY', '所有单位')], max_length=9, verbose_name='谁可以用')),
                ('named', models.JSONField(default=list, verbose_name='指定的单位')),
                ('state', models.CharField(choices=[('OFFERED', '可用'), ('WITHDRAWN', '已停用')], default='OFFERED', max_length=9, verbose_name='状态')),
                ('state_since', models.DateTimeField(verbose_name='状态自')),
                ('version', models.IntegerField(default=1, verbose_name='版本')),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='compute.centre', verbose_name='存放在')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.organisation', verbose_name='单位')),
            ],
            options={
                'verbose_name': '数据集',
            },
        ),
        migrations.AddField(
            model_name='job',
            name='data_set',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='compute.dataset', verbose_name='数据集'),
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bandwidth_mb_s', models.DecimalField(decimal_places=2, max_digits=10, verbose_name='带宽（MB/s）')),
                ('is_measured', models.BooleanField(verbose_name='实测')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('by_person', models.CharField(max_length=20, verbose_name='登记人')),
                ('source', models.CharField(max_length=200, verbose_name='依据')),
                ('first', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='compute.centre')),
                ('second', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='compute.centre')),
            ],
            options={
                'verbose_name': '算网链路',
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Phase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField(verbose_name='第几期')),
                ('name', models.CharField(max_length=80, verbose_name='名称')),
                ('state', models.CharField(choices=[('PLANNED', '规划'), ('BUILDING', '在建'), ('SERVING', '投用'), ('DROPPED', '取消')], default='PLANNED', max_length=8, verbose_name='状态')),
                ('state_since', models.DateTimeField(verbose_name='状态自')),
                ('due_date', models.DateField(verbose_name='计划投用')),
                ('processors', models.PositiveIntegerField(default=0, verbose_name='增加核数')),
                ('accelerators', models.PositiveIntegerField(default=0, verbose_name='增加加速卡')),
                ('capacity_pflops_fp64', models.DecimalField(decimal_places=3, max_digits=10, null=True, verbose_name='增加算力（PFLOPS，FP64）')),
                ('capacity_pflops_fp16', models.DecimalField(decimal_places=3, max_digits=10, null=True, verbose_name='增加算力（PFLOPS，FP16）')),
                ('source', models.CharField(max_length=200, verbose_name='依据')),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='phases', to='compute.centre')),
            ],
            options={
                'verbose_name': '扩建期次',
                'ordering': ['place'],
            },
        ),
        migrations.CreateModel(
            name='PriceProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(default=kechuang.base.numbers.new_random_number, max_length=20, unique=True, verbose_name='编号')),
                ('since', models.DateTimeField(verbose_name='自')),
                ('milli_fen_per_core_hour', models.JSONField(verbose_name='每核时（千分之一分），逐时')),
                ('minimum_fen', models.BigIntegerField(default=0, verbose_name='每个作业最低（分）')),
                ('state', models.CharField(choices=[('ASKED', '待第二人核定'), ('SET', '已核定'), ('REFUSED', '未核定')], default='ASKED', max_length=7, verbose_name='状态')),
                ('asked_at', models.DateTimeField(verbose_name='提出时间')),
                ('due_at', models.DateTimeField(verbose_name='办到')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='核定时间')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='理由')),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.person', verbose_name='提出人')),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='price_proposals', to='compute.centre')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='parties.person', verbose_name='核定人')),
                ('price_list', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='compute.pricelist', verbose_name='价目')),
            ],
            options={
                'verbose_name': '定价申请',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('by_person', models.CharField(max_length=20, verbose_name='试的人')),
                ('is_answered', models.BooleanField(verbose_name='有应答')),
                ('said', models.CharField(max_length=500, verbose_name='应答')),
                ('lacks', models.JSONField(default=list, verbose_name='还缺的设置')),
                ('centre', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='compute.centre')),
            ],
            options={
                'verbose_name': '接入试验',
                'ordering': ['-id'],
            },
        ),
        migrations.AddConstraint(
            model_name='dataset',
            constraint=models.CheckConstraint(condition=models.Q(('size_mb__gt', 0)), name='data_set_has_a_size'),
        ),
        migrations.AddConstraint(
            model_name='link',
            constraint=models.CheckConstraint(condition=models.Q(('bandwidth_mb_s__gt', 0)), name='link_lets_through'),
        ),
        migrations.AddConstraint(
            model_name='link',
            constraint=models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='link_is_kept_once_for_both_ways'),
        ),
        migrations.AddConstraint(
            model_name='phase',
            constraint=models.UniqueConstraint(fields=('centre', 'place'), name='phases_are_numbered'),
        ),
        migrations.AddConstraint(
            model_name='phase',
            constraint=models.CheckConstraint(condition=models.Q(('processors__gt', 0), ('accelerators__gt', 0), ('capacity_pflops_fp64__gt', 0), ('capacity_pflops_fp16__gt', 0), _connector='OR'), name='phase_adds_something'),
        ),
        migrations.AddConstraint(
            model_name='priceproposal',
            constraint=models.CheckConstraint(condition=models.Q(('decided_by__isnull', True), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='prices_are_set_by_a_second_person'),
        ),
        migrations.AddConstraint(
            model_name='priceproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_by__isnull', True), ('price_list__isnull', True), ('state', 'ASKED')), models.Q(('decided_by__isnull', False), ('price_list__isnull', False), ('state', 'SET')), models.Q(('decided_by__isnull', False), ('price_list__isnull', True), ('state', 'REFUSED')), _connector='OR'), name='set_prices_have_their_list'),
        ),
        migrations.AddConstraint(
            model_name='priceproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'ASKED')), fields=('centre',), name='one_price_proposal_at_a_time'),
        ),
        migrations.RunSQL(
            "CREATE TRIGGER compute_link_is_never_changed BEFORE UPDATE OR DELETE ON compute_link"
            " FOR EACH ROW EXECUTE FUNCTION compute_refuse_change()",
            "DROP TRIGGER compute_link_is_never_changed ON compute_link",
        ),
    ]
