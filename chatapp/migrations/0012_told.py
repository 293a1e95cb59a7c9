"""Numbered system prompts, the catalogue of models, the table of tasks, and the rules of the automatic choice."""

from datetime import date

import chatapp.claude.models.catalogue
import chatapp.context.models
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

from chatapp.context.prompts import DEFAULT


ALL = ["low", "medium", "high", "xhigh", "max"]
FEW = ["low", "medium", "high"]
ADAPTIVE = {"adaptive": ALL}
SWITCHABLE = {"adaptive": ALL, "disabled": FEW}
BETWEEN = {"adaptive": ALL, "between_tools": FEW}
# Window, output ceiling, least that is cached, manners, earliest retirement, announced retirement, offered, better.
CATALOGUE = (
    ("claude-haiku-5-5", 1_000_000, 128_000, 512, SWITCHABLE, date(2027, 10, 7), None, True, "claude-sonnet-5-5"),
    ("claude-sonnet-5-5", 1_000_000, 128_000, 512, BETWEEN, date(2027, 9, 28), None, True, "claude-opus-5-5"),
    ("claude-opus-5-5", 1_000_000, 128_000, 512, ADAPTIVE, date(2027, 9, 22), None, True, ""),
    ("claude-fable-5-2", 1_000_000, 128_000, 512, ADAPTIVE, date(2027, 11, 9), None, False, ""),
    ("claude-fable-5-1", 1_000_000, 128_000, 512, ADAPTIVE, date(2027, 9, 1), None, False, ""),
    ("claude-opus-5", 1_000_000, 128_000, 512, SWITCHABLE, date(2027, 7, 24), None, False, ""),
    ("claude-sonnet-5", 1_000_000, 128_000, 1024, SWITCHABLE, date(2027, 6, 30), None, False, ""),
    ("claude-opus-4-8", 1_000_000, 128_000, 1024, SWITCHABLE, date(2027, 5, 28), None, False, ""),
    ("claude-opus-4-7", 1_000_000, 128_000, 2048, SWITCHABLE, date(2027, 4, 16), None, False, ""),
    ("claude-sonnet-4-6", 1_000_000, 64_000, 1024, SWITCHABLE, date(2027, 2, 17), None, False, ""),
    ("claude-opus-4-6", 1_000_000, 128_000, 4096, SWITCHABLE, date(2027, 2, 5), None, False, ""),
    ("claude-opus-4-5", 200_000, 64_000, 4096, {}, date(2026, 11, 24), None, False, ""),
    ("claude-haiku-4-5", 200_000, 64_000, 4096, {}, date(2026, 10, 15), None, False, ""),
    ("claude-sonnet-4-5", 200_000, 64_000, 1024, {}, date(2026, 9, 29), date(2026, 11, 30), False, ""),
)


