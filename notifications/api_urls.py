from django.urls import path

from notifications import api

urlpatterns = [
    path("receipts/aliyun/sms", api.SmsReceipts.as_view(), name="receipts_aliyun_sms"),
    path("receipts/aliyun/voice", api.VoiceReceipts.as_view(), name="receipts_aliyun_voice"),
    path("batches/<int:batch_id>", api.BatchView.as_view(), name="batch_progress"),
]
