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
        ],
        Permission.SERVE_CUSTOMERS,
    ),
    **dict.fromkeys(
        [
            "api_compensation_reject POST",
            "api_compensation_reject_orders POST",
            "api_policy_approve POST",
            "api_span_confirm POST",
        ],
        Permission.APPROVE_COMPENSATION,
    ),
    **dict.fromkeys(
        [
            "api_compensation_paid POST",
            "api_customer_tiers PUT",
        ],
        Permission.PUSH_ORDERS,
    ),
    **dict.fromkeys(
        [
            "api_compensation GET",
            "api_compensation_grants GET",
            "api_compensation_simulation GET",
            "api_compensations GET",
            "api_policies GET",
            "api_spans GET",
        ],
        Permission.VIEW,
    ),
}
