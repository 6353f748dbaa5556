"""What a test that commits leaves behind is taken away row by row, and what every database begins with is put back.

Django's own flush truncates every table of the house, empty or not, and then makes permissions, plans and templates
anew: a second of work after each test. Few tests fill more than a dozen tables with a few rows.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.test import TransactionTestCase

# What a database has once it is migrated stands in a schema of its own.
KEEP = """
CREATE SCHEMA pristine;
DO $$
DECLARE name text; filled boolean;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF filled AND name <> 'django_migrations' THEN
            EXECUTE format('CREATE TABLE pristine.%I AS TABLE public.%I', name, name);
        END IF;
    END LOOP;
END $$
"""

# Whoever still writes is waited for, as TRUNCATE would. A large table is truncated: its dead rows would be in the way.
RESTORE = """
DO $$
DECLARE name text; filled boolean; large text[] := '{}';
BEGIN
    EXECUTE (
        SELECT 'LOCK TABLE ' || string_agg(format('public.%I', tablename), ', ' ORDER BY tablename)
            || ' IN EXCLUSIVE MODE'
        FROM pg_tables WHERE schemaname = 'public'
    );
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF pg_relation_size(format('public.%I', name)) > 1000000 THEN
            large := large || format('public.%I', name);
        ELSIF filled THEN
            EXECUTE format('DELETE FROM public.%I', name);
        END IF;
    END LOOP;
    IF large <> '{}' THEN
        EXECUTE 'TRUNCATE ' || array_to_string(large, ', ') || ' CASCADE';
    END IF;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'pristine' LOOP
        EXECUTE format('INSERT INTO public.%I SELECT * FROM pristine.%I', name, name);
    END LOOP;
END $$
"""


def keep() -> None:
    """Remember the database as it is now; from here on every test that commits ends with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            return  # Only a superuser may delete past triggers and foreign keys; Django's flush remains.
        cursor.execute(KEEP)
    TransactionTestCase._fixture_teardown = lambda _case: restore()


def restore() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(RESTORE)
