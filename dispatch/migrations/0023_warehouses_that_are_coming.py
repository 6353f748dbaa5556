"""A warehouse that is being opened has its opening's throughput, before it can be used: plans may count on it."""

from django.db import migrations

ROOMS = """
CREATE OR REPLACE FUNCTION dispatch_warehouse_rooms(ex bigint) RETURNS TABLE (warehouse_id varchar, room bigint)
LANGUAGE sql STABLE AS $$
    SELECT w.code, floor(coalesce(o.throughput, w.daily_capacity) * w.running_share)::bigint
    FROM dispatch_warehouse w LEFT JOIN LATERAL (
        SELECT max(u.throughput) AS throughput FROM dispatch_warehouseopening u
        WHERE u.warehouse_id = w.code AND u.ended_at IS NULL AND (u.exercise IS NULL OR u.exercise = ex)
            AND (u.until IS NULL OR u.until > (SELECT fenghuo_now()))
    ) o ON w.standby
    WHERE w.retired_at IS NULL
$$
"""
ROOMS_BEFORE = """
CREATE OR REPLACE FUNCTION dispatch_warehouse_rooms(ex bigint) RETURNS TABLE (warehouse_id varchar, room bigint)
LANGUAGE sql STABLE AS $$
    SELECT w.code, floor(coalesce(o.throughput, w.daily_capacity) * w.running_share)::bigint
    FROM dispatch_warehouse w LEFT JOIN LATERAL (
        SELECT max(u.throughput) AS throughput FROM dispatch_warehouseopening u
        WHERE u.warehouse_id = w.code AND u.ended_at IS NULL AND (u.exercise IS NULL OR u.exercise = ex)
            AND u.usable_from <= (SELECT fenghuo_now()) AND (u.until IS NULL OR u.until > (SELECT fenghuo_now()))
    ) o ON w.standby
    WHERE w.retired_at IS NULL
$$
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0022_polished_plans_and_scarce_stock")]
    operations = [migrations.RunSQL(ROOMS, ROOMS_BEFORE)]
