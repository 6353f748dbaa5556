"""Who may do what over HTTP: every route and method, with the permission that it asks for.

This is the one place to look it up, and what is built must agree: a route that stands nowhere here fails the test.
`ANYONE` needs no log-in, `STAFF` any person that is logged in, `TOKEN` proves itself by its address; `NOBODY` is
refused to every machine (a person may). Other lists are named by the permission.
"""

from __future__ import annotations

from accounts.roles import Permission
from tests.authorisation.care import CARE
from tests.authorisation.dispatching import DISPATCHING
from tests.authorisation.readers import READERS

ANYONE, STAFF, TOKEN, NOBODY = "anyone", "staff", "token", "nobody"

WHO: dict[str, str] = {**DISPATCHING, **CARE}

WHO |= dict.fromkeys(
    [
        "api_docs GET",
        "calendar_feed GET",
        "callout_link GET",
        "callout_link POST",
        "customer_status GET",
        "door_scan GET",
        "door_scan POST",
        "health_engine GET",
        "healthz GET",
        "javascript_catalog GET",
        "robots GET",
        "schema GET",
        "set_language GET",
        "set_language POST",
    ],
    ANYONE,
)

WHO |= dict.fromkeys(
    [
        "journal_page GET",
        "journal_verify POST",
        "metrics GET",
    ],
    Permission.AUDIT,
)

WHO |= dict.fromkeys(
    [
        "api_hand_over_seat POST",
        "api_incident_confirm POST",
        "api_incident_dismiss POST",
        "api_incident_grade POST",
        "api_incident_merge POST",
        "api_incident_parent POST",
        "api_incident_estimate POST",
        "api_incident_raise POST",
        "api_incident_recover POST",
        "api_incident_reopen POST",
        "api_incident_respond POST",
        "api_incident_resume POST",
        "api_incident_revert_start POST",
        "api_incident_review POST",
        "api_incident_verify POST",
        "api_incident_warn POST",
        "api_swap DELETE",
        "api_take_over_seat POST",
        "api_take_seat POST",
        "api_tick_legal_clock POST",
        "engine_banner GET",
        "incident_step POST",
        "legal_step GET",
        "legal_step POST",
        "swap_cancel POST",
    ],
    Permission.COMMAND,
)

WHO |= dict.fromkeys(
    [
        "api_callout_acknowledge POST",
        "api_callout_arrive POST",
        "api_callout_decline POST",
        "api_fulfil_legal_clock POST",
        "api_incident_files POST",
        "api_incident_notes POST",
        "api_measure_complete POST",
        "api_measure_skip POST",
        "api_measure_start POST",
        "api_sign_out POST",
        "api_tick_readiness POST",
        "backfill_row POST",
        "callout_step POST",
        "check_step POST",
        "incident_backfill GET",
        "incident_door GET",
        "affected_refresh POST",
        "api_affected_refresh POST",
        "incident_door_code GET",
        "incident_files POST",
        "incident_note GET",
        "incident_note POST",
        "incident_people GET",
        "measure_step POST",
        "seat_change GET",
        "seat_change POST",
        "seat_leave GET",
        "seat_leave POST",
        "seat_step POST",
    ],
    Permission.DO_MEASURE,
)

WHO |= dict.fromkeys(
    [
        "alert_file POST",
        "api_cap POST",
    ],
    Permission.FILE_WARNING,
)

WHO |= dict.fromkeys(
    [
        "api_movements POST",
        "api_supplies POST",
        "api_undo_movement POST",
        "inventory_issue_missing POST",
    ],
    Permission.LOG_STOCK,
)

WHO |= dict.fromkeys(
    [
        "api_incident_close POST",
        "api_incident_lower POST",
        "api_incident_post_ready POST",
        "api_incident_suspend POST",
    ],
    Permission.LOWER_LEVEL,
)

WHO |= dict.fromkeys(
    [
        "api_key_revoke POST",
        "api_keys GET",
        "api_keys POST",
        "api_roster_days PUT",
        "api_rotation DELETE",
        "api_rotation PUT",
        "api_rotation_preview POST",
        "api_rotations POST",
        "contact_add POST",
        "contact_remove POST",
        "days_set POST",
        "import_apply POST",
        "import_discard POST",
        "import_preview GET",
        "people GET",
        "people_export POST",
        "people_import GET",
        "people_import POST",
        "person GET",
        "person POST",
        "person_password POST",
        "rotation_edit GET",
        "rotation_edit POST",
        "rotation_list GET",
        "rotation_new GET",
        "rotation_new POST",
        "rotation_preview POST",
        "rotation_retire POST",
    ],
    Permission.MANAGE_ACCOUNTS,
)

