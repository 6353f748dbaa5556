from django.urls import path

from notifications.api import gateways, messages, receipts, templates, webhooks, wechat

urlpatterns = [
    path("receipts/aliyun/sms", receipts.SmsReceipts.as_view(), name="receipts_aliyun_sms"),
    path("receipts/tencent/sms", receipts.TencentReceipts.as_view(), name="receipts_tencent_sms"),
    path("receipts/push", receipts.PushReceipts.as_view(), name="receipts_push"),
    path("receipts/wechat", wechat.WeChatEvents.as_view(), name="receipts_wechat"),
    path("consents", wechat.Consents.as_view(), name="api_consents"),
    path("receipts/aliyun/voice", receipts.VoiceReceipts.as_view(), name="receipts_aliyun_voice"),
    path("messages/<int:pk>", messages.MessageView.as_view(), name="api_message"),
    path("messages/<int:pk>/unmask", messages.UnmaskView.as_view(), name="api_message_unmask"),
    path("message-retention", messages.RetentionView.as_view(), name="api_retention"),
    path("batches/<int:batch_id>", receipts.BatchView.as_view(), name="batch_progress"),
    path("gateways", gateways.GatewayList.as_view(), name="api_gateways"),
    path("gateways/<int:pk>", gateways.GatewayDetail.as_view(), name="api_gateway"),
    path("gateways/<int:pk>/test", gateways.GatewayTest.as_view(), name="api_gateway_test"),
    path("gateways/tests/<int:pk>", gateways.GatewayTestResult.as_view(), name="api_gateway_test_result"),
    path("templates", templates.TemplateList.as_view(), name="api_templates"),
    path("templates/<int:pk>", templates.TemplateDetail.as_view(), name="api_template"),
    *(
        path(f"templates/<int:pk>/{step}", templates.TemplateStep.as_view(step=step), name=f"api_template_{step}")
        for step in templates.STEPS
    ),
    path("templates/<int:pk>/providers/<slug:kind>", templates.Provider.as_view(), name="api_template_provider"),
    path("templates/<int:pk>/providers/<slug:kind>/ask", templates.Asking.as_view(), name="api_template_provider_ask"),
    path("webhooks", webhooks.WebhookList.as_view(), name="api_webhooks"),
    path("webhooks/events", webhooks.EventList.as_view(), name="api_webhook_events"),
    path("webhooks/<int:pk>", webhooks.WebhookDetail.as_view(), name="api_webhook"),
    path("webhooks/<int:pk>/test", webhooks.TestSend.as_view(), name="api_webhook_test"),
    path("webhooks/<int:pk>/enable", webhooks.Enable.as_view(), name="api_webhook_enable"),
    path("webhooks/<int:pk>/disable", webhooks.Disable.as_view(), name="api_webhook_disable"),
    path("webhooks/<int:pk>/rotate", webhooks.Rotate.as_view(), name="api_webhook_rotate"),
    path("webhooks/<int:pk>/replay", webhooks.ReplayRange.as_view(), name="api_webhook_replay"),
    path("webhooks/<int:pk>/deliveries", webhooks.DeliveryList.as_view(), name="api_webhook_deliveries"),
    path("webhooks/deliveries/<int:pk>/replay", webhooks.ReplayOne.as_view(), name="api_webhook_delivery_replay"),
]
