from django.conf import settings
from django.db import migrations

# What every question reads and hardly anybody changes; triggers tell of every change, whoever makes it.
WATCHED = (
    'auth_user_groups',
    'chatapp_budget',
    'chatapp_contextsettings',
    'chatapp_fallbacks',
    'chatapp_grant',
    'chatapp_model',
    'chatapp_model_groups',
    'chatapp_moneysettings',
    'chatapp_patience',
    'chatapp_price',
    'chatapp_routing',
    'chatapp_systemprompt',
    'chatapp_tasksettings',
)
# Chance instead of a count: after a rollback a count would come again, for other rows. Their sum stays below 2^62.
TABLE = 'CREATE TABLE chatapp_revision (name varchar(80) NOT NULL PRIMARY KEY, mark bigint NOT NULL)'
SQLITE_CHANCE = 'abs(random() / 4096)'
POSTGRESQL_CHANCE = 'floor(random() * 2251799813685248)::bigint'
FUNCTION = f'''
CREATE FUNCTION chatapp_revised() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE chatapp_revision SET mark = {POSTGRESQL_CHANCE} WHERE name = TG_TABLE_NAME;
    RETURN NULL;
END $$
'''


def watch(apps, schema_editor):
    run, on_sqlite = schema_editor.execute, schema_editor.connection.vendor == 'sqlite'
    run(TABLE, None)
    if not on_sqlite:
        run(FUNCTION, None)
    for name in WATCHED:
        chance = SQLITE_CHANCE if on_sqlite else POSTGRESQL_CHANCE
        run(f"INSERT INTO chatapp_revision (name, mark) VALUES ('{name}', {chance})", None)
        for event in ('INSERT', 'UPDATE', 'DELETE') if on_sqlite else ('INSERT OR UPDATE OR DELETE OR TRUNCATE',):
            trigger = f'{name}_revised_{event[:6].lower()}'
            if on_sqlite:
                told = f"BEGIN UPDATE chatapp_revision SET mark = {chance} WHERE name = '{name}'; END"
                run(f'CREATE TRIGGER {trigger} AFTER {event} ON {name} {told}', None)
            else:
                told = 'FOR EACH STATEMENT EXECUTE FUNCTION chatapp_revised()'
                run(f'CREATE TRIGGER {trigger} AFTER {event} ON {name} {told}', None)


def forget(apps, schema_editor):
    on_sqlite = schema_editor.connection.vendor == 'sqlite'
    for name in WATCHED:
        for event in ('insert', 'update', 'delete') if on_sqlite else ('insert',):
            on = '' if on_sqlite else f' ON {name}'
            schema_editor.execute(f'DROP TRIGGER IF EXISTS {name}_revised_{event}{on}', None)
    if not on_sqlite:
        schema_editor.execute('DROP FUNCTION chatapp_revised()', None)
    schema_editor.execute('DROP TABLE chatapp_revision', None)


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('chatapp', '0019_counter'),
    ]

    operations = [
        migrations.RunPython(watch, forget),
    ]
