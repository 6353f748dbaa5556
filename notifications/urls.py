from django.urls import path

from notifications.views import gateways, messages, pages, templates, webhooks, wording

urlpatterns = [
    path("notifications/", pages.notifications, name="notifications"),
    path("notifications/channels/", pages.channels_panel, name="channels_panel"),
    path("notifications/messages/", pages.messages_panel, name="messages_panel"),
    path("notifications/messages/<int:pk>/", messages.message, name="message"),
    path("notifications/messages/<int:pk>/unmask/", messages.unmask, name="message_unmask"),
    path("notifications/retention/", messages.retention, name="retention"),
    path("notifications/templates/", wording.template_matrix, name="template_matrix"),
    path("notifications/words/forbid/", wording.word_forbid, name="word_forbid"),
    path("notifications/words/allow/", wording.word_allow, name="word_allow"),
    path("notifications/templates/<int:pk>/", templates.template, name="template"),
    path("notifications/templates/<int:pk>/write/", templates.template_write, name="template_write"),
    path("notifications/templates/<int:pk>/approve/", templates.template_approve, name="template_approve"),
    path("notifications/templates/<int:pk>/retire/", templates.template_retire, name="template_retire"),
    path(
        "notifications/templates/<int:pk>/providers/<slug:kind>/", templates.template_register, name="template_register"
    ),
    path("notifications/templates/<int:pk>/providers/<slug:kind>/ask/", templates.template_ask, name="template_ask"),
    path("notifications/gateways/", gateways.gateway_list, name="gateways"),
    path("notifications/gateways/list/", gateways.gateway_rows, name="gateway_rows"),
    path("notifications/gateways/new/<slug:kind>/", gateways.gateway_new, name="gateway_new"),
    path("notifications/gateways/<int:pk>/", gateways.gateway, name="gateway"),
    path("notifications/gateways/<int:pk>/words/", gateways.gateway_words, name="gateway_words"),
    path("notifications/gateways/<int:pk>/test/", gateways.gateway_test, name="gateway_test"),
    path("notifications/gateways/<int:pk>/step/<slug:step>/", gateways.gateway_step, name="gateway_step"),
    path("notifications/webhooks/", webhooks.webhook_list, name="webhooks"),
    path("notifications/webhooks/list/", webhooks.webhook_rows, name="webhook_rows"),
    path("notifications/webhooks/deliveries/<int:pk>/replay/", webhooks.replay_one, name="webhook_replay_one"),
    path("notifications/webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("notifications/webhooks/<int:pk>/state/", webhooks.webhook_state, name="webhook_state"),
    path("notifications/webhooks/<int:pk>/log/", webhooks.webhook_log, name="webhook_log"),
    path("notifications/webhooks/<int:pk>/step/<slug:step>/", webhooks.webhook_step, name="webhook_step"),
    path("inbox/", pages.inbox, name="inbox"),
    path("inbox/read/", pages.inbox_read, name="inbox_read"),
    path("inbox/bell/", pages.inbox_bell, name="inbox_bell"),
]
