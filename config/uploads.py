"""How much may be sent in one upload, checked before a byte of it is stored."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

# A dozen photos of the largest kind that is kept, and a little for the form around them.
LARGEST = 12 * 15 * 1024 * 1024 + 1024 * 1024


class Bounded(FileUploadHandler):
    """The first of the upload handlers: refuses a body that says it is larger; the others take the files."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        if content_length > LARGEST:
            raise RequestDataTooBig("The upload is larger than 181 MB; send it in parts.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> UploadedFile | None:
        return None