def seed(apps, schema_editor):
    for position, row in enumerate(CATALOGUE):
        name, window, output, cacheable, manners, not_before, retires_on, offered, better = row
        apps.get_model("chatapp", "Model").objects.create(
            name=name,
            position=10 * (position + 1),
            offered=offered,
            better=better,
            window_tokens=window,
            output_tokens=output,
            cacheable_tokens=cacheable,
            manners=manners,
            not_before=not_before,
            retires_on=retires_on,
        )
    for task in ("answer", "title", "digest", "review"):
        apps.get_model("chatapp", "TaskSettings").objects.create(task=task)
    now = timezone.now()
    prompt = apps.get_model("chatapp", "SystemPrompt").objects.create(
        number=1, text=DEFAULT, note="The one that ships.", stage="active", written_at=now, activated_at=now
    )
    # All of them were told these very words.
    apps.get_model("chatapp", "Conversation").objects.update(prompt=prompt)


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('chatapp', '0011_kept_answers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ContextSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prompt_cache', models.CharField(choices=[('5m', '5 minutes'), ('1h', 'One hour')], default=chatapp.context.models._cache_hours, help_text='An hour costs twice the input price to write, five minutes 1.25 times; every use begins it anew. An hour pays where people ask at least twice an hour and pause for longer than five minutes.', max_length=2, verbose_name="system prompt's cache")),
            ],
            options={
                'verbose_name': 'context settings',
                'verbose_name_plural': 'context settings',
            },
        ),
        migrations.CreateModel(
            name='Routing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('automatic_first', models.BooleanField(default=False, help_text='Off: new conversations begin with the model of the task “answer”.', verbose_name='automatic unless somebody chooses')),
                ('most_characters', models.PositiveIntegerField(default=280, help_text='Longer ones go to the default model.', validators=[django.core.validators.MaxValueValidator(32000)], verbose_name='longest plain question, characters')),
                ('most_tokens', models.PositiveIntegerField(default=20000, help_text="Beyond it the default model goes on: it has most of it in its cache, and the cheap model's small price ends at 100,000 tokens.", validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(95000)], verbose_name='longest conversation, tokens')),
                ('hard_words', models.TextField(blank=True, default='analyse\nanalyze\nprove\nderive\ndebug\nrefactor\nstep by step\ncompare\nplan\nreview\nstrategy', help_text='One a line, capitals do not matter. A question with one of them goes to the default model.', verbose_name='words of hard questions')),
            ],
            options={
                'verbose_name': 'automatic choice',
                'verbose_name_plural': 'automatic choice',
            },
        ),
        migrations.CreateModel(
            name='TaskSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.CharField(choices=[('answer', 'Answer'), ('title', 'Title'), ('digest', 'Digest'), ('review', 'Review digest')], editable=False, max_length=16, unique=True)),
                ('model', models.CharField(blank=True, help_text='Empty: CHATAPP_MODEL for answers, CHATAPP_CHEAP_MODEL for the others.', max_length=80)),
                ('thinking', models.CharField(blank=True, choices=[('adaptive', 'as much as the model finds right'), ('between_tools', 'none before the answer'), ('disabled', 'none at all')], help_text='A model that cannot do it does what is nearest.', max_length=16)),
                ('effort', models.CharField(blank=True, choices=[('low', 'low'), ('medium', 'medium'), ('high', 'high'), ('xhigh', 'xhigh'), ('max', 'max')], max_length=8)),
                ('max_tokens', models.PositiveIntegerField(blank=True, help_text='Thinking and words together; nothing beyond it is written or paid.', null=True, validators=[django.core.validators.MinValueValidator(16), django.core.validators.MaxValueValidator(1000000)])),
                ('first_word_seconds', models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(600)])),
                ('seconds', models.FloatField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3600)], verbose_name='whole answer, seconds')),
            ],
            options={
                'verbose_name': 'task',
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='attempt',
            name='cache_miss',
            field=models.CharField(default='', max_length=40),
        ),
        migrations.AddField(
            model_name='attempt',
            name='told',
            field=models.CharField(default='', max_length=120),
        ),
        migrations.AddField(
            model_name='conversation',
            name='wish',
            field=models.CharField(default='', max_length=80),
        ),
        migrations.AddField(
            model_name='turn',
            name='routed',
            field=models.CharField(default='', max_length=160),
        ),
        migrations.AlterField(
            model_name='attempt',
            name='task',
            field=models.CharField(choices=[('answer', 'Answer'), ('title', 'Title'), ('digest', 'Digest'), ('review', 'Review digest')], default='answer', max_length=12),
        ),
        migrations.CreateModel(
            name='SystemPrompt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(editable=False, unique=True)),
                ('text', models.TextField(help_text='Word for word what Claude is told; nothing is filled in, so that it stays the same from turn to turn and the cache keeps it. What changes, a date or a name, belongs into a question.', max_length=100000)),
                ('note', models.CharField(blank=True, help_text='What is different, and why.', max_length=200)),
                ('stage', models.CharField(choices=[('draft', 'Draft'), ('active', 'Active'), ('retired', 'Was active')], default='draft', editable=False, max_length=8)),
                ('written_at', models.DateTimeField(editable=False)),
                ('activated_at', models.DateTimeField(editable=False, null=True)),
                ('activated_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('written_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.AddField(
            model_name='conversation',
            name='prompt',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='chatapp.systemprompt'),
        ),
        migrations.CreateModel(
            name='Model',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='As in a request, for example claude-sonnet-5-5', max_length=80, unique=True)),
                ('position', models.PositiveSmallIntegerField(default=100, help_text='Lower ones stand first where people choose.')),
                ('enabled', models.BooleanField(default=True, help_text='Off: it is never asked for anything.')),
                ('offered', models.BooleanField(default=False, help_text='People may choose it for a question.')),
                ('better', models.CharField(blank=True, help_text='The model that one click asks the same question, under an answer.', max_length=80)),
                ('window_tokens', models.PositiveIntegerField(default=200000, validators=[django.core.validators.MinValueValidator(1000)], verbose_name='window, tokens')),
                ('output_tokens', models.PositiveIntegerField(default=64000, validators=[django.core.validators.MinValueValidator(1)], verbose_name='output ceiling, tokens')),
                ('cacheable_tokens', models.PositiveIntegerField(default=4096, help_text='Shorter prompts get no cache mark: they would not be cached anyway.', validators=[django.core.validators.MaxValueValidator(100000)], verbose_name='least that is cached, tokens')),
                ('manners', models.JSONField(blank=True, default=chatapp.claude.models.catalogue._manners, help_text='What it accepts, each kind of thinking with its efforts: {"adaptive": ["low", "high"], "disabled": ["low"]}. Kinds: adaptive, between_tools, disabled. Efforts: low, medium, high, xhigh, max. Empty: neither is ever mentioned to it.', verbose_name='thinking and effort')),
                ('not_before', models.DateField(blank=True, help_text='Promised by Anthropic: it answers at least until then.', null=True, verbose_name='retires not before')),
                ('lifecycle', models.CharField(blank=True, choices=[('', 'Not checked yet'), ('active', 'Active'), ('deprecated', 'Deprecated'), ('retired', 'Retired'), ('absent', 'Claude does not list it')], default='', max_length=10)),
                ('retires_on', models.DateField(blank=True, help_text='Announced: it stops answering then.', null=True, verbose_name='retires on')),
                ('theirs', models.JSONField(blank=True, default=dict, editable=False)),
                ('checked_at', models.DateTimeField(editable=False, null=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='Who may use it; none chosen: everybody.', related_name='+', to='auth.group')),
            ],
            options={
                'ordering': ['position', 'name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='model_has_a_name')],
            },
        ),
        migrations.AddConstraint(
            model_name='systemprompt',
            constraint=models.UniqueConstraint(condition=models.Q(('stage', 'active')), fields=('stage',), name='one_active_system_prompt'),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