WHO |= dict.fromkeys(
    [
        "api_plan DELETE",
        "api_plan PUT",
        "api_plan_approve POST",
        "api_plan_retire POST",
        "api_plan_send_back POST",
        "api_plan_submit POST",
        "api_plans POST",
        "api_rules PUT",
        "plan_edit GET",
        "plan_measure GET",
        "plan_measure POST",
        "plan_measure_act POST",
        "plan_measure_new GET",
        "plan_measure_new POST",
        "plan_measures GET",
        "plan_new GET",
        "plan_new POST",
        "plan_section GET",
        "plan_section POST",
        "plan_step POST",
        "rule_restore GET",
        "rule_restore POST",
        "rules POST",
        "rules_area POST",
    ],
    Permission.MANAGE_PLANS,
)

WHO |= dict.fromkeys(
    [
        "api_gateway DELETE",
        "api_gateway GET",
        "api_gateway PATCH",
        "api_gateway_test POST",
        "api_gateway_test_result GET",
        "api_gateways GET",
        "api_gateways POST",
        "gateway GET",
        "gateway POST",
        "gateway_new GET",
        "gateway_new POST",
        "gateway_rows GET",
        "gateway_step POST",
        "gateway_test GET",
        "gateway_words GET",
        "gateway_words POST",
        "gateways GET",
        "api_webhook DELETE",
        "api_webhook GET",
        "api_webhook PATCH",
        "api_webhook_deliveries GET",
        "api_webhook_delivery_replay POST",
        "api_webhook_disable POST",
        "api_webhook_enable POST",
        "api_webhook_events GET",
        "api_webhook_replay POST",
        "api_webhook_rotate POST",
        "api_webhook_test POST",
        "api_webhooks GET",
        "api_webhooks POST",
        "api_retention PATCH",
        "import_template GET",
        "retention POST",
        "api_template_approve POST",
        "api_template_provider PUT",
        "api_template_provider_ask POST",
        "api_template_retire POST",
        "api_templates POST",
        "template_approve POST",
        "template_ask POST",
        "template_register POST",
        "template_retire POST",
        "template_write POST",
        "word_allow POST",
        "word_forbid POST",
        "webhook GET",
        "webhook POST",
        "webhook_log GET",
        "webhook_replay_one POST",
        "webhook_rows GET",
        "webhook_state GET",
        "webhook_step POST",
        "webhooks GET",
        "webhooks POST",
    ],
    Permission.MANAGE_TEMPLATES,
)

WHO |= dict.fromkeys(
    [
        "api_message_unmask POST",
        "message_unmask POST",
    ],
    Permission.SERVE_CUSTOMERS,
)

WHO |= dict.fromkeys(
    [
        "api_incident_changes POST",
    ],
    NOBODY,
)

WHO |= dict.fromkeys(
    [
        "api_incidents POST",
        "incident_grade_preview POST",
        "incident_report GET",
        "incident_report POST",
    ],
    Permission.REPORT_INCIDENT,
)

WHO |= dict.fromkeys(
    [
        "api_incident_time_factor POST",
        "drills_abort POST",
        "drills_start POST",
    ],
    Permission.RUN_DRILL,
)

WHO |= dict.fromkeys(
    [
        "api_notice PATCH",
        "api_notice_approve POST",
        "api_notice_cancel POST",
        "api_notice_correct POST",
        "api_notice_count POST",
        "api_notice_follow_up POST",
        "api_notice_launch POST",
        "api_notice_pause POST",
        "api_notice_people GET",
        "api_notice_preview GET",
        "api_notice_resume POST",
        "api_notice_retry POST",
        "api_notice_wave POST",
        "api_notices POST",
        "notice_correct POST",
        "notice_count GET",
        "notice_edit POST",
        "notice_filters GET",
        "notice_follow_up POST",
        "notice_people GET",
        "notice_prepare POST",
        "notice_step POST",
        "notice_wave POST",
    ],
    Permission.SEND_NOTICES,
)

WHO |= dict.fromkeys(
    [
        "calendar_reset POST",
        "inbox GET",
        "inbox_bell GET",
        "inbox_read POST",
        "panels GET",
        "preferences POST",
    ],
    STAFF,
)

WHO |= dict.fromkeys(
    [
        "receipts_aliyun_sms POST",
        "receipts_aliyun_voice POST",
        "receipts_push POST",
        "receipts_tencent_sms POST",
        "receipts_wechat GET",
        "receipts_wechat POST",
    ],
    TOKEN,
)

WHO |= dict.fromkeys(READERS, Permission.VIEW)

# What looks at the form or for the thing first: who may not is refused for that, and changes nothing either.
ASKS_FIRST = {
    "incident_step POST",
    "network_close POST",
    "network_reopen POST",
    "seat_change GET",
    "seat_change POST",
    "seat_leave GET",
    "seat_leave POST",
}
