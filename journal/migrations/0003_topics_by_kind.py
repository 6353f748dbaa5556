from django.db import migrations

# Lists and boards watch a whole kind of matter: "incident:*" is told of every incident.reported, incident.closed, …
FORWARD = """
CREATE FUNCTION journal_tell_kind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('fenghuo_topics', split_part(NEW.kind, '.', 1) || ':*');
    RETURN NULL;
END
$$;
CREATE TRIGGER journal_entry_tells_its_kind AFTER INSERT ON journal_entry
    FOR EACH ROW EXECUTE FUNCTION journal_tell_kind();
"""
BACKWARD = "DROP TRIGGER journal_entry_tells_its_kind ON journal_entry; DROP FUNCTION journal_tell_kind();"


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_chain_in_the_database")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
