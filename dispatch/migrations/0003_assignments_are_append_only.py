from django.db import migrations

REFUSE = """
CREATE FUNCTION dispatch_refuse_assignment_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'assignments are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER assignments_are_append_only BEFORE UPDATE OR DELETE ON dispatch_assignment
    FOR EACH ROW EXECUTE FUNCTION dispatch_refuse_assignment_change();
"""
ALLOW = """
DROP TRIGGER assignments_are_append_only ON dispatch_assignment;
DROP FUNCTION dispatch_refuse_assignment_change;
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0002_reroute_runs")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
