"""Who may serve customers and decide about compensation, route by route; part of tests.authorisation.who."""

from __future__ import annotations

from accounts.roles import Permission

CARE: dict[str, str] = {
    **dict.fromkeys(
        [
            "api_claims_refuse POST",
            "api_compensation_approve POST",
            "api_compensation_export POST",
            "api_compensation_grant POST",
            "api_compensations POST",
            "api_policies PUT",
            "api_policy_discard POST",
            "api_span_withdraw POST",
            "api_spans POST",
            "api_complaint_answer POST",
            "api_complaints GET",
            "api_complaints POST",
            "api_desk_search POST",
            "api_replies POST",
            "api_satisfaction GET",
            "claims_refuse POST",
            "compensation_file GET",
            "compensation_propose POST",
            "complaint_answer POST",
            "desk GET",
            "desk_complain POST",
            "desk_order GET",
            "desk_reply POST",
            "desk_search POST",
            "desk_unmask POST",
            "policy POST",
            "satisfaction GET",
            "span_add POST",
        ],
        Permission.SERVE_CUSTOMERS,
    ),
    **dict.fromkeys(
        [
            "api_compensation_reject POST",
            "api_compensation_reject_orders POST",
            "api_policy_approve POST",
            "api_span_confirm POST",
            "policy_step POST",
            "span_step POST",
        ],
        Permission.APPROVE_COMPENSATION,
    ),
    **dict.fromkeys(["api_surveys POST", "survey_send POST"], Permission.SEND_NOTICES),
    **dict.fromkeys(["api_care_rules PATCH", "api_notice_rules PATCH", "care_rules POST"], Permission.MANAGE_TEMPLATES),
    "compensation_step POST": Permission.SERVE_CUSTOMERS,
    "customer_status POST": "anyone",
    **dict.fromkeys(
        [
            "api_compensation_paid POST",
            "api_contacts PUT",
            "api_customer_request_answer POST",
            "api_customer_requests GET",
            "api_customer_tiers PUT",
        ],
        Permission.PUSH_ORDERS,
    ),
    **dict.fromkeys(
        [
            "api_care_rules GET",
            "api_notice_rules GET",
            "care_rules GET",
            "api_compensation GET",
            "api_compensation_grants GET",
            "api_compensation_simulation GET",
            "api_compensations GET",
            "api_policies GET",
            "api_spans GET",
            "compensation GET",
            "compensation_list GET",
            "compensation_matter GET",
            "policy GET",
        ],
        Permission.VIEW,
    ),
}
