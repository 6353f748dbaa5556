from django.urls import path

from customers.api import notices as api

urlpatterns = [
    path("notices", api.NoticesView.as_view(), name="api_notices"),
    path("notices/<int:pk>", api.NoticeView.as_view(), name="api_notice"),
    path("notices/<int:pk>/preview", api.PreviewView.as_view(), name="api_notice_preview"),
    *(
        path(f"notices/<int:pk>/{step}", api.StepView.as_view(step=step), name=f"api_notice_{step}")
        for step in api.STEPS
    ),
]
